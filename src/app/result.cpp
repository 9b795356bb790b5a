#include "app/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "op/provenance.h"

namespace sg::app {
namespace {

using op::Json;

std::string scalar_text(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) return fmt::format("{:.6g}", value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return op::dump(value);
  std::string text;
  for (const Json& item : value) text += (text.empty() ? "" : ", ") + scalar_text(item);
  return text;
}

/// Columns on a terminal, counting code points (close enough: names and units here are Latin or symbols).
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, bool right = false) {
  const std::string space(to > width(text) ? to - width(text) : 0, ' ');
  return right ? space + text : text + space;
}

bool is_rows(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

/// A terminal is for a glance: so many rows are shown, --json and the written files hold all.
constexpr std::size_t most_rows = 12;

std::string rows_text(const Json& all, const std::string& indent) {
  const std::size_t shown = all.size() > most_rows + 1 ? most_rows : all.size();
  const Json rows(Json::array_t(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(shown)));
  std::vector<std::string> names;
  for (const auto& [name, value] : rows.front().items()) names.push_back(name);
  std::string text;
  std::vector<std::size_t> widths;
  for (const std::string& name : names) {
    std::size_t widest = width(name);
    for (const Json& row : rows) widest = std::max(widest, width(scalar_text(row.value(name, Json()))));
    widths.push_back(widest);
  }
  const auto line = [&](const auto& cell, const auto& right) {
    std::string out = indent;
    for (std::size_t i = 0; i < names.size(); ++i)
      out += (i > 0 ? "  " : "") + padded(cell(i), widths[i], right(i));
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + "\n";
  };
  const auto numeric = [&](std::size_t i) {
    return std::all_of(rows.begin(), rows.end(), [&](const Json& row) {
      const Json value = row.value(names[i], Json());
      return value.is_number() || value.is_null();
    });
  };
  std::vector<bool> right;
  for (std::size_t i = 0; i < names.size(); ++i) right.push_back(numeric(i));
  const auto side = [&](std::size_t i) { return static_cast<bool>(right[i]); };
  line([&](std::size_t i) { return names[i]; }, side);
  for (const Json& row : rows)
    line([&](std::size_t i) { return scalar_text(row.value(names[i], Json())); }, side);
  if (all.size() > shown)
    text += fmt::format("{}… {} more rows (--json shows all)\n", indent, all.size() - shown);
  return text;
}

void describe(const Json& object, const Json& units, const std::string& prefix, const std::string& indent,
              std::string& text) {
  std::size_t widest = 0;
  for (const auto& [name, value] : object.items())
    if (!value.is_object() && !is_rows(value)) widest = std::max(widest, width(name));
  for (const auto& [name, value] : object.items()) {
    const std::string path = prefix.empty() ? name : prefix + "." + name;
    if (value.is_object()) {
      text += indent + name + "\n";
      describe(value, units, path, indent + "  ", text);
    } else if (is_rows(value)) {
      text += indent + name + "\n" + rows_text(value, indent + "  ");
    } else {
      const std::string unit = units.value(path, "");
      text += indent + padded(name, widest + 2) + scalar_text(value);
      text += (unit.empty() || unit == "1" ? "" : " " + unit) + "\n";
    }
  }
}

}  // namespace

Json result_json(const op::Operation& operation, const op::Outcome& outcome,
                 const std::vector<std::string>& warnings) {
  Json result = outcome.outputs;
  result["run"] = {{"operation", operation.name},
                   {"version", op::version()},
                   {"seconds", outcome.seconds},
                   {"units", outcome.units},
                   {"warnings", warnings}};
  return result;
}

std::string result_text(const op::Operation& operation, const op::Outcome& outcome) {
  Json shown = Json::object();
  for (const auto& [name, value] : outcome.outputs.items()) {
    const op::FieldInfo* field = operation.find(name);
    const bool file = field != nullptr && value.is_string() && !op::is_inline(field->kind());
    if (!file) shown[name] = value;
  }
  std::string text;
  describe(shown, outcome.units, "", "", text);
  for (const auto& file : outcome.written) text += "wrote " + file.string() + "\n";
  return text;
}

}  // namespace sg::app

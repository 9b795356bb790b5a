// Numbers, tables and documents of a report.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "report/html.h"
#include "report/report.h"

namespace sg::report {

namespace {

constexpr const char* narrow_space = "\u202F";

std::string with_thin_groups(const std::string& digits) {
  if (digits.size() < 5) return digits;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += narrow_space;
    out += digits[i];
  }
  return out;
}

/// Shortest text that says the value to six figures.
std::string plain_number(double value) {
  if (!std::isfinite(value)) return format_number(value, 0);
  return fmt::format("{}{:.6g}", value < 0 ? "−" : "", std::abs(value));
}

template <class T, class Text>
std::string joined(const std::vector<T>& values, Text text) {
  constexpr std::size_t shown = 64;
  std::string out;
  for (std::size_t i = 0; i < std::min(values.size(), shown); ++i)
    out += (i > 0 ? ", " : "") + text(values[i]);
  if (values.size() > shown) out += fmt::format(", … ({} in all)", values.size());
  return out.empty() ? "–" : out;
}

std::string document_html(const Document& document);

struct ValueText {
  std::string operator()(bool v) const { return v ? "yes" : "no"; }
  std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
  std::string operator()(double v) const { return plain_number(v); }
  std::string operator()(const std::string& v) const { return v.empty() ? "–" : escape(v); }
  std::string operator()(const std::vector<double>& v) const { return joined(v, plain_number); }
  std::string operator()(const std::vector<std::string>& v) const {
    return joined(v, [](const std::string& s) { return escape(s); });
  }
  std::string operator()(const Document& v) const { return document_html(v); }
  std::string operator()(const std::vector<Document>& v) const {
    std::string out;
    for (const Document& d : v) out += document_html(d);
    return out.empty() ? "–" : out;
  }
};

std::string document_html(const Document& document) {
  std::string out = "<dl>\n";
  for (const Property& p : document.properties) {
    std::string name = p.name;
    for (char& c : name) c = c == '_' ? ' ' : c;
    out += fmt::format("<dt>{}</dt><dd>{}{}{}</dd>\n", escape(name), std::visit(ValueText{}, p.value),
                       p.unit.empty() ? "" : " ", escape(p.unit));
  }
  return out + "</dl>\n";
}

/// One column, ready to be written row by row.
struct ShownColumn {
  const Column* column;
  ColumnFormat format;
  bool whole = false;  // numbers without decimals
};

ShownColumn shown(const Column& column, const std::map<std::string, ColumnFormat>& formats) {
  ShownColumn result{&column, {.column = column.name}};
  if (const auto found = formats.find(column.name); found != formats.end()) result.format = found->second;
  if (result.format.title.empty()) result.format.title = column.name;
  if (const auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
    result.whole = true;
    for (const double v : *numbers) result.whole = result.whole && (std::isnan(v) || v == std::floor(v));
  }
  return result;
}

std::string number_text(double value, const ShownColumn& c) {
  if (c.format.decimals >= 0) return format_number(value, c.format.decimals);
  if (c.whole) return format_number(value, 0);
  const bool lost = value != 0 && std::abs(value) < 5e-4;
  return lost ? fmt::format("{}{:.3g}", value < 0 ? "−" : "", std::abs(value)) : format_number(value, 3);
}

std::string cell(const ShownColumn& c, std::size_t row) {
  const auto* numbers = std::get_if<std::vector<double>>(&c.column->values);
  if (numbers == nullptr) {
    return fmt::format("<td>{}</td>", escape(std::get<std::vector<std::string>>(c.column->values)[row]));
  }
  const double value = (*numbers)[row];
  if (!c.format.bar || std::isnan(value))
    return fmt::format("<td class=\"number\">{}</td>", number_text(value, c));
  const Tone tone = judge(value, *c.format.bar);
  const char* name = tone == Tone::good ? "good" : tone == Tone::warn ? "warn" : "bad";
  const char* sign = tone == Tone::good ? "✓" : tone == Tone::warn ? "!" : "✕";
  return fmt::format(R"(<td class="number tone-{}">{}<span class="mark">{}</span></td>)", name,
                     number_text(value, c), sign);
}

std::string head(const std::vector<ShownColumn>& columns) {
  std::string out = "<thead><tr>";
  for (const ShownColumn& c : columns) {
    const bool number = std::holds_alternative<std::vector<double>>(c.column->values);
    out += fmt::format("<th scope=\"col\"{}>{}", number ? " class=\"number\"" : "", escape(c.format.title));
    if (!c.format.unit.empty()) out += fmt::format("<span class=\"unit\">{}</span>", escape(c.format.unit));
    out += "</th>";
  }
  return out + "</tr></thead>\n";
}

}  // namespace

std::string format_number(double value, int decimals) {
  if (std::isnan(value)) return "–";
  const std::string sign = std::signbit(value) ? "−" : "";
  if (std::isinf(value)) return sign + "∞";
  const double size = std::abs(value);
  if (size >= 1e15) return sign + fmt::format("{:.3e}", size);
  const std::string text = fmt::format("{:.{}f}", size, std::clamp(decimals, 0, 15));
  if (text.find_first_not_of("0.") == std::string::npos) return text;
  const std::size_t point = std::min(text.find('.'), text.size());
  return sign + with_thin_groups(text.substr(0, point)) + text.substr(point);
}

Report& Report::table(const Table& table, const std::string& caption,
                      const std::vector<ColumnFormat>& formats) {
  std::map<std::string, ColumnFormat> by_name;
  for (const ColumnFormat& f : formats) by_name[f.column] = f;
  std::vector<ShownColumn> columns;
  for (const Column& column : table.columns) {
    const std::size_t rows = std::visit([](const auto& v) { return v.size(); }, column.values);
    if (rows != table.rows()) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("column '{}' has {} rows, expected {} as the first column", column.name, rows,
                              table.rows()));
    }
    columns.push_back(shown(column, by_name));
    by_name.erase(column.name);
  }
  if (!by_name.empty()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("there is no column '{}' in the table to format", by_name.begin()->first));
  }
  body_ += "<figure>";
  if (!caption.empty()) body_ += fmt::format("<figcaption>{}</figcaption>", escape(caption));
  body_ += "<div class=\"table\" tabindex=\"0\"><table>\n" + head(columns) + "<tbody>\n";
  for (std::size_t row = 0; row < table.rows(); ++row) {
    body_ += "<tr>";
    for (const ShownColumn& c : columns) body_ += cell(c, row);
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div></figure>\n";
  return *this;
}

Report& Report::document(const std::string& title, const Document& document) {
  if (!title.empty()) subsection(title);
  body_ += document_html(document);
  return *this;
}

Report& Report::provenance(const Document& document) {
  provenance_ = document_html(document);
  return *this;
}

}  // namespace sg::report

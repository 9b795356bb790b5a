#include "op/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace sg::op {
namespace {

std::string shown(const Json& value) {
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  std::string text = dump(value);
  if (text.size() > 80) text = text.substr(0, 77) + "…";
  return text;
}

[[noreturn]] void refuse(const FieldInfo& field, const Json& given, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_input,
              fmt::format("{} is {}, expected {}{}", field.name, shown(given), expectation(field), hint),
              field.name);
}

std::string range(const FieldInfo& field) {
  if (field.low && field.high) return fmt::format(" from {} to {}", *field.low, *field.high);
  if (field.low) return fmt::format(" of at least {}", *field.low);
  if (field.high) return fmt::format(" of at most {}", *field.high);
  return "";
}

std::string unit_suffix(const FieldInfo& field) {
  return field.unit && !field.unit->empty() && *field.unit != "1" ? " " + *field.unit : "";
}

bool in_range(const FieldInfo& field, double value) {
  return std::isfinite(value) && !(field.low && value < *field.low) && !(field.high && value > *field.high);
}

bool is_whole(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::abs(number) < 0x1p53 && number == std::floor(number);
}

Json checked_integer(const FieldInfo& field, const Json& given) {
  if (!is_whole(given) || !in_range(field, given.get<double>())) refuse(field, given);
  const bool narrow = field.type == &value_type<int>();
  if (given.is_number_unsigned() && given.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    refuse(field, given);
  const auto value = given.get<std::int64_t>();
  if (narrow && (value > std::numeric_limits<int>::max() || value < std::numeric_limits<int>::min()))
    refuse(field, given);
  return value;
}

Json checked_vector(const FieldInfo& field, const Json& given) {
  const auto length = static_cast<std::size_t>(field.type->length);
  Json values = given;
  if (given.is_number()) values = Json(std::vector<Json>(length > 0 ? length : 1, given));
  if (!values.is_array() || (length > 0 && values.size() != length)) refuse(field, given);
  for (Json& value : values) {
    if (!value.is_number() || !in_range(field, value.get<double>())) refuse(field, given);
    if (!field.type->whole) continue;
    if (!is_whole(value) || std::abs(value.get<double>()) > std::numeric_limits<int>::max())
      refuse(field, given);
    value = value.get<std::int64_t>();
  }
  return values;
}

/// A number if the whole text is one, else the text itself.
Json number_or_text(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const char* end = text.data() + text.size();
  std::int64_t whole = 0;
  if (auto [rest, failed] = std::from_chars(text.data(), end, whole); failed == std::errc{} && rest == end)
    return whole;
  double real = 0;
  if (auto [rest, failed] = std::from_chars(text.data(), end, real); failed == std::errc{} && rest == end)
    return real;
  return std::string(text);
}

Json numbers(const std::string& text) {
  Json values = Json::array();
  std::size_t start = 0;
  while (start <= text.size()) {
    std::size_t end = text.find(',', start);
    if (end == std::string::npos) end = text.size();
    Json value = number_or_text(std::string_view(text).substr(start, end - start));
    if (!value.is_number()) return text;
    values.push_back(std::move(value));
    start = end + 1;
  }
  return values.size() == 1 ? values.at(0) : values;
}

/// Optimal string alignment distance, ASCII case and dash/underscore ignored.
std::size_t distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    const auto plain = [](char c) {
      return c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    };
    return plain(x) == plain(y);
  };
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string expectation(const FieldInfo& field) {
  switch (field.kind()) {
    case Kind::boolean: return "true or false";
    case Kind::integer: return "a whole number" + range(field) + unit_suffix(field);
    case Kind::real: return "a number" + range(field) + unit_suffix(field);
    case Kind::text: return "text";
    case Kind::choice: return fmt::format("one of {}", fmt::join(field.choices, ", "));
    case Kind::vector: {
      const std::string what = field.type->whole ? "whole numbers" : "numbers";
      const std::string each = field.low || field.high ? ", each" + range(field) : "";
      if (field.type->length == 3)
        return "three " + what + " such as 1,2,3, or one for all three" + each + unit_suffix(field);
      return what + " separated by commas" + each + unit_suffix(field);
    }
    default: {
      const auto& endings =
          field.role == Role::output ? writable_endings(field.kind()) : readable_endings(field.kind());
      if (field.kind() == Kind::images) return "a folder of images";
      return endings.empty() ? "a file" : fmt::format("a file ending in {}", fmt::join(endings, ", "));
    }
  }
}

Json checked(const FieldInfo& field, const Json& given) {
  switch (field.kind()) {
    case Kind::boolean:
      if (!given.is_boolean()) refuse(field, given);
      return given;
    case Kind::integer: return checked_integer(field, given);
    case Kind::real:
      if (!given.is_number() || !in_range(field, given.get<double>())) refuse(field, given);
      return given.get<double>();
    case Kind::vector: return checked_vector(field, given);
    case Kind::choice:
      if (!given.is_string()) refuse(field, given);
      if (std::find(field.choices.begin(), field.choices.end(), given.get<std::string>()) ==
          field.choices.end())
        refuse(field, given, did_you_mean(given.get<std::string>(), field.choices));
      return given;
    default:
      if (!given.is_string()) refuse(field, given);
      return given;
  }
}

Json checked_text(const FieldInfo& field, const std::string& text) {
  switch (field.kind()) {
    case Kind::boolean:
      if (text == "true" || text == "false") return text == "true";
      return checked(field, text);
    case Kind::integer:
    case Kind::real: return checked(field, number_or_text(text));
    case Kind::vector: return checked(field, numbers(text));
    default: return checked(field, text);
  }
}

void set_parameters(const Operation& operation, void* object, const Json& given) {
  for (const FieldInfo* field : operation.fields_of(Role::parameter)) {
    const auto value = given.find(field->name);
    if (value != given.end() && !value->is_null()) assign(*field, object, checked(*field, *value));
  }
}

void check_dimensions(const FieldInfo& field, const void* value, const std::string& file) {
  if (field.dimensions == 0 || value == nullptr || field.type->shape == nullptr) return;
  const Shape shape = field.type->shape(value);
  const bool flat = shape.grid.is_2d();
  std::string found;
  if (shape.channels > 1 && shape.outer == OuterAxis::time)
    found = fmt::format("{} with {} time points", flat ? "a 2-D series" : "4-D", shape.channels);
  else if (shape.channels > 1)
    found = fmt::format("{} with {} channels", flat ? "2-D" : "3-D", shape.channels);
  else if (flat != (field.dimensions == 2))
    found = flat ? "2-D" : "3-D";
  if (found.empty()) return;
  const auto& size = shape.grid.size;
  throw Error(ErrorCode::invalid_input,
              fmt::format("{} is {} ({}×{}×{} voxels), expected one {} in {}", file, found, size[0], size[1],
                          size[2], field.dimensions == 2 ? "2-D image" : "3-D volume", field.name),
              field.name);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates)
    if (const std::size_t d = distance(word, candidate); d < best_distance)
      best = candidate, best_distance = d;
  if (!best.empty() || word.size() < 2) return best;
  for (const std::string& candidate : candidates) {
    if (!candidate.starts_with(word)) continue;
    if (!best.empty()) return "";
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string best = nearest(word, candidates);
  return best.empty() ? "" : ", did you mean " + best + "?";
}

}  // namespace sg::op

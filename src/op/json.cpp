#include "op/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace sg::op {
namespace {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

struct PropertyToJson {
  Json operator()(bool value) const { return value; }
  Json operator()(std::int64_t value) const { return value; }
  Json operator()(double value) const { return number(value); }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const std::vector<double>& values) const {
    Json array = Json::array();
    for (double value : values) array.push_back(number(value));
    return array;
  }
  Json operator()(const std::vector<std::string>& values) const { return values; }
  Json operator()(const Document& document) const { return to_json(document); }
  Json operator()(const std::vector<Document>& documents) const {
    Json array = Json::array();
    for (const Document& document : documents) array.push_back(to_json(document));
    return array;
  }
};

bool all_of_kind(const Json& array, bool (*is)(const Json&)) {
  return !array.empty() && std::all_of(array.begin(), array.end(), is);
}

decltype(Property::value) property_value(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object()) return to_document(json);
  if (json.is_array()) {
    if (all_of_kind(json, [](const Json& item) { return item.is_number(); }))
      return json.get<std::vector<double>>();
    if (all_of_kind(json, [](const Json& item) { return item.is_object(); })) {
      std::vector<Document> documents;
      for (const Json& item : json) documents.push_back(to_document(item));
      return documents;
    }
    std::vector<std::string> texts;
    for (const Json& item : json) texts.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    return texts;
  }
  return std::string();
}

/// The deepest nesting of brackets outside texts.
std::size_t depth_of(const std::string& text) {
  std::size_t depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;  // whatever follows is part of the text
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!quoted && (c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace

Json to_json(const Document& document) {
  Json object = Json::object();
  for (const Property& property : document.properties)
    object[property.name] = std::visit(PropertyToJson{}, property.value);
  return object;
}

Json to_json(const Table& table) {
  // A column of whole numbers (labels, counts) reads as such: 7, not 7.0.
  const auto is_whole = [](const Column& column) {
    const auto* numbers = std::get_if<std::vector<double>>(&column.values);
    return numbers != nullptr && std::all_of(numbers->begin(), numbers->end(), [](double v) {
             return !std::isfinite(v) || (v == std::nearbyint(v) && std::abs(v) <= 0x1p53);
           });
  };
  std::vector<bool> whole;
  for (const Column& column : table.columns) whole.push_back(is_whole(column));
  Json rows = Json::array();
  for (std::size_t row = 0; row < table.rows(); ++row) {
    Json object = Json::object();
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const Column& column = table.columns[c];
      if (const auto* numbers = std::get_if<std::vector<double>>(&column.values)) {
        const double value = numbers->at(row);
        object[column.name] =
            whole[c] && std::isfinite(value) ? Json(static_cast<std::int64_t>(value)) : number(value);
      } else {
        const std::string& text = std::get<std::vector<std::string>>(column.values).at(row);
        object[column.name] = text.empty() ? Json(nullptr) : Json(text);
      }
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

void units_of(const Document& document, const std::string& prefix, Json& units) {
  for (const Property& property : document.properties) {
    const std::string path = prefix.empty() ? property.name : prefix + "." + property.name;
    if (!property.unit.empty()) units[path] = property.unit;
    if (const auto* nested = std::get_if<Document>(&property.value)) units_of(*nested, path, units);
    if (const auto* list = std::get_if<std::vector<Document>>(&property.value))
      for (const Document& item : *list) units_of(item, path, units);
  }
}

Document to_document(const Json& object) {
  Document document;
  for (const auto& [key, value] : object.items())
    document.properties.push_back({key, property_value(value), ""});
  return document;
}

std::string dump(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string as_text(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_number_float()) return fmt::format("{}", json.get<double>());
  if (!json.is_array()) return dump(json);
  std::string text;
  for (const Json& item : json) {
    if (!text.empty()) text += ',';
    text += as_text(item);
  }
  return text;
}

Json problem(const Error& error) {
  Json problem = {{"type", "urn:shaoguang:error:" + std::string(name(error.code()))},
                  {"title", name(error.code())},
                  {"status", http_status(error.code())},
                  {"exit_status", exit_status(error.code())},
                  {"detail", error.what()}};
  if (!error.field().empty()) problem["field"] = error.field();
  return problem;
}

Error error_of(const Json& problem) {
  const std::string title = problem.value("title", "");
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
    if (const auto code = static_cast<ErrorCode>(i); title == name(code))
      return {code, problem.value("detail", ""), problem.value("field", "")};
  throw Error(ErrorCode::invalid_input, fmt::format("no error is called \"{}\"", title));
}

Json parse_json(const std::string& text, const std::string& what) {
  constexpr std::size_t deepest = 200;  // what walks through it later does so by recursion
  if (depth_of(text) > deepest)
    throw Error(ErrorCode::invalid_input, fmt::format("{} nests deeper than {} levels", what, deepest));
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& e) {
    const std::size_t end = std::min(text.size(), e.byte > 0 ? e.byte - 1 : 0);
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    const std::size_t start = text.rfind('\n', end > 0 ? end - 1 : 0);
    const std::size_t column = start == std::string::npos || start >= end ? end + 1 : end - start;
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is not valid JSON: mistake at line {}, column {}", what, line, column));
  } catch (const Json::out_of_range&) {
    throw Error(ErrorCode::invalid_input, what + " holds a number that is too large");
  }
}

}  // namespace sg::op

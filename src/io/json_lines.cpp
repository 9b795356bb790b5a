#include "io/json_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/text.h"

namespace sg::io {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t most_columns = 4096;
constexpr int deepest = 16;

[[noreturn]] void refuse(std::size_t line, const std::string& why) {
  throw Error(ErrorCode::invalid_input, fmt::format("line {} {}", line, why));
}

/// A column while it is read; rows that do not name it are missing.
struct Draft {
  std::string name;
  std::map<std::size_t, double> numbers;
  std::map<std::size_t, std::string> texts;

  Column column(std::size_t rows) const {
    if (texts.empty()) {
      std::vector<double> values(rows, std::numeric_limits<double>::quiet_NaN());
      for (const auto& [row, value] : numbers) values[row] = value;
      return {name, std::move(values)};
    }
    std::vector<std::string> values(rows);
    for (const auto& [row, value] : numbers) values[row] = shortest(value);
    for (const auto& [row, value] : texts) values[row] = value;
    return {name, std::move(values)};
  }
};

class Reader {
 public:
  void add(std::string_view line, std::size_t number) {
    Json json;
    try {
      json = Json::parse(line, [&](int depth, Json::parse_event_t, Json&) {
        if (depth > deepest) refuse(number, fmt::format("nests deeper than {} levels", deepest));
        return true;
      });
    } catch (const Json::exception&) {
      refuse(number, fmt::format("is '{}', expected a JSON object", clean_text(line, 60)));
    }
    if (!json.is_object()) refuse(number, fmt::format("holds {}, expected a JSON object", json.type_name()));
    take(json, "", number);
    ++rows_;
  }

  Table table() const {
    if (drafts_.empty())
      throw Error(ErrorCode::invalid_input, "the table is empty, expected a JSON object a line");
    Table table;
    for (const Draft& draft : drafts_) table.columns.push_back(draft.column(rows_));
    return table;
  }

 private:
  void take(const Json& object, const std::string& prefix, std::size_t number) {
    for (const auto& [key, value] : object.items()) {
      const std::string name = prefix + key;
      if (value.is_object()) {
        take(value, name + ".", number);
        continue;
      }
      if (value.is_array())
        refuse(number, fmt::format("holds a list in '{}', expected numbers, texts or "
                                   "objects",
                                   clean_text(name, 80)));
      Draft& draft = column(name, number);
      if (value.is_string())
        draft.texts[rows_] = value.get<std::string>();
      else if (value.is_boolean())
        draft.numbers[rows_] = value.get<bool>() ? 1 : 0;
      else if (value.is_number())
        draft.numbers[rows_] = value.get<double>();
    }
  }

  Draft& column(const std::string& name, std::size_t number) {
    const auto [place, fresh] = places_.try_emplace(name, drafts_.size());
    if (fresh) {
      if (drafts_.size() == most_columns)
        refuse(number,
               fmt::format("begins the {}th column, expected at most {}", most_columns + 1, most_columns));
      drafts_.emplace_back().name = name.empty() ? fmt::format("column_{}", drafts_.size()) : name;
    }
    return drafts_[place->second];
  }

  std::size_t rows_ = 0;
  std::map<std::string, std::size_t> places_;
  std::vector<Draft> drafts_;
};

}  // namespace

Table read_json_lines(std::string_view text) {
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty()) reader.add(line, number);
  }
  return reader.table();
}

}  // namespace sg::io

#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "nn/excerpt.h"

namespace sg::nn::detail {

using Json = nlohmann::ordered_json;

/// A value of a JSON text with the way to it, so that every refusal can say where: "training.steps is a text,
/// expected a whole number". Holds a reference.
class JsonReader {
 public:
  explicit JsonReader(const Json& json, std::string path = "") : json_(json), path_(std::move(path)) {}

  bool has(const char* key) const { return object().contains(key); }
  JsonReader operator[](const char* key) const {
    if (!has(key)) refuse(path_.empty() ? key : path_ + "." + key, "is missing");
    return JsonReader(json_.at(key), path_.empty() ? key : path_ + "." + key);
  }
  /// Only these members, in any order.
  void only(const std::vector<std::string_view>& keys) const {
    for (const auto& item : object().items())
      if (std::find(keys.begin(), keys.end(), item.key()) == keys.end())
        refuse(path_, fmt::format("has the member \"{}\", expected only {}", excerpt(item.key()),
                                  fmt::join(keys, ", ")));
  }
  /// The bound keeps what a small text can make of memory small.
  std::vector<JsonReader> items(std::size_t most = 4096) const {
    if (!json_.is_array()) expected("a list");
    if (json_.size() > most)
      refuse(path_, fmt::format("is a list of {}, expected at most {}", json_.size(), most));
    std::vector<JsonReader> all;
    for (std::size_t i = 0; i < json_.size(); ++i)
      all.emplace_back(json_[i], fmt::format("{}[{}]", path_, i));
    return all;
  }

  void get(std::string& value) const {
    if (!json_.is_string()) expected("a text");
    value = json_.get<std::string>();
  }
  void get(bool& value) const {
    if (!json_.is_boolean()) expected("true or false");
    value = json_.get<bool>();
  }
  void get(double& value) const {
    if (!json_.is_number() || !std::isfinite(json_.get<double>())) expected("a number");
    value = json_.get<double>();
  }
  void get(std::int64_t& value) const {
    if (!json_.is_number_integer() || (json_.is_number_unsigned() && json_.get<std::uint64_t>() > INT64_MAX))
      expected("a whole number");
    value = json_.get<std::int64_t>();
  }
  void get(std::uint64_t& value) const {
    if (!json_.is_number_unsigned()) expected("a whole number from 0");
    value = json_.get<std::uint64_t>();
  }
  template <class T>
  void get(std::vector<T>& values) const {
    values.clear();
    for (const JsonReader& item : items()) item.get(values.emplace_back());
  }
  std::string text() const {
    std::string value;
    get(value);
    return value;
  }

  [[noreturn]] void expected(std::string_view what) const {
    refuse(path_, fmt::format("is {}, expected {}", described(), what));
  }
  [[noreturn]] static void refuse(const std::string& path, std::string_view why) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} {}", path.empty() ? "the text" : path, why), path);
  }
  const std::string& path() const { return path_; }
  bool is_number() const { return json_.is_number(); }

 private:
  const Json& object() const {
    if (!json_.is_object()) expected("an object");
    return json_;
  }
  std::string described() const {
    if (json_.is_number() || json_.is_boolean()) return json_.dump();
    if (json_.is_string()) return fmt::format("\"{}\"", excerpt(json_.get_ref<const std::string&>()));
    return json_.is_null() ? "nothing" : json_.is_array() ? "a list" : "an object";
  }
  const Json& json_;
  std::string path_;
};

inline constexpr std::size_t largest_text = 4U << 20;

/// Throws invalid_input with line and column for what is no JSON in UTF-8; and for what is larger than 4 MiB,
/// nests deeper than 64 levels, or has an object with more than 100 members or with one of them twice.
Json parse(std::string_view text);

}  // namespace sg::nn::detail

#include "assertion.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace sg::test {
namespace {

using op::Json;

std::optional<Json> lookup(const Json& json, const std::string& path) {
  const Json* at = &json;
  std::size_t i = 0;
  while (i < path.size()) {
    if (path[i] == '[') {
      const std::size_t end = path.find(']', i);
      if (end == std::string::npos || !at->is_array()) return std::nullopt;
      const auto index = static_cast<std::size_t>(std::stoul(path.substr(i + 1, end - i - 1)));
      if (index >= at->size()) return std::nullopt;
      at = &(*at)[index];
      i = end + 1;
    } else {
      if (path[i] == '.') ++i;
      const std::size_t end = std::min(path.find_first_of(".[", i), path.size());
      const std::string name = path.substr(i, end - i);
      if (name == "length" && at->is_array() && end == path.size()) return Json(at->size());
      if (!at->is_object() || !at->contains(name)) return std::nullopt;
      at = &(*at)[name];
      i = end;
    }
  }
  return *at;
}

bool holds(const Json& left, const std::string& comparison, const Json& right) {
  if (comparison == "==") return left == right;
  if (comparison == "!=") return left != right;
  if (!left.is_number() || !right.is_number()) return false;
  const double a = left.get<double>(), b = right.get<double>();
  if (comparison == "<") return a < b;
  if (comparison == "<=") return a <= b;
  if (comparison == ">") return a > b;
  return a >= b;
}

}  // namespace

std::string check(const Json& json, const std::string& assertion) {
  static const std::array<std::string, 6> comparisons{" == ", " != ", " <= ", " >= ", " < ", " > "};
  for (const std::string& comparison : comparisons) {
    const std::size_t at = assertion.find(comparison);
    if (at == std::string::npos) continue;
    const std::string path = assertion.substr(0, at), text = assertion.substr(at + comparison.size());
    const auto left = lookup(json, path);
    if (!left) return fmt::format("{} is not in the result", path);
    Json right = Json::parse(text, nullptr, false);
    if (right.is_discarded()) right = lookup(json, text).value_or(Json(text));
    const std::string plain = comparison.substr(1, comparison.size() - 2);
    return holds(*left, plain, right) ? "" : fmt::format("{} is {}", path, op::dump(*left));
  }
  return fmt::format("\"{}\" is not of the form: path operator value", assertion);
}

}  // namespace sg::test

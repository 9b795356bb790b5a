#include "op/value_type.h"

#include <array>

#include "op/json.h"

namespace sg::op {
namespace {

/// The table of a type that nlohmann::json converts by itself.
template <class V>
ValueType plain(Kind kind) {
  ValueType type;
  type.kind = kind;
  type.from_json = [](void* value, const Json& json) { *static_cast<V*>(value) = json.get<V>(); };
  type.to_json = [](const void* value) { return Json(*static_cast<const V*>(value)); };
  return type;
}

ValueType vec3() {
  ValueType type;
  type.kind = Kind::vector;
  type.length = 3;
  type.from_json = [](void* value, const Json& json) {
    auto& v = *static_cast<Vec3*>(value);
    v = {json.at(0).get<double>(), json.at(1).get<double>(), json.at(2).get<double>()};
  };
  type.to_json = [](const void* value) {
    const auto& v = *static_cast<const Vec3*>(value);
    return Json{v.x, v.y, v.z};
  };
  return type;
}

ValueType whole_numbers() {
  ValueType type = plain<std::vector<int>>(Kind::vector);
  type.whole = true;
  return type;
}

constexpr std::array<std::string_view, 20> kind_names{
    "boolean", "integer",   "real",    "text",     "choice",  "vector", "volume",
    "labels",  "transform", "field",   "mesh",     "points",  "table",  "signal",
    "images",  "any",       "picture", "document", "tensors", "report"};

}  // namespace

std::string_view name(Kind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }

const std::vector<std::string_view>& accepted_kinds(Kind kind) {
  static const std::vector<std::vector<std::string_view>> all = [] {
    std::vector<std::vector<std::string_view>> kinds;
    for (const std::string_view own : kind_names) kinds.push_back({own});
    const auto take = [&](Kind to, std::vector<std::string_view> from) {
      auto& list = kinds.at(static_cast<std::size_t>(to));
      list.insert(list.end(), from.begin(), from.end());
    };
    take(Kind::volume, {"labels", "series", "picture"});
    take(Kind::labels, {"volume"});
    take(Kind::picture, {"volume", "labels"});
    take(Kind::transform, {"field", "volume"});
    take(Kind::field, {"volume"});
    take(Kind::images, {"volume", "labels", "picture"});
    take(Kind::points, {"table"});
    take(Kind::table, {"points"});
    auto& any = kinds.at(static_cast<std::size_t>(Kind::any));
    any.assign({"series", "file"});
    for (std::size_t i = static_cast<std::size_t>(Kind::volume); i < kind_names.size(); ++i)
      if (i != static_cast<std::size_t>(Kind::any)) any.push_back(kind_names.at(i));
    return kinds;
  }();
  return all.at(static_cast<std::size_t>(kind));
}

template <>
const ValueType& value_type<bool>() {
  static const ValueType type = plain<bool>(Kind::boolean);
  return type;
}
template <>
const ValueType& value_type<int>() {
  static const ValueType type = plain<int>(Kind::integer);
  return type;
}
template <>
const ValueType& value_type<std::int64_t>() {
  static const ValueType type = plain<std::int64_t>(Kind::integer);
  return type;
}
template <>
const ValueType& value_type<double>() {
  static const ValueType type = plain<double>(Kind::real);
  return type;
}
template <>
const ValueType& value_type<std::string>() {
  static const ValueType type = plain<std::string>(Kind::text);
  return type;
}
template <>
const ValueType& value_type<Vec3>() {
  static const ValueType type = vec3();
  return type;
}
template <>
const ValueType& value_type<std::vector<double>>() {
  static const ValueType type = plain<std::vector<double>>(Kind::vector);
  return type;
}
template <>
const ValueType& value_type<std::vector<int>>() {
  static const ValueType type = whole_numbers();
  return type;
}

}  // namespace sg::op

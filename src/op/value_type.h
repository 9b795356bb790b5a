#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/context.h"
#include "core/document.h"
#include "core/mesh.h"
#include "core/signal.h"
#include "core/table.h"
#include "core/transform.h"
#include "core/volume.h"

namespace sg::io {
struct Described;
class ImageFolder;
}  // namespace sg::io
namespace sg::report {
class Report;
}

namespace sg::op {

/// JSON whose objects keep the order of declaration.
using Json = nlohmann::ordered_json;

/// What a field holds. The kind fixes the file codec, the command-line form, the schema, the form widget.
enum class Kind {
  boolean,
  integer,
  real,
  text,
  choice,
  vector,  // up to here the value is written out: on the command line, in JSON
  volume,  // from here on it travels in a file
  labels,
  transform,
  field,
  mesh,
  points,
  table,
  signal,
  images,  // a folder of images, read one at a time
  any,     // any readable file, described
  picture,
  document,
  tensors,  // safetensors: what a training learns from
  report
};
std::string_view name(Kind kind);
/// Values of this kind are written out rather than kept in a file.
constexpr bool is_inline(Kind kind) { return kind <= Kind::vector; }
/// Values of this kind stand in the result when nobody asked for a file.
constexpr bool is_shown(Kind kind) {
  return is_inline(kind) || kind == Kind::table || kind == Kind::document;
}
/// File name endings accepted for reading (as input) or writing (as output), lower case with the dot; the
/// first is the one to choose when nothing else decides. Empty for inline kinds and where any file will do.
const std::vector<std::string>& readable_endings(Kind kind);
const std::vector<std::string>& writable_endings(Kind kind);

/// What may stand in an input of this kind: names of kinds, itself first, and "series" (a folder of DICOM).
/// Images take each other's place where no information is made up; readers judge the content.
const std::vector<std::string_view>& accepted_kinds(Kind kind);

struct Shape {
  Grid grid;
  std::int64_t channels = 1;
  OuterAxis outer = OuterAxis::none;
};

/// How the values behind a `void*` of one C++ type travel; one static table a type. A pointer is null where
/// the kind has no such form.
struct ValueType {
  Kind kind = Kind::text;
  int length = 0;      // vectors: number of components, 0 = any
  bool whole = false;  // vectors: whole numbers only
  void (*from_json)(void* value, const Json& json) = nullptr;
  Json (*to_json)(const void* value) = nullptr;
  void (*load)(void* value, const std::filesystem::path& file, const Context& context) = nullptr;
  void (*save)(const void* value, const std::filesystem::path& file, const Context& context) = nullptr;
  Shape (*shape)(const void* value) = nullptr;
  Image (*to_image)(const void* value) = nullptr;  // images of all sorts: a copy
  void (*from_image)(void* value, Image image) = nullptr;
  int (*chosen)(const void* value) = nullptr;  // choices: the enumerator's number
  void (*choose)(void* value, int index) = nullptr;
};

/// The table of V. Adding a type = one specialisation here and its functions in value_type.cpp or
/// file_types.cpp.
template <class V>
const ValueType& value_type() {
  static_assert(std::is_enum_v<V>, "this type is not a field kind; see op/value_type.h for those that are");
  static const ValueType type = [] {
    ValueType t;
    t.kind = Kind::choice;
    t.chosen = [](const void* value) { return static_cast<int>(*static_cast<const V*>(value)); };
    t.choose = [](void* value, int index) { *static_cast<V*>(value) = static_cast<V>(index); };
    return t;
  }();
  return type;
}
template <>
const ValueType& value_type<bool>();
template <>
const ValueType& value_type<int>();
template <>
const ValueType& value_type<std::int64_t>();
template <>
const ValueType& value_type<double>();
template <>
const ValueType& value_type<std::string>();
template <>
const ValueType& value_type<Vec3>();
template <>
const ValueType& value_type<std::vector<double>>();
template <>
const ValueType& value_type<std::vector<int>>();
template <>
const ValueType& value_type<Image>();
template <>
const ValueType& value_type<Volume<float>>();
template <>
const ValueType& value_type<Volume<std::uint8_t>>();
template <>
const ValueType& value_type<LabelMap>();
template <>
const ValueType& value_type<Transform>();
template <>
const ValueType& value_type<Field>();
template <>
const ValueType& value_type<Mesh>();
template <>
const ValueType& value_type<Points>();
template <>
const ValueType& value_type<Table>();
template <>
const ValueType& value_type<Signal>();
template <>
const ValueType& value_type<Document>();
template <>
const ValueType& value_type<io::ImageFolder>();
template <>
const ValueType& value_type<io::Described>();
template <>
const ValueType& value_type<report::Report>();

}  // namespace sg::op

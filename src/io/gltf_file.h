#pragma once
#include <fmt/format.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/error.h"
#include "io/files.h"

namespace sg::io {

/// Equal-sized elements in a buffer, checked to lie inside it.
struct GltfElements {
  const std::uint8_t* first = nullptr;
  std::uint64_t count = 0, stride = 0;
  std::uint64_t component = 0;  // glTF's code of the type
  const std::uint8_t* at(std::uint64_t i) const { return first + i * stride; }
};

/// The container of a glTF 2.0: its JSON, and the elements its accessors reach. All throw invalid_input where
/// the file breaks the format, unsupported_format where it uses a part that is not read.
class GltfFile {
 public:
  using Json = nlohmann::json;
  /// .glb or .gltf, told apart by the first bytes. `file` must outlive this.
  explicit GltfFile(ByteView file);
  const Json& json() const { return json_; }
  /// How long the top-level array `name` is, 0 without one.
  std::size_t list_size(const char* name) const;
  /// The object list[index].
  const Json& item(const char* list, std::uint64_t index) const;
  /// What accessors[index] reaches; it must be of this type ("VEC3") and of a component type in `sizes`,
  /// which gives the bytes of an element.
  GltfElements elements(std::uint64_t index, const std::string& type,
                        const std::map<std::uint64_t, std::uint64_t>& sizes);

 private:
  ByteView view_bytes(const Json& view, const std::string& where);
  ByteView buffer(std::uint64_t index);

  ByteView embedded_;
  Json json_;
  std::map<std::uint64_t, Bytes> decoded_;
};

namespace gltf {

[[noreturn]] void damaged(const std::string& what);
[[noreturn]] void unsupported(const std::string& what);

// Fields of JSON objects. `where` names the object in messages.

const nlohmann::json* find(const nlohmann::json& object, const char* key);
/// A whole number ≥ 0, or nothing if there is no such field.
std::optional<std::uint64_t> whole(const nlohmann::json& object, const char* key, const std::string& where);
/// A text fit for messages; empty if there is none.
std::string text(const nlohmann::json& object, const char* key);
/// The numbers of an array of this length, or nothing if there is no such field.
template <std::size_t N>
std::optional<std::array<double, N>> numbers(const nlohmann::json& object, const char* key,
                                             const std::string& where) {
  const nlohmann::json* values = find(object, key);
  if (values == nullptr) return std::nullopt;
  std::array<double, N> result{};
  bool fine = values->is_array() && values->size() == N;
  for (std::size_t i = 0; fine && i < N; ++i) {
    fine = (*values)[i].is_number();
    if (fine) result[i] = (*values)[i].template get<double>();
  }
  if (!fine) damaged(fmt::format("{} of {} is not an array of {} numbers", key, where, N));
  return result;
}

}  // namespace gltf
}  // namespace sg::io

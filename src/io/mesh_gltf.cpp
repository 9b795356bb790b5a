#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "io/mesh_formats.h"
#include "io/text.h"

namespace sg::io {
namespace {

using Json = nlohmann::json;

[[noreturn]] void damaged(const std::string& what) { throw Error(ErrorCode::invalid_input, "glTF: " + what); }
[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorCode::unsupported_format, "glTF: " + what);
}

// Fields of JSON objects. `where` names the object in messages.

const Json* find(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &*at;
}

std::optional<std::uint64_t> whole(const Json& object, const char* key, const std::string& where) {
  const Json* value = find(object, key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned()) damaged(fmt::format("{} of {} is not a whole number ≥ 0", key, where));
  return value->get<std::uint64_t>();
}

std::string text(const Json& object, const char* key, const std::string& otherwise) {
  const Json* value = find(object, key);
  return value != nullptr && value->is_string() ? clean_text(value->get_ref<const std::string&>(), 80)
                                                : otherwise;
}

/// The numbers of an array of this length, or nothing if there is no such field.
template <std::size_t N>
std::optional<std::array<double, N>> numbers(const Json& object, const char* key, const std::string& where) {
  const Json* values = find(object, key);
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

/// An affine map of glTF coordinates.
struct Placement {
  Mat3 matrix;
  Vec3 shift;
};
Placement operator*(const Placement& a, const Placement& b) {
  return {a.matrix * b.matrix, a.matrix * b.shift + a.shift};
}

Mat3 rotation_of(const std::array<double, 4>& q, const std::string& where) {
  const double length = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
  if (!(std::abs(length - 1) < 1e-2))
    damaged(fmt::format("rotation of {} has length {}, expected 1", where, length));
  const double x = q[0] / length, y = q[1] / length, z = q[2] / length, w = q[3] / length;
  return {{{{1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)},
            {2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)},
            {2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)}}}};
}

Placement placement_of(const Json& node, const std::string& where) {
  if (const auto m = numbers<16>(node, "matrix", where)) {
    const auto& a = *m;  // column by column
    if (a[3] != 0 || a[7] != 0 || a[11] != 0 || a[15] != 1) {
      damaged(fmt::format("matrix of {} ends in row ({}, {}, {}, {}), expected (0, 0, 0, 1)", where, a[3],
                          a[7], a[11], a[15]));
    }
    return {{{{{a[0], a[4], a[8]}, {a[1], a[5], a[9]}, {a[2], a[6], a[10]}}}}, {a[12], a[13], a[14]}};
  }
  Placement result;
  if (const auto t = numbers<3>(node, "translation", where)) result.shift = {(*t)[0], (*t)[1], (*t)[2]};
  if (const auto r = numbers<4>(node, "rotation", where)) result.matrix = rotation_of(*r, where);
  if (const auto s = numbers<3>(node, "scale", where)) {
    result.matrix = result.matrix * Mat3::diagonal({(*s)[0], (*s)[1], (*s)[2]});
  }
  return result;
}

Bytes base64_decoded(std::string_view text) {
  const auto value = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int six = value(c);
    if (six < 0) damaged(fmt::format("'{}' is no character of base64", clean_text(std::string_view(&c, 1))));
    bits = bits << 6 | static_cast<std::uint32_t>(six);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return bytes;
}

/// Equal-sized elements in a buffer, checked to lie inside it.
struct Elements {
  const std::uint8_t* first = nullptr;
  std::uint64_t count = 0, stride = 0;
  std::uint64_t component = 0;  // glTF's code of the type
  const std::uint8_t* at(std::uint64_t i) const { return first + i * stride; }
};

struct Container {
  ByteView json, binary;
};

std::uint32_t word_at(ByteView file, std::size_t offset) {
  std::uint32_t word = 0;
  std::memcpy(&word, file.data() + offset, sizeof word);
  return word;
}

Container split_glb(ByteView file) {
  if (file.size() < 20) damaged(fmt::format("the .glb has {} bytes, too few for its header", file.size()));
  if (word_at(file, 4) != 2)
    unsupported(fmt::format("the .glb has version {}, expected 2", word_at(file, 4)));
  if (word_at(file, 8) > file.size() || word_at(file, 8) < 20) {
    damaged(fmt::format("the .glb states {} bytes but has {}", word_at(file, 8), file.size()));
  }
  file = file.first(word_at(file, 8));
  Container result;
  std::size_t offset = 12;
  for (int index = 0; offset + 8 <= file.size(); ++index) {
    const std::uint32_t length = word_at(file, offset), type = word_at(file, offset + 4);
    if (length > file.size() - offset - 8) {
      damaged(fmt::format("chunk {} of the .glb states {} bytes but {} are left", index, length,
                          file.size() - offset - 8));
    }
    const ByteView content = file.subspan(offset + 8, length);
    if (index == 0 && type != 0x4E4F534A) damaged("the first chunk of the .glb is not JSON");
    if (index == 0) result.json = content;
    if (index == 1 && type == 0x004E4942) result.binary = content;
    offset += 8 + std::size_t{length};
  }
  return result;
}

class GltfReader {
 public:
  explicit GltfReader(ByteView file) : file_size_(file.size()) {
    const bool binary = as_text(file).starts_with("glTF");
    const Container container = binary ? split_glb(file) : Container{file, {}};
    embedded_ = container.binary;
    try {
      json_ = Json::parse(container.json.begin(), container.json.end());
    } catch (const Json::exception& error) {
      damaged(fmt::format("its JSON is damaged: {}", clean_text(error.what(), 200)));
    }
    if (!json_.is_object()) damaged("its JSON is not an object");
  }

  Mesh read() {
    check_asset();
    std::vector<Visit> open = roots();
    std::vector<bool> seen(list_size("nodes"));
    while (!open.empty()) {
      const Visit visit = open.back();
      open.pop_back();
      if (seen.at(visit.node)) damaged(fmt::format("node {} has two parents", visit.node));
      seen[visit.node] = true;
      read_node(visit, open);
    }
    return std::move(mesh_);
  }

 private:
  struct Visit {
    std::uint64_t node;
    Placement parent;
  };

  std::size_t list_size(const char* name) const {
    const Json* list = find(json_, name);
    return list != nullptr && list->is_array() ? list->size() : 0;
  }
  const Json& item(const char* list, std::uint64_t index) const {
    if (index >= list_size(list)) {
      damaged(fmt::format("{}[{}] is referred to, but there are {}", list, index, list_size(list)));
    }
    const Json& object = json_[list][static_cast<std::size_t>(index)];
    if (!object.is_object()) damaged(fmt::format("{}[{}] is not an object", list, index));
    return object;
  }

  void check_asset() const {
    const Json* asset = find(json_, "asset");
    const std::string version = asset != nullptr && asset->is_object() ? text(*asset, "version", "") : "";
    if (!version.starts_with("2.")) unsupported(fmt::format("asset.version is '{}', expected 2.0", version));
    const Json* required = find(json_, "extensionsRequired");
    if (required == nullptr || !required->is_array()) return;
    for (const Json& extension : *required) {
      const std::string name =
          extension.is_string() ? clean_text(extension.get_ref<const std::string&>(), 80) : "";
      // How a surface looks does not change where it is.
      if (name.starts_with("KHR_materials_") || name.starts_with("KHR_texture_")) continue;
      unsupported(fmt::format("the file requires extension '{}', which is not read", name));
    }
  }

  /// The numbers in an array of node indices.
  static std::vector<std::uint64_t> node_list(const Json& object, const char* key, const std::string& where) {
    const Json* list = find(object, key);
    if (list == nullptr) return {};
    std::vector<std::uint64_t> result;
    if (!list->is_array()) damaged(fmt::format("{} of {} is not an array", key, where));
    for (const Json& index : *list) {
      if (!index.is_number_unsigned()) damaged(fmt::format("{} of {} holds what is no index", key, where));
      result.push_back(index.get<std::uint64_t>());
    }
    return result;
  }

  std::vector<Visit> roots() const {
    // (L, P, S) mm = 1000 · (x, −z, y)
    const Placement to_lps{{{{{1000, 0, 0}, {0, 0, -1000}, {0, 1000, 0}}}}, {}};
    std::vector<Visit> result;
    if (list_size("scenes") > 0) {
      const std::uint64_t scene = whole(json_, "scene", "the file").value_or(0);
      const std::string where = fmt::format("scenes[{}]", scene);
      for (const std::uint64_t node : node_list(item("scenes", scene), "nodes", where)) {
        result.push_back({node, to_lps});
      }
      return result;
    }
    // Without a scene every node that is no child is a root.
    std::vector<bool> child(list_size("nodes"));
    for (std::size_t i = 0; i < child.size(); ++i) {
      for (const std::uint64_t c : node_list(item("nodes", i), "children", fmt::format("nodes[{}]", i))) {
        if (c < child.size()) child[c] = true;
      }
    }
    for (std::size_t i = 0; i < child.size(); ++i) {
      if (!child[i]) result.push_back({i, to_lps});
    }
    return result;
  }

  void read_node(const Visit& visit, std::vector<Visit>& open) {
    const std::string where = fmt::format("nodes[{}]", visit.node);
    const Json& node = item("nodes", visit.node);
    const Placement placement = visit.parent * placement_of(node, where);
    for (const std::uint64_t child : node_list(node, "children", where)) {
      item("nodes", child);
      open.push_back({child, placement});
    }
    const std::optional<std::uint64_t> mesh = whole(node, "mesh", where);
    if (!mesh) return;
    if (node.contains("skin")) unsupported(where + " is bent by a skin, which is not read");
    read_mesh_at(*mesh, placement);
  }

  void read_mesh_at(std::uint64_t index, const Placement& placement) {
    const std::string where = fmt::format("meshes[{}]", index);
    const Json* primitives = find(item("meshes", index), "primitives");
    if (primitives == nullptr || !primitives->is_array()) damaged(where + " has no primitives");
    std::map<std::uint64_t, std::uint32_t> bases;  // where the vertices of an accessor begin
    for (const Json& primitive : *primitives) {
      if (!primitive.is_object()) damaged("a primitive of " + where + " is not an object");
      read_primitive(primitive, where, placement, bases);
    }
  }

  void read_primitive(const Json& primitive, const std::string& where, const Placement& placement,
                      std::map<std::uint64_t, std::uint32_t>& bases) {
    const std::uint64_t mode = whole(primitive, "mode", where).value_or(4);
    if (mode < 4) return;  // points and lines
    if (mode > 6) damaged(fmt::format("mode of {} is {}, expected 0 to 6", where, mode));
    if (primitive.contains("targets")) unsupported(where + " has morph targets, which are not read");
    const Json* attributes = find(primitive, "attributes");
    const bool named = attributes != nullptr && attributes->is_object();
    const auto accessor = named ? whole(*attributes, "POSITION", where) : std::nullopt;
    if (!accessor) damaged("a primitive of " + where + " has no POSITION");
    const Elements positions = elements(*accessor, "VEC3", {{5126, 12}});
    const auto [base, is_new] =
        bases.try_emplace(*accessor, static_cast<std::uint32_t>(mesh_.vertices.size()));
    if (is_new) add_vertices(positions, placement);
    const auto indices = whole(primitive, "indices", where);
    const Elements corners =
        indices ? elements(*indices, "SCALAR", {{5121, 1}, {5123, 2}, {5125, 4}}) : Elements{};
    const std::uint64_t count = indices ? corners.count : positions.count;
    if (mode == 4 && count % 3 != 0) {
      damaged(fmt::format("{} has {} corners, expected a multiple of 3", where, count));
    }
    const std::uint64_t triangles = mode == 4 ? count / 3 : count < 3 ? 0 : count - 2;
    require_size(mesh_.triangles.size() + triangles);
    const bool mirrored = determinant(placement.matrix) < 0;
    const auto corner = [&](std::uint64_t i) {
      const std::uint64_t vertex = indices ? index_at(corners, i) : i;
      if (vertex >= positions.count) {
        damaged(fmt::format("{} refers to vertex {}, but has {}", where, vertex, positions.count));
      }
      return base->second + static_cast<std::uint32_t>(vertex);
    };
    for (std::uint64_t t = 0; t < triangles; ++t) {
      const std::uint64_t first = mode == 4 ? 3 * t : mode == 5 ? t : 0;
      const std::uint64_t second = mode == 6 ? t + 1 : first + 1;
      std::array<std::uint32_t, 3> triangle{corner(first), corner(second), corner(second + 1)};
      // In a strip every other triangle runs the other way round.
      const bool odd = mode == 5 && t % 2 == 1;
      if (mirrored != odd) std::swap(triangle[1], triangle[2]);
      mesh_.triangles.push_back(triangle);
    }
  }

  void add_vertices(const Elements& positions, const Placement& placement) {
    require_vertex_count(mesh_.vertices.size() + positions.count);
    require_size(mesh_.vertices.size() + positions.count);
    for (std::uint64_t i = 0; i < positions.count; ++i) {
      std::array<float, 3> p{};
      std::memcpy(&p, positions.at(i), sizeof p);
      const Vec3 lps = placement.matrix * Vec3{p[0], p[1], p[2]} + placement.shift;
      mesh_.vertices.push_back(
          {static_cast<float>(lps.x), static_cast<float>(lps.y), static_cast<float>(lps.z)});
    }
  }

  /// A few bytes can place one mesh again and again; what comes of it must stay in proportion to the file.
  void require_size(std::uint64_t elements) const {
    const std::uint64_t most = (1U << 20) + 4 * file_size_;
    if (elements > most) {
      throw Error(
          ErrorCode::resource,
          fmt::format("glTF: copies of its meshes add up to {} vertices or triangles, expected at most {} "
                      "from {} bytes",
                      elements, most, file_size_));
    }
  }

  static std::uint64_t index_at(const Elements& indices, std::uint64_t i) {
    const std::uint8_t* at = indices.at(i);
    if (indices.component == 5121) return *at;
    if (indices.component == 5123) {
      std::uint16_t value = 0;
      std::memcpy(&value, at, sizeof value);
      return value;
    }
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }

  Elements elements(std::uint64_t index, const std::string& type,
                    const std::map<std::uint64_t, std::uint64_t>& sizes) {
    const std::string where = fmt::format("accessors[{}]", index);
    const Json& accessor = item("accessors", index);
    if (accessor.contains("sparse")) unsupported(where + " is sparse, which is not read");
    Elements result;
    result.component = whole(accessor, "componentType", where).value_or(0);
    const auto size = sizes.find(result.component);
    const std::string stated = text(accessor, "type", "");
    if (stated != type || size == sizes.end()) {
      damaged(
          fmt::format("{} holds {} of type {}, which is no {} here", where, stated, result.component, type));
    }
    result.count = whole(accessor, "count", where).value_or(0);
    if (result.count == 0) damaged(where + " has no count above 0");
    const auto view_index = whole(accessor, "bufferView", where);
    if (!view_index) damaged(where + " has no bufferView");
    const Json& view = item("bufferViews", *view_index);
    const std::string view_name = fmt::format("bufferViews[{}]", *view_index);
    result.stride = whole(view, "byteStride", view_name).value_or(size->second);
    if (result.stride < size->second || result.stride > 252) {
      damaged(
          fmt::format("byteStride of {} is {}, expected {} to 252", view_name, result.stride, size->second));
    }
    const ByteView bytes = view_bytes(view, view_name);
    const std::uint64_t offset = whole(accessor, "byteOffset", where).value_or(0);
    const bool fits = offset <= bytes.size() && size->second <= bytes.size() - offset &&
                      result.count - 1 <= (bytes.size() - offset - size->second) / result.stride;
    if (!fits) {
      damaged(fmt::format("{} reads {} elements from byte {}, beyond the {} bytes of {}", where, result.count,
                          offset, bytes.size(), view_name));
    }
    result.first = bytes.data() + offset;
    return result;
  }

  ByteView view_bytes(const Json& view, const std::string& where) {
    const ByteView whole_buffer = buffer(whole(view, "buffer", where).value_or(0));
    const std::uint64_t offset = whole(view, "byteOffset", where).value_or(0);
    const std::uint64_t length = whole(view, "byteLength", where).value_or(0);
    if (offset > whole_buffer.size() || length > whole_buffer.size() - offset) {
      damaged(fmt::format("{} is {} bytes from byte {}, beyond the {} bytes of its buffer", where, length,
                          offset, whole_buffer.size()));
    }
    return whole_buffer.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

  ByteView buffer(std::uint64_t index) {
    const Json& object = item("buffers", index);
    const Json* uri = find(object, "uri");
    if (uri == nullptr) {
      if (index != 0 || embedded_.empty()) damaged(fmt::format("buffers[{}] has no bytes", index));
      return embedded_;
    }
    const auto known = decoded_.find(index);
    if (known != decoded_.end()) return known->second;
    if (!uri->is_string()) damaged(fmt::format("uri of buffers[{}] is not a text", index));
    const std::string& address = uri->get_ref<const std::string&>();
    if (!address.starts_with("data:")) {
      unsupported(fmt::format("buffers[{}] is the file '{}', expected bytes inside (.glb, or base64)", index,
                              clean_text(address, 80)));
    }
    const std::size_t comma = address.find(',');
    if (comma == std::string::npos || !std::string_view(address).substr(0, comma).ends_with(";base64")) {
      damaged(fmt::format("uri of buffers[{}] is not base64", index));
    }
    return decoded_.emplace(index, base64_decoded(std::string_view(address).substr(comma + 1))).first->second;
  }

  std::uint64_t file_size_;
  ByteView embedded_;
  Json json_;
  std::map<std::uint64_t, Bytes> decoded_;
  Mesh mesh_;
};

}  // namespace

Mesh read_gltf(ByteView file) { return GltfReader(file).read(); }

}  // namespace sg::io

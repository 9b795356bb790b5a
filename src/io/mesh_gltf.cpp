#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

#include "core/error.h"
#include "core/geometry.h"
#include "io/gltf_file.h"
#include "io/mesh_formats.h"
#include "io/text.h"

namespace sg::io {
namespace {

using namespace gltf;
using Json = nlohmann::json;

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

class GltfReader {
 public:
  explicit GltfReader(ByteView file) : file_size_(file.size()), gltf_(file) {}

  Mesh read() {
    check_asset();
    std::vector<Visit> open = roots();
    std::reverse(open.begin(), open.end());
    std::vector<bool> seen(gltf_.list_size("nodes"));
    while (!open.empty()) {
      const Visit visit = open.back();
      open.pop_back();
      gltf_.item("nodes", visit.node);
      if (seen[visit.node]) damaged(fmt::format("node {} has two parents", visit.node));
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

  void check_asset() const {
    const Json* asset = find(gltf_.json(), "asset");
    const std::string version = asset != nullptr && asset->is_object() ? text(*asset, "version") : "";
    if (!version.starts_with("2.")) unsupported(fmt::format("asset.version is '{}', expected 2.0", version));
    const Json* required = find(gltf_.json(), "extensionsRequired");
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
    if (gltf_.list_size("scenes") > 0) {
      const std::uint64_t scene = whole(gltf_.json(), "scene", "the file").value_or(0);
      const std::string where = fmt::format("scenes[{}]", scene);
      for (const std::uint64_t node : node_list(gltf_.item("scenes", scene), "nodes", where)) {
        result.push_back({node, to_lps});
      }
      return result;
    }
    // Without a scene every node that is no child is a root.
    std::vector<bool> child(gltf_.list_size("nodes"));
    for (std::size_t i = 0; i < child.size(); ++i) {
      for (const std::uint64_t c :
           node_list(gltf_.item("nodes", i), "children", fmt::format("nodes[{}]", i))) {
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
    const Json& node = gltf_.item("nodes", visit.node);
    const Placement placement = visit.parent * placement_of(node, where);
    const std::vector<std::uint64_t> children = node_list(node, "children", where);
    for (auto child = children.rbegin(); child != children.rend(); ++child)
      open.push_back({*child, placement});
    const std::optional<std::uint64_t> mesh = whole(node, "mesh", where);
    if (!mesh) return;
    if (node.contains("skin")) unsupported(where + " is bent by a skin, which is not read");
    read_mesh_at(*mesh, placement);
  }

  void read_mesh_at(std::uint64_t index, const Placement& placement) {
    const std::string where = fmt::format("meshes[{}]", index);
    const Json* primitives = find(gltf_.item("meshes", index), "primitives");
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
    const GltfElements positions = gltf_.elements(*accessor, "VEC3", {{5126, 12}});
    const auto [base, is_new] =
        bases.try_emplace(*accessor, static_cast<std::uint32_t>(mesh_.vertices.size()));
    if (is_new) add_vertices(positions, placement);
    const std::uint32_t first_vertex = base->second;  // clang 14 captures no structured binding
    const auto indices = whole(primitive, "indices", where);
    const GltfElements corners =
        indices ? gltf_.elements(*indices, "SCALAR", {{5121, 1}, {5123, 2}, {5125, 4}}) : GltfElements{};
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
      return first_vertex + static_cast<std::uint32_t>(vertex);
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

  void add_vertices(const GltfElements& positions, const Placement& placement) {
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

  static std::uint64_t index_at(const GltfElements& indices, std::uint64_t i) {
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

  std::uint64_t file_size_;
  GltfFile gltf_;
  Mesh mesh_;
};

}  // namespace

Mesh read_gltf(ByteView file) { return GltfReader(file).read(); }

}  // namespace sg::io

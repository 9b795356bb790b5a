#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.h"
#include "io/mesh_formats.h"
#include "io/text.h"

namespace sg::io {
namespace {

static_assert(std::endian::native == std::endian::little, "STL and glTF are copied as little-endian");

using Vertex = std::array<float, 3>;
constexpr std::size_t header_bytes = 84, facet_bytes = 50;

/// STL repeats each vertex for every triangle; this gives equal ones one index. Open addressing: three times
/// as fast as std::unordered_map for a million triangles.
class VertexIndex {
 public:
  VertexIndex(std::vector<Vertex>& vertices, std::size_t corners)
      : vertices_(vertices), slots_(std::bit_ceil(corners + corners / 2 + 1), unused) {}
  std::uint32_t operator()(Vertex vertex) {
    for (float& x : vertex) x += 0.0F;  // -0 becomes 0
    std::size_t slot = hash(vertex);
    for (;; ++slot) {
      std::uint32_t& index = slots_[slot & (slots_.size() - 1)];
      if (index == unused) {
        index = static_cast<std::uint32_t>(vertices_.size());
        vertices_.push_back(vertex);
        return index;
      }
      if (std::memcmp(&vertices_[index], &vertex, sizeof vertex) == 0) return index;
    }
  }

 private:
  static constexpr std::uint32_t unused = UINT32_MAX;
  static std::size_t hash(const Vertex& vertex) {
    std::uint64_t h = 0x9E3779B97F4A7C15U;
    for (const float x : vertex) {
      h = (h ^ std::bit_cast<std::uint32_t>(x)) * 0xD6E8FEB86659FD93U;
      h ^= h >> 32;
    }
    return static_cast<std::size_t>(h);
  }
  std::vector<Vertex>& vertices_;
  std::vector<std::uint32_t> slots_;
};

Mesh merged(const std::vector<Vertex>& corners) {
  require_vertex_count(corners.size());
  Mesh mesh;
  VertexIndex index_of(mesh.vertices, corners.size());
  mesh.triangles.reserve(corners.size() / 3);
  for (std::size_t i = 0; i + 2 < corners.size(); i += 3) {
    mesh.triangles.push_back({index_of(corners[i]), index_of(corners[i + 1]), index_of(corners[i + 2])});
  }
  return mesh;
}

std::uint32_t facet_count(ByteView file) {
  std::uint32_t count = 0;
  std::memcpy(&count, file.data() + 80, sizeof count);
  return count;
}
std::uint64_t binary_length(ByteView file) {
  return header_bytes + std::uint64_t{facet_bytes} * facet_count(file);
}

Mesh read_binary(ByteView file) {
  std::vector<Vertex> corners(std::size_t{3} * facet_count(file));
  for (std::size_t i = 0; i < corners.size() / 3; ++i) {
    std::memcpy(&corners[3 * i], file.data() + header_bytes + facet_bytes * i + sizeof(Vertex),
                3 * sizeof(Vertex));
  }
  Mesh mesh = merged(corners);
  if (says_ras(as_text(file.first(80)))) turn_ras_lps(mesh);
  return mesh;
}

/// The text form, a keyword a line.
class AsciiReader {
 public:
  Mesh read(std::string_view text) {
    for (line_ = 1; !text.empty(); ++line_) {
      const std::size_t end = text.find_first_of("\r\n");
      read_line(text.substr(0, end));
      if (end == std::string_view::npos) break;
      text.remove_prefix(text.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
    }
    if (corners_of_facet_ >= 0) fail("the file ends inside a facet");
    Mesh mesh = merged(corners_);
    if (ras_) turn_ras_lps(mesh);
    return mesh;
  }

 private:
  void read_line(std::string_view line) {
    const std::vector<std::string_view> fields = words(line);
    if (fields.empty()) return;
    const std::string keyword = lower(fields[0]);
    if (keyword == "vertex") {
      add_vertex(fields);
    } else if (keyword == "facet") {
      if (corners_of_facet_ >= 0) fail("a facet begins inside another");
      corners_of_facet_ = 0;
    } else if (keyword == "endfacet") {
      if (corners_of_facet_ != 3) {
        fail(fmt::format("a facet ends with {} vertices, expected 3", std::max(corners_of_facet_, 0)));
      }
      corners_of_facet_ = -1;
    } else if (keyword == "solid") {
      ras_ = ras_ || says_ras(line);
    } else if (keyword != "outer" && keyword != "endloop" && keyword != "endsolid") {
      fail(fmt::format("'{}' is no keyword of STL", clean_text(fields[0], 40)));
    }
  }
  void add_vertex(const std::vector<std::string_view>& fields) {
    if (corners_of_facet_ < 0) fail("a vertex stands outside a facet");
    if (fields.size() != 4) fail(fmt::format("a vertex has {} numbers, expected 3", fields.size() - 1));
    Vertex vertex{};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::optional<double> value = parse_number(fields[i + 1]);
      if (!value) fail(fmt::format("'{}' is no number", clean_text(fields[i + 1], 40)));
      vertex[i] = static_cast<float>(*value);
    }
    corners_.push_back(vertex);
    ++corners_of_facet_;
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::invalid_input, fmt::format("STL line {}: {}", line_, what));
  }

  std::vector<Vertex> corners_;
  int corners_of_facet_ = -1;
  std::size_t line_ = 0;
  bool ras_ = false;
};

Vertex normal_of(const Vertex& a, const Vertex& b, const Vertex& c) {
  const Vec3 p{a[0], a[1], a[2]}, q{b[0], b[1], b[2]}, r{c[0], c[1], c[2]};
  const Vec3 n = cross(q - p, r - p);
  const double length = norm(n);
  if (!(length > 0) || !std::isfinite(length)) return {};
  return {static_cast<float>(n.x / length), static_cast<float>(n.y / length),
          static_cast<float>(n.z / length)};
}

}  // namespace

Mesh read_stl(ByteView file) {
  if (file.size() >= header_bytes && binary_length(file) == file.size()) return read_binary(file);
  // Binary files may begin with "solid" too, so the length is asked first.
  const std::string_view text = trimmed(as_text(file));
  if (lower(text.substr(0, 5)) == "solid") return AsciiReader().read(as_text(file));
  if (file.size() < header_bytes) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("the file has {} bytes, too few for an STL, and does not begin with 'solid'",
                            file.size()));
  }
  throw Error(ErrorCode::invalid_input,
              fmt::format("the STL states {} triangles, that is {} bytes, but has {}", facet_count(file),
                          binary_length(file), file.size()));
}

Bytes write_stl(const Mesh& mesh) {
  constexpr std::string_view title = "Shaoguang binary STL, mm. SPACE=LPS";
  if (mesh.triangles.size() > UINT32_MAX) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("STL holds at most {} triangles, not {}", UINT32_MAX, mesh.triangles.size()));
  }
  const auto count = static_cast<std::uint32_t>(mesh.triangles.size());
  Bytes file(header_bytes + facet_bytes * mesh.triangles.size());
  std::memcpy(file.data(), title.data(), title.size());
  std::memcpy(file.data() + 80, &count, sizeof count);
  std::uint8_t* at = file.data() + header_bytes;
  for (const auto& [a, b, c] : mesh.triangles) {
    const Vertex facet[4] = {normal_of(mesh.vertices[a], mesh.vertices[b], mesh.vertices[c]),
                             mesh.vertices[a], mesh.vertices[b], mesh.vertices[c]};
    std::memcpy(at, facet, sizeof facet);
    at += facet_bytes;
  }
  return file;
}

}  // namespace sg::io

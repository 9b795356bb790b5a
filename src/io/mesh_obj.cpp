#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "core/error.h"
#include "io/mesh_formats.h"
#include "io/text.h"

namespace sg::io {
namespace {

class ObjReader {
 public:
  Mesh read(std::string_view text) {
    for (line_ = 1; !text.empty(); ++line_) {
      const std::size_t end = text.find('\n');
      read_line(trimmed(text.substr(0, end)));
      if (end == std::string_view::npos) break;
      text.remove_prefix(end + 1);
    }
    if (highest_ > mesh_.vertices.size()) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("OBJ line {}: the face refers to vertex {}, but the file has {}",
                              line_of_highest_, highest_, mesh_.vertices.size()));
    }
    if (ras_) turn_ras_lps(mesh_);
    return std::move(mesh_);
  }

 private:
  void read_line(std::string_view line) {
    if (line.starts_with('#')) {
      ras_ = ras_ || says_ras(line);
    } else if (line.starts_with("v ") || line.starts_with("v\t")) {
      read_vertex(line.substr(1));
    } else if (line.starts_with("f ") || line.starts_with("f\t")) {
      read_face(line.substr(1));
    }
  }

  void read_vertex(std::string_view text) {
    const std::vector<std::string_view> fields = words(text);
    // A fourth number is a weight, more are a colour; neither moves the vertex of a polygon.
    if (fields.size() < 3) fail(fmt::format("a vertex has {} numbers, expected 3", fields.size()));
    std::array<float, 3> vertex{};
    for (std::size_t i = 0; i < 3; ++i) {
      const std::optional<double> value = parse_number(fields[i]);
      if (!value) fail(fmt::format("'{}' is no number", clean_text(fields[i], 40)));
      vertex[i] = static_cast<float>(*value);
    }
    require_vertex_count(mesh_.vertices.size() + 1);
    mesh_.vertices.push_back(vertex);
  }

  void read_face(std::string_view text) {
    const std::vector<std::string_view> fields = words(text);
    if (fields.size() < 3) fail(fmt::format("a face has {} vertices, expected 3 or more", fields.size()));
    const std::uint32_t first = index_of(fields[0]);
    std::uint32_t previous = index_of(fields[1]);
    for (std::size_t i = 2; i < fields.size(); ++i) {
      const std::uint32_t index = index_of(fields[i]);
      mesh_.triangles.push_back({first, previous, index});
      previous = index;
    }
  }

  /// The vertex of "7", "7/1", "7/1/3" or "7//3", counted from 1, or from the last one backwards if negative.
  std::uint32_t index_of(std::string_view corner) {
    const std::optional<long long> stated = parse_integer(corner.substr(0, corner.find('/')));
    const auto count = static_cast<long long>(mesh_.vertices.size());
    if (!stated || *stated == 0 || *stated > UINT32_MAX || *stated < -count) {
      fail(fmt::format("'{}' is no vertex, expected 1 or more, or {} to -1", clean_text(corner, 40), -count));
    }
    const auto number = static_cast<std::uint64_t>(*stated > 0 ? *stated : count + *stated + 1);
    if (number > highest_) {
      highest_ = number;
      line_of_highest_ = line_;
    }
    return static_cast<std::uint32_t>(number - 1);
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::invalid_input, fmt::format("OBJ line {}: {}", line_, what));
  }

  Mesh mesh_;
  std::uint64_t highest_ = 0;
  std::size_t line_ = 0, line_of_highest_ = 0;
  bool ras_ = false;
};

}  // namespace

Mesh read_obj(ByteView file) { return ObjReader().read(as_text(file)); }

std::string write_obj(const Mesh& mesh) {
  std::string text = "# Shaoguang, mm. SPACE=LPS\n";
  auto out = std::back_inserter(text);
  for (const auto& [x, y, z] : mesh.vertices) fmt::format_to(out, "v {} {} {}\n", x, y, z);
  for (const auto& [a, b, c] : mesh.triangles) {
    fmt::format_to(out, "f {} {} {}\n", std::uint64_t{a} + 1, std::uint64_t{b} + 1, std::uint64_t{c} + 1);
  }
  return text;
}

}  // namespace sg::io

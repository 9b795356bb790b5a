#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/marching_cubes.h"
#include "core/regions.h"

namespace sg {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

/// Walks the cells slice by slice and keeps, for the two voxel slices around them, which vertex lies on which
/// edge.
class Builder {
 public:
  Builder(const Volume<float>& image, double level)
      : image_(image), level_(level), nx_(image.grid().size[0]), ny_(image.grid().size[1]) {
    for (auto& slice : on_edge_) slice.assign(static_cast<std::size_t>(3 * nx_ * ny_), none);
    flipped_ = determinant(image.grid().direction) < 0;
  }

  void slice(std::int64_t z) {
    for (std::int64_t y = 0; y + 1 < ny_; ++y) {
      unsigned right = column(0, y, z);
      for (std::int64_t x = 0; x + 1 < nx_; ++x) {
        const unsigned left = right;
        right = column(x + 1, y, z);
        const unsigned above = left | right << 1;
        if (above != 0 && above != 255) cell(x, y, z, above);
      }
    }
    std::swap(on_edge_[0], on_edge_[1]);
    on_edge_[1].assign(on_edge_[1].size(), none);
  }

  Mesh take() { return std::move(mesh_); }

 private:
  bool above(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return double{image_.at(x, y, z)} >= level_;
  }

  /// The bits of the four corners of a cell that have this x, as corner bits with x = 0.
  unsigned column(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return unsigned{above(x, y, z)} | unsigned{above(x, y + 1, z)} << 2 | unsigned{above(x, y, z + 1)} << 4 |
           unsigned{above(x, y + 1, z + 1)} << 6;
  }

  void cell(std::int64_t x, std::int64_t y, std::int64_t z, unsigned above) {
    for (const auto& triangle : detail::cube_triangles()[above]) {
      std::array<std::uint32_t, 3> vertices;
      for (std::size_t i = 0; i < 3; ++i) vertices[i] = vertex(x, y, z, triangle[i]);
      if (flipped_) std::swap(vertices[1], vertices[2]);
      mesh_.triangles.push_back(vertices);
    }
  }

  std::uint32_t vertex(std::int64_t x, std::int64_t y, std::int64_t z, unsigned edge) {
    const unsigned start = detail::edge_start(edge), axis = edge / 4, upper = start >> 2 & 1;
    x += start & 1;
    y += start >> 1 & 1;
    z += upper;
    std::uint32_t& known = on_edge_[upper][static_cast<std::size_t>((y * nx_ + x) * 3 + axis)];
    if (known == none) {
      if (mesh_.vertices.size() >= none) {
        throw Error(ErrorCode::resource, "the surface needs more than 2^32 vertices", "image");
      }
      known = static_cast<std::uint32_t>(mesh_.vertices.size());
      mesh_.vertices.push_back(crossing(x, y, z, axis));
    }
    return known;
  }

  std::array<float, 3> crossing(std::int64_t x, std::int64_t y, std::int64_t z, unsigned axis) const {
    const double a = double{image_.at(x, y, z)};
    const double b = double{image_.at(x + (axis == 0), y + (axis == 1), z + (axis == 2))};
    const double ratio = (level_ - a) / (b - a);
    Vec3 at{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
    at[static_cast<int>(axis)] += std::isfinite(ratio) ? ratio : 0.5;
    const LpsPoint p = image_.grid().to_lps({at.x, at.y, at.z});
    return {static_cast<float>(p.x), static_cast<float>(p.y), static_cast<float>(p.z)};
  }

  const Volume<float>& image_;
  double level_;
  std::int64_t nx_, ny_;
  bool flipped_ = false;
  std::vector<std::uint32_t>
      on_edge_[2];  // [y][x][axis], edges that start in the lower and in the upper slice
  Mesh mesh_;
};

Vec3 position(const Mesh& mesh, std::uint32_t vertex) {
  if (vertex >= mesh.vertices.size()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("a triangle names vertex {}, the mesh has {}", vertex, mesh.vertices.size()),
                "mesh");
  }
  const auto& v = mesh.vertices[vertex];
  return {double{v[0]}, double{v[1]}, double{v[2]}};
}

}  // namespace

Mesh isosurface(const Volume<float>& image, double level, const Context& context) {
  if (image.empty() || image.channels() != 1) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("a surface needs one channel, got {}", image.channels()), "image");
  }
  if (!std::isfinite(level)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("level {} is not usable, expected a finite number", level), "level");
  }
  Builder builder(image, level);
  const std::int64_t depth = image.grid().size[2] - 1;
  for (std::int64_t z = 0; z < depth; ++z) {
    builder.slice(z);
    context.progress(static_cast<double>(z + 1) / static_cast<double>(depth));
  }
  return builder.take();
}

double mesh_volume(const Mesh& mesh) {
  if (mesh.vertices.empty()) return 0;
  const Vec3 apex = position(mesh, 0);  // near the surface, to lose no digits far from the origin
  double six = 0;
  for (const auto& t : mesh.triangles) {
    six += dot(position(mesh, t[0]) - apex, cross(position(mesh, t[1]) - apex, position(mesh, t[2]) - apex));
  }
  return six / 6;
}

double mesh_area(const Mesh& mesh) {
  double twice = 0;
  for (const auto& t : mesh.triangles) {
    const Vec3 a = position(mesh, t[0]);
    twice += norm(cross(position(mesh, t[1]) - a, position(mesh, t[2]) - a));
  }
  return twice / 2;
}

}  // namespace sg

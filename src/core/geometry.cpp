#include "core/geometry.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace sg {

Vec3 operator*(const Mat3& a, Vec3 v) {
  return {a[0][0] * v.x + a[0][1] * v.y + a[0][2] * v.z, a[1][0] * v.x + a[1][1] * v.y + a[1][2] * v.z,
          a[2][0] * v.x + a[2][1] * v.y + a[2][2] * v.z};
}

Mat3 operator*(const Mat3& a, const Mat3& b) {
  Mat3 c;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      c[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    }
  }
  return c;
}

Mat3 transpose(const Mat3& a) {
  Mat3 t;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) t[i][j] = a[j][i];
  }
  return t;
}

double determinant(const Mat3& a) { return dot(a.column(0), cross(a.column(1), a.column(2))); }

Mat3 inverse(const Mat3& a) {
  const Vec3 c0 = a.column(0), c1 = a.column(1), c2 = a.column(2);
  const double det = determinant(a);
  const double scale = norm(c0) * norm(c1) * norm(c2);
  if (!(std::abs(det) > 1e-12 * scale)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("matrix is not invertible: determinant {:.3g}, expected one away from 0", det));
  }
  const Vec3 rows[3] = {cross(c1, c2), cross(c2, c0), cross(c0, c1)};
  Mat3 r;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) r[i][j] = rows[i][j] / det;
  }
  return r;
}

Mat3 rotation(Vec3 radians) {
  const double cx = std::cos(radians.x), sx = std::sin(radians.x);
  const double cy = std::cos(radians.y), sy = std::sin(radians.y);
  const double cz = std::cos(radians.z), sz = std::sin(radians.z);
  const Mat3 rx{{{{1, 0, 0}, {0, cx, -sx}, {0, sx, cx}}}};
  const Mat3 ry{{{{cy, 0, sy}, {0, 1, 0}, {-sy, 0, cy}}}};
  const Mat3 rz{{{{cz, -sz, 0}, {sz, cz, 0}, {0, 0, 1}}}};
  return rz * (ry * rx);
}

Mat3 Grid::index_to_lps() const { return direction * Mat3::diagonal(spacing); }

LpsPoint Grid::to_lps(VoxelIndex index) const {
  return origin + direction * Vec3{spacing.x * index.i, spacing.y * index.j, spacing.z * index.k};
}

VoxelIndex Grid::to_index(LpsPoint point) const {
  const Vec3 v = inverse(direction) * (point - origin);
  return {v.x / spacing.x, v.y / spacing.y, v.z / spacing.z};
}

LpsPoint Grid::centre() const {
  return to_lps({(size[0] - 1) / 2.0, (size[1] - 1) / 2.0, (size[2] - 1) / 2.0});
}

bool Grid::same_as(const Grid& other, double tolerance) const {
  if (size != other.size) return false;
  const double reach = tolerance * std::min({spacing.x, spacing.y, spacing.z});
  for (int corner = 0; corner < 8; ++corner) {
    const VoxelIndex index{corner & 1 ? size[0] - 1.0 : 0.0, corner & 2 ? size[1] - 1.0 : 0.0,
                           corner & 4 ? size[2] - 1.0 : 0.0};
    if (!(norm(to_lps(index) - other.to_lps(index)) <= reach)) return false;
  }
  return true;
}

void Grid::validate() const {
  constexpr std::int64_t limit = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (std::int64_t n : size) {
    if (n < 1 || n > limit / count) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("grid size {}×{}×{} is not usable, expected each ≥ 1 and at most 2^40 voxels",
                              size[0], size[1], size[2]));
    }
    count *= n;
  }
  for (int axis = 0; axis < 3; ++axis) {
    if (!(spacing[axis] > 0) || !std::isfinite(spacing[axis])) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("spacing {} × {} × {} mm is not usable, expected each > 0", spacing.x,
                              spacing.y, spacing.z));
    }
  }
  const double det = determinant(direction);
  if (!std::isfinite(det) || std::abs(det) < 1e-6) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("axis directions are not invertible: determinant {:.3g}, expected near ±1", det));
  }
  if (!std::isfinite(origin.x) || !std::isfinite(origin.y) || !std::isfinite(origin.z)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("origin ({}, {}, {}) mm is not finite", origin.x, origin.y, origin.z));
  }
}

std::string Grid::describe() const {
  return fmt::format("{}×{}×{}, {:.4g}×{:.4g}×{:.4g} mm", size[0], size[1], size[2], spacing.x, spacing.y,
                     spacing.z);
}

std::string Grid::orientation() const {
  std::string letters = "???";
  const char positive[] = "LPS", negative[] = "RAI";
  std::array<bool, 3> taken{};
  // Largest components first, so that an oblique grid still gets three different axes.
  for (int round = 0; round < 3; ++round) {
    double best = -1;
    int best_axis = 0, best_row = 0;
    for (int axis = 0; axis < 3; ++axis) {
      if (letters[static_cast<std::size_t>(axis)] != '?') continue;
      for (int row = 0; row < 3; ++row) {
        const double size_of = std::abs(direction[row][static_cast<std::size_t>(axis)]);
        if (!taken[static_cast<std::size_t>(row)] && size_of > best) {
          best = size_of;
          best_axis = axis;
          best_row = row;
        }
      }
    }
    taken[static_cast<std::size_t>(best_row)] = true;
    letters[static_cast<std::size_t>(best_axis)] =
        direction[best_row][static_cast<std::size_t>(best_axis)] >= 0 ? positive[best_row]
                                                                      : negative[best_row];
  }
  return letters;
}

Grid with_spacing(const Grid& grid, Vec3 spacing) {
  Grid result = grid;
  Vec3 shift;
  for (int axis = 0; axis < (grid.is_2d() ? 2 : 3); ++axis) {
    const double extent = static_cast<double>(grid.size[static_cast<std::size_t>(axis)]) * grid.spacing[axis];
    if (!(spacing[axis] > 0) || !(extent / spacing[axis] < 0x1p40)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("spacing {} mm is not usable over {} mm, expected > 0 and at most 2^40 voxels",
                              spacing[axis], extent));
    }
    const auto count = std::max<std::int64_t>(1, std::llround(extent / spacing[axis]));
    result.size[static_cast<std::size_t>(axis)] = count;
    result.spacing[axis] = spacing[axis];
    // Centre the new grid on the old extent.
    shift[axis] =
        (extent - static_cast<double>(count) * spacing[axis]) / 2 + (spacing[axis] - grid.spacing[axis]) / 2;
  }
  result.origin = grid.origin + grid.direction * shift;
  result.validate();
  return result;
}

}  // namespace sg

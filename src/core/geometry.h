#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

namespace sg {

/// A free vector: a difference of points, an axis, a spacing.
struct Vec3 {
  double x = 0, y = 0, z = 0;
  constexpr double& operator[](int i) { return i == 0 ? x : i == 1 ? y : z; }
  constexpr double operator[](int i) const { return i == 0 ? x : i == 1 ? y : z; }
  friend constexpr bool operator==(const Vec3&, const Vec3&) = default;
};
constexpr Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
constexpr Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
constexpr Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
constexpr double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
constexpr Vec3 cross(Vec3 a, Vec3 b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline double norm(Vec3 a) { return std::sqrt(dot(a, a)); }

/// A 3×3 matrix, row-major: m[row][column].
struct Mat3 {
  std::array<std::array<double, 3>, 3> m{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  constexpr std::array<double, 3>& operator[](int row) { return m[static_cast<std::size_t>(row)]; }
  constexpr const std::array<double, 3>& operator[](int row) const {
    return m[static_cast<std::size_t>(row)];
  }
  constexpr Vec3 column(int j) const { return {(*this)[0][j], (*this)[1][j], (*this)[2][j]}; }
  static constexpr Mat3 diagonal(Vec3 d) { return {{{{d.x, 0, 0}, {0, d.y, 0}, {0, 0, d.z}}}}; }
  friend constexpr bool operator==(const Mat3&, const Mat3&) = default;
};
Vec3 operator*(const Mat3& a, Vec3 v);
Mat3 operator*(const Mat3& a, const Mat3& b);
Mat3 transpose(const Mat3& a);
double determinant(const Mat3& a);
/// Throws invalid_input when |det| is below 1e-12 of the product of the row norms.
Mat3 inverse(const Mat3& a);
/// Rotation by the angles (radians) about x, then y, then z: Rz·Ry·Rx.
Mat3 rotation(Vec3 radians);

/// A point in the patient frame: mm, LPS (x to the left, y to the back, z to the head) as in DICOM and ITK.
struct LpsPoint {
  double x = 0, y = 0, z = 0;
  friend constexpr bool operator==(const LpsPoint&, const LpsPoint&) = default;
};
constexpr LpsPoint operator+(LpsPoint p, Vec3 v) { return {p.x + v.x, p.y + v.y, p.z + v.z}; }
constexpr Vec3 operator-(LpsPoint a, LpsPoint b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
constexpr Vec3 as_vector(LpsPoint p) { return {p.x, p.y, p.z}; }
constexpr LpsPoint as_point(Vec3 v) { return {v.x, v.y, v.z}; }

/// A continuous voxel index; integers are voxel centres.
struct VoxelIndex {
  double i = 0, j = 0, k = 0;
  friend constexpr bool operator==(const VoxelIndex&, const VoxelIndex&) = default;
};

/// Where the voxels of an image lie: lps = origin + direction · diag(spacing) · (i, j, k).
/// A 2-D image has size z = 1. Plain data; `validate` says what is wrong with it.
struct Grid {
  std::array<std::int64_t, 3> size{1, 1, 1};  // voxels along x (fastest), y, z
  Vec3 spacing{1, 1, 1};                      // mm, > 0
  LpsPoint origin;                            // centre of voxel (0, 0, 0)
  Mat3 direction;                             // column j = unit vector of index axis j

  std::int64_t voxel_count() const { return size[0] * size[1] * size[2]; }
  bool is_2d() const { return size[2] == 1; }
  /// direction · diag(spacing)
  Mat3 index_to_lps() const;
  LpsPoint to_lps(VoxelIndex index) const;
  VoxelIndex to_index(LpsPoint point) const;
  LpsPoint centre() const;
  /// Equal sizes, and corners closer than `tolerance` voxels.
  bool same_as(const Grid& other, double tolerance = 1e-3) const;
  /// Throws invalid_input: size < 1 or above 2^40 voxels, spacing not positive and finite, direction not
  /// finite or |det| < 1e-6.
  void validate() const;
  /// "181×217×181, 1×1×1 mm"
  std::string describe() const;
  /// Three letters such as "LPS": the patient side each index axis runs towards (nearest axis if oblique).
  std::string orientation() const;
  friend bool operator==(const Grid&, const Grid&) = default;
};

/// The grid over the same physical extent with the given spacing (mm). Voxel corners, not centres, are kept,
/// so that extent = size · spacing changes by less than a voxel. 2-D grids keep z. Throws invalid_input for a
/// spacing that is not positive and finite or gives more than 2^40 voxels.
Grid with_spacing(const Grid& grid, Vec3 spacing);

}  // namespace sg

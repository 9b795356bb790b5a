#pragma once
#include <array>
#include <cstdint>

namespace sg::detail {

/// One channel of an image as the row kernels see it, x fastest.
struct Source {
  const float* data;
  std::array<std::int64_t, 3> size;
};

/// A row of targets i = 0…n−1 at image voxel index start + i·step + matrix·u(i); u = null: no displacement.
struct RowPath {
  double start[3], step[3];
  const float* u[3] = {nullptr, nullptr, nullptr};  // mm; readable for 64 bytes past the row
  float matrix[3][3] = {};                          // voxels per mm
};

/// What a target beyond the outermost voxel centres gets: with `clamp` always the nearest border value, else
/// that only within half a voxel and `outside` further away. A target that is not a number gets `outside`.
struct BorderRule {
  float outside = 0;
  bool clamp = false;
};

/// n values for each pointer; gradient with respect to the voxel index; gx, gy, gz may be null together.
struct GradientRow {
  float *value, *gx, *gy, *gz, *inside;
};

/// Row kernels on the best instruction set of this CPU. Each has a plain scalar counterpart (`…_reference`)
/// with float64 arithmetic, against which it is tested and which also serves images of 2^31 voxels and more.
void linear_row(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                std::int64_t n);
void linear_row_reference(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                          std::int64_t n);
void gradient_row(const Source& image, const RowPath& path, const GradientRow& out, std::int64_t n);
void gradient_row_reference(const Source& image, const RowPath& path, const GradientRow& out, std::int64_t n);
/// `image` holds B-spline coefficients (bspline.h); indices beyond the border are mirrored.
void cubic_row(const Source& image, const RowPath& path, const BorderRule& border, float* out,
               std::int64_t n);
void cubic_row_reference(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                         std::int64_t n);

/// The target index of element i, in float64.
std::array<double, 3> position(const RowPath& path, std::int64_t i);
/// Applies the border rule to a position: false if the target gets `outside`, else the position is moved into
/// 0…size−1.
bool settle(const Source& image, const BorderRule& border, std::array<double, 3>& at);

}  // namespace sg::detail

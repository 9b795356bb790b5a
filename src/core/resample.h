#pragma once
#include <cstdint>
#include <span>

#include "core/context.h"
#include "core/transform.h"
#include "core/volume.h"

namespace sg {

enum class Interpolation { nearest, linear, cubic };

/// result(x) = image(φ(x)) for every voxel centre x of `reference`, all channels; `outside` where φ(x) lies
/// more than half a voxel beyond the outermost voxel centres (within that half voxel the border value holds).
/// Cubic is the interpolating cubic B-spline (Unser 1999, doi:10.1109/79.799930), with mirror borders for its
/// prefilter. In 2-D (size z = 1) the third index is not interpolated. Voxel arithmetic is float32,
/// coordinates are float64 at the row start. Agrees with ITK's ResampleImageFilter to 1e-4 of the intensity
/// range. A NaN voxel spreads to the cells that touch it (linear) or along its lines (cubic: the prefilter
/// has no end); a target whose φ(x) is NaN gets `outside`. Throws invalid_input for an image without voxels,
/// an affine that is singular or not finite, a field without three channels, a bad grid. Cost: about 25 flops
/// a voxel (linear), bound by loads; parallel; the result does not depend on the thread count.
Volume<float> resample(const Volume<float>& image, const Transform& transform, const Grid& reference,
                       Interpolation interpolation = Interpolation::linear, float outside = 0,
                       const Context& context = {});

/// The same by nearest neighbour in the image's own scalar type: no value is blended, rounded or invented.
/// Throws invalid_input, field "outside", if that type cannot hold `outside`.
AnyVolume resample_nearest(const AnyVolume& image, const Transform& transform, const Grid& reference,
                           double outside = 0, const Context& context = {});
/// Labels are never blended: nearest neighbour, names kept.
LabelMap resample(const LabelMap& labels, const Transform& transform, const Grid& reference,
                  const Context& context = {});

/// index' = matrix · (i, j, k) + offset, between two voxel grids.
struct IndexMap {
  Mat3 matrix;
  Vec3 offset;
};
/// The map from voxel indices of `from` to voxel indices of `to` that `affine` (LPS of from → LPS of to)
/// implies. Entries within 1e-10 of a whole number are that number: the identity stays exact despite
/// roundoff.
IndexMap index_map(const Grid& from, const Affine& affine, const Grid& to);

/// Trilinear value of a one-channel `image` at map(i, j, k) for the row i = 0…n−1 of fixed (j, k), and its
/// exact gradient with respect to the image's voxel index (the derivative of the trilinear interpolant).
/// `inside` is 1 where all eight neighbours exist, else value, gradient and inside are 0. Along an axis of
/// size 1 a position within half a voxel counts as inside and the gradient is 0. All spans have n elements,
/// or gx, gy, gz are empty to skip the gradient; else throws invalid_input. This is the inner loop of affine
/// registration: about 5 ns a voxel on one AVX-512 core.
struct SampledRow {
  std::span<float> value, gx, gy, gz, inside;
};
void sample_row(const Volume<float>& image, const IndexMap& map, std::int64_t j, std::int64_t k,
                SampledRow row);

}  // namespace sg

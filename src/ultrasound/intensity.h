#pragma once
#include "core/volume.h"

namespace sg::ultrasound {

/// What every filter of intensity images asks of its input: at least one voxel, one channel, values that are
/// finite and ≥ 0. Throws invalid_input naming the first value that breaks this and where it is (field
/// "image").
void require_intensity(const Volume<float>& image);
/// Throws invalid_input (field "looks") unless looks is positive and finite.
void require_looks(double looks);

/// Whether all voxels are one value. Filters give such an image back as it is: there is nothing to remove,
/// and a correction of bias, which belongs to speckle, would move it.
bool is_constant(const Volume<float>& image);

/// Mean of all voxels, summed in float64 over pieces of fixed size.
double mean_of(const Volume<float>& image);

/// Half-sample mirroring … 2 1 0 | 0 1 2 … n−1 | n−1 n−2 …, for any index and n ≥ 1.
inline std::int64_t mirrored(std::int64_t index, std::int64_t n) {
  const std::int64_t period = 2 * n;
  std::int64_t i = index % period;
  if (i < 0) i += period;
  return i < n ? i : period - 1 - i;
}

}  // namespace sg::ultrasound

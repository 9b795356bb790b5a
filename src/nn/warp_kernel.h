#pragma once
#include <cstdint>

#include "nn/layers.h"

namespace sg::nn::detail {

/// Sizes of the image a warp reads and writes; axes 2 (depth 1) or 3.
struct WarpGrid {
  std::int64_t width = 0, height = 0, depth = 1;
  int axes = 3;
};

/// Rows begin to end − 1 (all x at y = row % height, z = row / height) of y(p) = x(p + u(p)) for all channels
/// of one sample. Image and result: `groups` maps of depth·height·width positions of `lanes` channels side by
/// side (Layout in engine_builder.h); u: `axes` plain maps, x first, in voxels. A displacement that is not a
/// number reads position 0. Corners and weights are worked out once a position and serve all channels; with
/// lanes = 16 a corner of 16 channels is one load, with plain channels a gather.
void warp_rows(const WarpGrid& grid, std::int64_t begin, std::int64_t end, const float* image,
               std::int64_t groups, std::int64_t lanes, const float* u, float* result,
               Interpolation interpolation, Border border);

}  // namespace sg::nn::detail

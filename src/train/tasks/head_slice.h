#pragma once
#include <vector>

#include "train/tasks/head_maps.h"

namespace sg::train {

/// A slice through a head as a scan without noise might show it, size × size pixels of about 1 mm, 0…1: label
/// map cut in a random plane, every structure in a random grey (random_contrast) with a faint smooth texture,
/// voxels at borders mixed, shading.
std::vector<float> random_head_slice(const HeadMaps& maps, const HeadMap& map, std::int64_t size, Rng& rng);

}  // namespace sg::train

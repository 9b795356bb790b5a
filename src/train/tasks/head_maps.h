#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/geometry.h"
#include "train/tasks/random_field.h"

namespace sg::train {

/// The tissues the brain network tells apart.
inline constexpr int tissue_count = 9;
inline constexpr std::array<std::string_view, tissue_count> tissue_names{"background",
                                                                         "cerebrospinal fluid",
                                                                         "ventricles",
                                                                         "cortex",
                                                                         "cerebral white matter",
                                                                         "deep grey",
                                                                         "cerebellar cortex",
                                                                         "cerebellar white matter",
                                                                         "brain stem"};
/// Tissue of a FreeSurfer label as in the maps of Billot et al. 2023; 0 for what is outside the brain or not
/// known. Choroid plexus (136, 137, 163, 164) counts as ventricle, in which it lies.
int tissue_of(int label);
/// One name for a structure's left and right half (the right half's label).
int without_side(int label);

/// A label map of a head, 1 mm, RAS: x from left to right, y to the front, z up. Values are indices into
/// HeadMaps::labels.
struct HeadMap {
  std::string name;
  Size3 size{};
  std::vector<std::uint8_t> voxels;
  Vec3 brain_centre;  // mean of tissues 2…8, voxels
};

struct HeadMaps {
  std::vector<int> labels;  // sorted; at most 256; labels[i] is what index i stands for
  std::vector<HeadMap> maps;
  std::string source, licence;  // as the file's metadata say
};

/// Reads tensors "labels.<name>" [D,H,W] (uint8 or int16) of a safetensors file. Throws not_found, and
/// invalid_input for a file without such tensors, other types or axes, other spacing than 1 mm (metadata
/// "spacing"), negative labels, more than 256 labels or a map without a brain.
HeadMaps read_head_maps(const std::filesystem::path& path);

}  // namespace sg::train

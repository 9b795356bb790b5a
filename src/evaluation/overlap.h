#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/table.h"
#include "core/volume.h"

namespace sg::evaluation {

/// How well one label of a candidate covers the same label of a reference. Volumes in mm³, distances in mm.
/// Where the label is absent in either map everything but the volumes is NaN.
///   dice = 2·|A∩B| / (|A|+|B|)        jaccard = |A∩B| / |A∪B|
///   hd95 = max of the two directed 95th percentiles of surface distances (type 7 of Hyndman & Fan)
///   assd = mean over the surface voxels of both of their distance to the other's surface
///   volume_difference = 100·(V_candidate − V_reference) / V_reference, per cent
/// A surface voxel has at least one face neighbour (4 in 2-D) that is not of the label; outside the grid
/// counts as not. Distances are between voxel centres (exact Euclidean distance transform, anisotropic
/// spacing).
struct LabelOverlap {
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::int32_t label = 0;
  std::string name = {};
  double dice = none, jaccard = none, hd95 = none, assd = none;
  double volume_reference = 0, volume_candidate = 0, volume_difference = none;
};

/// Means are plain means over the labels that both maps have; NaN if there is none.
struct Overlap {
  std::vector<LabelOverlap> labels;  // ascending
  double mean_dice = LabelOverlap::none, mean_jaccard = LabelOverlap::none;
  double mean_hd95 = LabelOverlap::none, mean_assd = LabelOverlap::none;
  std::vector<std::int32_t> absent;  // in either map
};

/// Compares two label maps on the same grid: the given `labels`, or else all but 0 that occur in either.
/// Throws invalid_input naming both grids if they differ, and for label 0. Cost: O(voxels) and, a label,
/// O(its bounding box); parallel over labels.
Overlap overlap(const LabelMap& reference, const LabelMap& candidate,
                const std::vector<std::int32_t>& labels = {}, const Context& context = {});

/// One row a label, columns as the members of LabelOverlap.
Table to_table(const Overlap& overlap);

}  // namespace sg::evaluation

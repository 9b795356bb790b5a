#pragma once
#include <cstdint>
#include <vector>

#include "core/mesh.h"
#include "core/volume.h"

namespace sg::evaluation {

/// Distances between points that should coincide, mm.
struct PointError {
  std::vector<double> distances;  // in the order of the points
  double mean = 0, median = 0, sd = 0, percentile_95 = 0, max = 0;
};

/// Target registration error |truth[i] − found[i]|; percentiles of type 7 (Hyndman & Fan 1996), sd divides by
/// n − 1. Throws invalid_input if the lists differ in length, are empty or hold a coordinate that is not
/// finite.
PointError target_registration_error(const Points& truth, const Points& found);

/// The centre of mass of every label that occurs (but 0), ascending, or of those given, named by the map's
/// names or else the number. Throws not_found for a given label without a voxel.
Points label_centroids(const LabelMap& map, const std::vector<std::int32_t>& labels = {});

}  // namespace sg::evaluation

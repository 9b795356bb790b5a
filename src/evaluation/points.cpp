#include "evaluation/points.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "core/error.h"
#include "core/stats.h"

namespace sg::evaluation {

namespace {

bool finite(LpsPoint p) { return std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z); }

void check_points(const Points& truth, const Points& found) {
  if (truth.positions.size() != found.positions.size()) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} true points against {} found, expected as many",
                                                      truth.positions.size(), found.positions.size()));
  }
  if (truth.positions.empty())
    throw Error(ErrorCode::invalid_input, "no points to compare, expected at least one");
  for (std::size_t i = 0; i < truth.positions.size(); ++i) {
    if (!finite(truth.positions[i]) || !finite(found.positions[i])) {
      throw Error(ErrorCode::invalid_input, fmt::format("point {} is not finite, expected mm", i + 1));
    }
  }
}

/// Sums of voxel indices; indices add up without rounding for any grid that fits in memory.
struct Moments {
  std::int64_t count = 0;
  double i = 0, j = 0, k = 0;
};

std::map<std::int32_t, Moments> moments_of(const Volume<std::int32_t>& voxels) {
  std::map<std::int32_t, Moments> all;
  const auto [nx, ny, nz] = voxels.grid().size;
  std::int32_t last = 0;
  Moments* moments = nullptr;
  for (std::int64_t z = 0; z < nz; ++z) {
    for (std::int64_t y = 0; y < ny; ++y) {
      const std::int32_t* row = voxels.data() + voxels.offset(0, y, z);
      for (std::int64_t x = 0; x < nx; ++x) {
        if (row[x] == 0) continue;
        if (moments == nullptr || row[x] != last) moments = &all[last = row[x]];
        ++moments->count;
        moments->i += static_cast<double>(x);
        moments->j += static_cast<double>(y);
        moments->k += static_cast<double>(z);
      }
    }
  }
  return all;
}

}  // namespace

PointError target_registration_error(const Points& truth, const Points& found) {
  check_points(truth, found);
  PointError error;
  for (std::size_t i = 0; i < truth.positions.size(); ++i) {
    error.distances.push_back(norm(truth.positions[i] - found.positions[i]));
  }
  const std::span<const double> all(error.distances);
  const Summary summary = summarize(all);
  error.mean = summary.mean;
  error.sd = summary.sd;
  error.max = summary.max;
  error.median = quantile(all, .5);
  error.percentile_95 = quantile(all, .95);
  return error;
}

Points label_centroids(const LabelMap& map, const std::vector<std::int32_t>& labels) {
  const std::map<std::int32_t, Moments> all = moments_of(map.voxels);
  std::vector<std::int32_t> wanted = labels;
  if (wanted.empty()) {
    for (const auto& [label, moments] : all) wanted.push_back(label);
  }
  Points result;
  for (const std::int32_t label : wanted) {
    const auto found = all.find(label);
    if (found == all.end()) {
      throw Error(ErrorCode::not_found,
                  fmt::format("label {} has no voxel, expected one of the map's labels", label));
    }
    const Moments& m = found->second;
    const double n = static_cast<double>(m.count);
    result.positions.push_back(map.voxels.grid().to_lps({m.i / n, m.j / n, m.k / n}));
    const auto name = map.names.find(label);
    result.names.push_back(name != map.names.end() ? name->second : fmt::format("{}", label));
  }
  return result;
}

}  // namespace sg::evaluation

#include "registration/pose_search.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/parallel.h"

namespace sg::registration {
namespace {

constexpr int score_bins = 16;

int bin_of(float value) {
  return std::clamp(static_cast<int>(value * static_cast<float>(score_bins)), 0, score_bins - 1);
}

/// −45…45° in 15° steps about each axis; in the plane about z only.
std::vector<Mat3> rotations(bool planar) {
  constexpr double step = 15 * std::numbers::pi / 180;
  const int tilt = planar ? 0 : 3;
  std::vector<Mat3> list;
  for (int x = -tilt; x <= tilt; ++x) {
    for (int y = -tilt; y <= tilt; ++y) {
      for (int z = -3; z <= 3; ++z) list.push_back(rotation({x * step, y * step, z * step}));
    }
  }
  return list;
}

/// The candidate poses, `initial` first.
std::vector<Pose> candidates(const Volume<float>& fixed, const Volume<float>& moving, const Frame& frame,
                             const AffineOptions& options) {
  std::vector<Pose> poses{frame.pose(options.initial)};
  std::vector<double> scales{1};
  if (options.model != AffineModel::rigid) scales = {0.85, 1, 1.15};
  const std::pair<LpsPoint, LpsPoint> pairs[] = {{centre_of_mass(fixed), centre_of_mass(moving)},
                                                 {fixed.grid().centre(), moving.grid().centre()}};
  for (const auto& [from, to] : pairs) {
    for (const Mat3& turn : rotations(frame.planar)) {
      for (double scale : scales) {
        const Mat3 matrix = turn * Mat3::diagonal({scale, scale, frame.planar ? 1 : scale});
        // matrix·(from − c) + c + shift = to
        poses.push_back({matrix, (to - frame.centre) - matrix * (from - frame.centre)});
      }
    }
  }
  return poses;
}

bool alike(const Pose& a, const Pose& b, double reach) {
  const Mat3 between = a.matrix * inverse(b.matrix);
  const double trace = between[0][0] + between[1][1] + between[2][2];
  const double scale = std::cbrt(determinant(between));
  const double angle = std::acos(std::clamp((trace / scale - 1) / 2, -1.0, 1.0));
  return angle < 10 * std::numbers::pi / 180 && std::abs(scale - 1) < 0.1 &&
         norm(a.shift - b.shift) < 0.1 * reach;
}

}  // namespace

LpsPoint centre_of_mass(const Volume<float>& image) {
  const auto& size = image.grid().size;
  const float* value = image.data();
  double mean = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) mean += static_cast<double>(value[i]);
  mean /= static_cast<double>(image.size());
  double mass = 0;
  Vec3 moment;
  for (std::int64_t k = 0; k < size[2]; ++k) {
    for (std::int64_t j = 0; j < size[1]; ++j) {
      for (std::int64_t i = 0; i < size[0]; ++i) {
        const double m = std::max(static_cast<double>(*value++) - mean, 0.0);
        mass += m;
        moment = moment + m * Vec3{static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)};
      }
    }
  }
  if (mass <= 0) return image.grid().centre();
  return image.grid().to_lps({moment.x / mass, moment.y / mass, moment.z / mass});
}

double pose_score(const Volume<float>& fixed, const Volume<float>& moving, const Affine& pose) {
  const auto& size = fixed.grid().size;
  const IndexMap map = index_map(fixed.grid(), pose, moving.grid());
  const auto n = static_cast<std::size_t>(size[0]);
  std::vector<float> value(n), inside(n);
  std::array<std::array<float, score_bins>, score_bins> joint{};
  const float* f = fixed.data();
  for (std::int64_t row = 0; row < size[1] * size[2]; ++row) {
    sample_row(moving, map, row % size[1], row / size[1], {value, {}, {}, {}, inside});
    for (std::size_t i = 0; i < n; ++i) {
      joint[static_cast<std::size_t>(bin_of(*f++))][static_cast<std::size_t>(bin_of(value[i]))] += 1;
    }
  }
  const double total = static_cast<double>(fixed.size());
  std::array<double, score_bins> by_fixed{}, by_moving{};
  for (std::size_t a = 0; a < score_bins; ++a) {
    for (std::size_t b = 0; b < score_bins; ++b) {
      by_fixed[a] += static_cast<double>(joint[a][b]) / total;
      by_moving[b] += static_cast<double>(joint[a][b]) / total;
    }
  }
  double information = 0;
  for (std::size_t a = 0; a < score_bins; ++a) {
    for (std::size_t b = 0; b < score_bins; ++b) {
      const double p = static_cast<double>(joint[a][b]) / total;
      if (p > 0) information += p * std::log(p / (by_fixed[a] * by_moving[b]));
    }
  }
  return information;
}

PoseSearch search_poses(const Volume<float>& fixed, const Volume<float>& moving, const Frame& frame,
                        const AffineOptions& options, std::size_t count, const Context& context) {
  const std::vector<Pose> poses = candidates(fixed, moving, frame, options);
  std::vector<std::pair<double, std::size_t>> scored(poses.size());
  parallel_for(
      static_cast<std::int64_t>(poses.size()),
      [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          scored[i] = {pose_score(fixed, moving, frame.affine(poses[i])), i};
        }
      },
      context);
  PoseSearch search;
  double square = 0;
  for (const auto& [score, index] : scored) {
    search.mean += score;
    square += score * score;
  }
  const auto n = static_cast<double>(scored.size());
  search.mean /= n;
  search.deviation = std::sqrt(std::max(square / n - search.mean * search.mean, 0.0));
  std::sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (const auto& [score, index] : scored) {
    const Pose& pose = poses[index];
    const bool new_place = std::none_of(search.best.begin(), search.best.end(),
                                        [&](const Pose& other) { return alike(pose, other, frame.reach); });
    if (new_place) search.best.push_back(pose);
    if (search.best.size() == count) break;
  }
  return search;
}

}  // namespace sg::registration

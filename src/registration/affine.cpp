#include "registration/affine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/stats.h"
#include "registration/pose_search.h"

namespace sg::registration {
namespace {

constexpr std::size_t poses_refined = 6;
constexpr double voxels_at_finest =
    1e6;  // .86 M is the brain at 2 mm: where accuracy stops gaining from finer levels

void check_pair(const Volume<float>& fixed, const Volume<float>& moving) {
  if (fixed.grid().is_2d() != moving.grid().is_2d()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("moving image is {}-D and fixed image is {}-D, expected both 2-D or both 3-D",
                            moving.grid().is_2d() ? 2 : 3, fixed.grid().is_2d() ? 2 : 3),
                "moving");
  }
  for (const auto* grid : {&fixed.grid(), &moving.grid()}) {
    if (grid->is_2d() && std::abs(std::abs(grid->direction[2][2]) - 1) > 1e-3) {
      throw Error(ErrorCode::invalid_input, "2-D images must lie in the LPS xy plane to be aligned",
                  grid == &fixed.grid() ? "fixed" : "moving");
    }
  }
}

double finest_spacing(const Grid& grid, const AffineOptions& options) {
  if (options.finest_spacing > 0) return options.finest_spacing;
  const double dimensions = grid.is_2d() ? 2 : 3;
  double extent = 1, voxel = 1;
  for (int axis = 0; axis < (grid.is_2d() ? 2 : 3); ++axis) {
    voxel *= grid.spacing[axis];
    extent *= grid.spacing[axis] * static_cast<double>(grid.size[static_cast<std::size_t>(axis)]);
  }
  return std::max(std::pow(extent / voxels_at_finest, 1 / dimensions), std::pow(voxel, 1 / dimensions));
}

/// Never finer than the image itself, and at least eight samples an axis where the image has them.
Vec3 level_spacing(const Grid& grid, double wanted) {
  Vec3 spacing;
  for (int axis = 0; axis < 3; ++axis) {
    const double extent = grid.spacing[axis] * static_cast<double>(grid.size[static_cast<std::size_t>(axis)]);
    spacing[axis] = std::max(grid.spacing[axis], std::min(wanted, extent / 8));
  }
  if (grid.is_2d()) spacing.z = grid.spacing.z;
  return spacing;
}

struct Pair {
  const Volume<float>& fixed;
  const Volume<float>& moving;
  Frame frame;
  Level at(double spacing, Metric metric, const Context& context) const {
    return {downsample(fixed, level_spacing(fixed.grid(), spacing), context.silent()),
            downsample(moving, level_spacing(moving.grid(), spacing), context.silent()), metric, frame.centre,
            frame.reach};
  }
};

Frame frame_of(const Volume<float>& fixed) {
  const Grid& grid = fixed.grid();
  const Vec3 extent =
      grid.index_to_lps() * Vec3{static_cast<double>(grid.size[0]), static_cast<double>(grid.size[1]),
                                 grid.is_2d() ? 0 : static_cast<double>(grid.size[2])};
  Frame frame;
  frame.centre = grid.centre();
  frame.reach = norm(extent) / 4;  // about the rms distance of a filled box's voxels from its centre
  frame.planar = grid.is_2d();
  return frame;
}

}  // namespace

Volume<float> normalise_intensity(const Volume<float>& image, const std::string& role,
                                  std::vector<std::string>& warnings) {
  if (image.channels() != 1) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} image has {} channels or time points, expected 1", role, image.channels()),
                role);
  }
  const Summary summary = summarize(std::span<const float>(image.values()));
  if (summary.count == 0) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} image holds no finite value", role), role);
  }
  const double probabilities[] = {0.005, 0.995};
  const auto range = quantiles(image.values(), probabilities);
  double low = range[0], high = range[1];
  if (!(high > low)) {  // a small bright object on an empty ground
    low = summary.min;
    high = summary.max;
  }
  if (!(high > low)) {
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("{} image is constant ({:.6g} everywhere), expected structure to align", role, low),
        role);
  }
  if (summary.not_finite > 0) {
    warnings.push_back(fmt::format("{} image: {} voxels are not finite and count as its lowest value", role,
                                   summary.not_finite));
  }
  Volume<float> result(image.grid());
  const auto scale = static_cast<float>(1 / (high - low)), offset = static_cast<float>(low);
  const float* in = image.data();
  float* out = result.data();
  parallel_for(
      image.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const float v = (in[i] - offset) * scale;
          out[i] = std::isfinite(in[i]) ? std::clamp(v, 0.F, 1.F) : 0.F;
        }
      },
      {}, 65536);
  return result;
}

AffineResult align_affine(const Volume<float>& fixed_image, const Volume<float>& moving_image,
                          const AffineOptions& options, const Context& context) {
  AffineResult result;
  check_pair(fixed_image, moving_image);
  const Volume<float> fixed = normalise_intensity(fixed_image, "fixed", result.warnings);
  const Volume<float> moving = normalise_intensity(moving_image, "moving", result.warnings);
  const Pair pair{fixed, moving, frame_of(fixed)};
  const double finest = finest_spacing(fixed.grid(), options);

  // Seen from afar there is too little structure for local windows: the whole image decides, whatever the
  // metric later.
  Level coarse = pair.at(4 * finest, Metric::mutual_information, context);
  PoseSearch search;
  search.best = {pair.frame.pose(options.initial)};
  if (options.search) {
    search = search_poses(coarse.fixed(), coarse.moving(), pair.frame, options, poses_refined,
                          context.part(0, 0.2, "searching poses"));
  }
  const Context refining = context.part(0.2, 0.4, fmt::format("refining at {:.3g} mm", 4 * finest));
  Descent best;
  best.loss = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < search.best.size(); ++i) {
    const double share = 1 / static_cast<double>(search.best.size());
    const Context part = refining.part(share * static_cast<double>(i), share * static_cast<double>(i + 1));
    Descent rigid =
        descend(coarse, pair.frame, search.best[i], AffineModel::rigid, options.iterations / 2, part);
    Descent full =
        descend(coarse, pair.frame, rigid.pose, options.model, options.iterations / 2, part.silent());
    full.losses.insert(full.losses.begin(), rigid.losses.begin(), rigid.losses.end());
    if (full.loss < best.loss) best = std::move(full);
  }
  result.levels.push_back({4 * finest, best.losses});

  for (const double factor : {2.0, 1.0}) {
    Level level = pair.at(factor * finest, options.metric, context);
    const Context part = context.part(factor > 1 ? 0.4 : 0.55, factor > 1 ? 0.55 : 0.95,
                                      fmt::format("refining at {:.3g} mm", factor * finest));
    best = descend(level, pair.frame, best.pose, options.model, options.iterations, part);
    result.levels.push_back({factor * finest, best.losses});
    if (factor == 1) result.loss_before = level.evaluate(options.initial, false, context.silent()).loss;
  }
  result.affine = pair.frame.affine(best.pose);
  result.loss_after = best.loss;
  result.overlap = best.overlap;
  result.distinctness = std::numeric_limits<double>::quiet_NaN();
  if (options.search && search.deviation > 0) {
    const double score = pose_score(coarse.fixed(), coarse.moving(), result.affine);
    result.distinctness = (score - search.mean) / search.deviation;
  }
  context.progress(1);
  return result;
}

}  // namespace sg::registration

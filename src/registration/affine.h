#pragma once
#include <string>
#include <vector>

#include "core/context.h"
#include "core/transform.h"
#include "core/volume.h"
#include "registration/similarity.h"

namespace sg::registration {

enum class AffineModel { rigid, similarity, affine };

struct AffineOptions {
  AffineModel model = AffineModel::affine;
  Metric metric = Metric::lncc;
  /// Spacing of the finest level in mm; 0 = about 10^6 voxels over the fixed image, never below its own
  /// spacing.
  double finest_spacing = 0;
  int iterations = 40;  // at most, a level
  /// Search rotations of ±45°, scales and centres before refining; off = start from `initial`.
  bool search = true;
  Affine initial;
};

/// One level of the pyramid, for the report's curve.
struct LevelRecord {
  double spacing = 0;          // mm
  std::vector<double> losses;  // after each accepted step, the first before any
};

struct AffineResult {
  Affine affine;  // fixed LPS → moving LPS
  std::vector<LevelRecord> levels;
  double loss_before = 0,
         loss_after = 0;  // at the finest level, for `initial` (identity unless given) and for the result
  double overlap = 0;     // share of the fixed grid that falls inside the moving image, 0…1
  /// How far the result's mutual information stands above that of all the poses searched, in their standard
  /// deviations; a pair that shows the same anatomy reaches well above 3. NaN without search.
  double distinctness = 0;
  std::vector<std::string> warnings;
};

/// Aligns `moving` to `fixed`: argmin over φ(x) = A(x−c)+c+t of loss(F, M∘φ), multi-resolution.
///  1. Pose search at about 1/4 of the finest resolution: rotations −45…45° in 15° steps about three axes,
///     scales {.85, 1, 1.15}, shifts between {centres of mass, image centres}, and `initial`, scored by
///     mutual information of a 16×16 histogram; the best few, kept apart, are refined and the best goes on.
///  2. Quasi-Newton descent on the exact gradient, started from the Gauss–Newton Hessian: at 4× the finest
///     spacing on mutual information (rigid, then the model asked for), then on the metric asked for at 2×,
///     1×.
/// Volumes of one channel, mm, LPS; any size, spacing, orientation. 2-D pairs (size z = 1, in the LPS xy
/// plane) move in the plane only. NaN voxels count as the lowest value, with a warning. Deterministic for any
/// thread count. Errors: invalid_input for channels ≠ 1, a constant image, an image of NaN alone, 2-D with
/// 3-D, 2-D off the xy plane. Cost: about 1.5 s for a 160×192×224 pair on two cores.
AffineResult align_affine(const Volume<float>& fixed, const Volume<float>& moving,
                          const AffineOptions& options = {}, const Context& context = {});

/// The images as the optimiser sees them: clipped to the .5–99.5 percentile and scaled to 0…1.
/// Errors: invalid_input as for align_affine; `role` is "fixed" or "moving". Counts of NaN go to `warnings`.
Volume<float> normalise_intensity(const Volume<float>& image, const std::string& role,
                                  std::vector<std::string>& warnings);

}  // namespace sg::registration

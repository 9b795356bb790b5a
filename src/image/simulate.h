#pragma once
#include <optional>

#include "core/context.h"
#include "core/transform.h"
#include "core/volume.h"

namespace sg::image {

/// How tissue brightness of the second acquisition follows from the first; u = intensity between the .5
/// and 99.5 per cent quantiles, 0…1. same: f(u) = u. t2: fluid bright, white matter dark, as T2 follows from
/// T1. inverted: f(u) = 1.05 − u. random: f through knots at u = .2, .4 … 1 drawn from .1…1. All but `same`
/// keep what is dark in the first (air) dark and are smooth (monotone cubics between knots).
enum class Contrast { same, t2, inverted, random };

struct AcquisitionOptions {
  double max_rotation = 20;  // degrees, of the whole rotation about its axis, 0…180
  double max_scale = .1;     // scales along x, y, z from 1 − max_scale to 1 + max_scale, 0…0.5
  double max_shear = .05;    // |xy|, |xz|, |yz|, 0…0.5
  double max_shift = 15;     // mm, length of the shift vector
  Contrast contrast = Contrast::t2;
  double bias = .3;              // amplitude of the bias field, 0…0.9
  double noise = 3;              // per cent of the 95th percentile of the noise-free signal, 0…100
  double spacing = 1.2;          // mm, isotropic, of the new grid
  double max_grid_rotation = 5;  // degrees, of the new grid's axes against the patient's, 0…180
};

/// What was drawn, so that the truth can be read in words.
struct DrawnMotion {
  Vec3 rotation;  // degrees, rotation vector (axis · angle), LPS
  Vec3 scale;     // along x, y, z
  Vec3 shear;     // xy, xz, yz
  Vec3 shift;     // mm, LPS
};

struct Acquisition {
  Volume<float> image;             // arbitrary units, brain about 0…1000
  std::optional<LabelMap> labels;  // if labels were given
  Affine truth;                    // maps points of the original to points of the acquisition
  DrawnMotion motion;
};

/// A second acquisition of the same object with known motion. With the centre c of the bright part:
///   T(x) = R·H·S·(x − c) + c + t    R: rotation about an axis uniform on the sphere, angle uniform in
///   0…max_rotation
///                                   H: unit upper triangular (shears), S: diagonal (scales), both uniform
///                                   t: direction uniform on the sphere, length uniform in 0…max_shift
///   s(y) = 1000 · f(u(T⁻¹(y))) · b(y)        cubic B-spline; smoothed first where the new voxels are larger
///   b = 1 + bias · n, n a sum of cosines cos(πi·x)·cos(πj·y)·cos(πk·z), i, j, k ≤ 2, with normal
///   coefficients damped by
///       1/(1 + i² + j² + k²), scaled to max|n| = 1
///   image = √((s + σ·e₁)² + (σ·e₂)²)         e₁, e₂ standard normal (Rician), σ = noise/100 · 95th
///   percentile of s > 0
/// on a grid of its own that holds the bright part with 8 mm to spare. So image(T(x)) shows what original(x)
/// shows. `original`: one channel, 3-D, finite. `labels`, if given, are carried along by nearest neighbour.
/// Draws through context.rng; the same seed gives the same result for any thread count. Throws invalid_input
/// for values outside the ranges above, 2-D or many-channel images, an image without contrast, voxels that
/// are not finite, and resource for a grid above 2^28 voxels. Noise model: Gudbjartsson & Patz 1995,
/// doi:10.1002/mrm.1910340618.
Acquisition simulate_acquisition(const Volume<float>& original, const LabelMap* labels,
                                 const AcquisitionOptions& options, const Context& context);

}  // namespace sg::image

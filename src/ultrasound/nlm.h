#pragma once
#include "core/context.h"
#include "core/volume.h"

/// Non-local means, slice by slice: blocks of (2·patch_radius + 1)² pixels around every `step`-th pixel of
/// every `step`-th row are replaced by Σ_j w_ij·B_j/Σ_j w_ij over the (2·search_radius + 1)² blocks around
/// them, and a pixel takes the mean of all blocks it lies in. A block itself takes the largest weight of the
/// others. Border mirrored. Cost: about 15 operations a pixel and displacement, in float32.
namespace sg::ultrasound {

struct ObnlmOptions {
  double looks = 1;
  double strength = 0;     // s > 0; 0: 1.2·L^(−0.6)
  double mean_ratio = -1;  // r in 0…1, 0: all blocks take part; negative: max(0.5, 1 − 0.3/√L)
  double gamma = 0.5;      // γ in 0…2
  double exponent = 0.5;   // p in 0.1…1: filtered is f^p
  int patch_radius = 3, search_radius = 6, step = 2;
};

/// Optimized Bayesian non-local means (Coupé, Hellier, Kervrann & Barillot 2009,
/// doi:10.1109/TIP.2009.2024064), on a = f^p: w_ij = exp(−d_ij/h²), d_ij the mean over the block of
/// (a_i − a_j)²/a_j^{2γ} (Pearson distance, for noise of standard deviation ∝ a^γ), h² = s·p²·(2/L)·m^{2−2γ},
/// m the mean of a; blocks whose means differ by more than the factor r^p weigh nothing. Back: f =
/// (a/e)^{1/p}, e = E[n^p] = Γ(L+p)/(Γ(L)·L^p). The method was made for displayed envelopes, hence p = ½ by
/// default: squares of intensities are too heavy-tailed for it. In the divisor a counts at least a thousandth
/// of m. A constant image is returned as it is. Throws invalid_input
/// for what require_intensity and require_looks refuse and for options outside their ranges (patch_radius
/// 1…20, search_radius 1…50, step 1…patch_radius).
Volume<float> obnlm(const Volume<float>& image, const ObnlmOptions& options, const Context& context = {});

struct NlMeansOptions {
  double strength = 0.4;         // of the first pass, > 0
  double second_strength = 0.2;  // of the second; 0: no second pass
  int patch_radius = 3, search_radius = 10, step = 2;
};

/// Non-local means for white Gaussian noise of standard deviation sigma (Buades, Coll & Morel 2005,
/// doi:10.1109/CVPR.2005.38): w_ij = exp(−max(0, d_ij − 2σ²)/(s·σ)²), d_ij the mean squared difference of the
/// blocks, s = strength. A second pass takes d_ij (without 2σ²) from the result of the first and averages the
/// noisy blocks anew. Values may be negative. sigma = 0 returns the image. Throws invalid_input for a sigma
/// that is not finite and ≥ 0, no voxels, more than one channel, a value that is not finite, or options
/// outside their ranges (as above).
Volume<float> nl_means(const Volume<float>& image, double sigma, const NlMeansOptions& options = {},
                       const Context& context = {});

}  // namespace sg::ultrasound

#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/context.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// How the time of the diffusion is cut into steps. explicit_euler: steps of at most `step`, the reference,
/// keeps within the smallest and largest value. aos: additive operator splitting (Weickert, ter Haar Romeny &
/// Viergever 1998, doi:10.1109/83.661190), stable and within those values whatever the step. fed: fast
/// explicit diffusion (Grewenig, Weickert & Bruhn 2010, doi:10.1007/978-3-642-15986-2_54), cycles of explicit
/// steps some of which are far beyond the limit, stable at the end of each; small overshoots. All conserve
/// the mean. What is said of values holds for D = g; a tensor's mixed derivatives overshoot a little.
enum class Scheme { explicit_euler, aos, fed };

/// ∂u/∂t = div(D·∇u), no flux through the border, u(0) = image. D is a number g or, in 2-D with fed or
/// explicit_euler and unless along = across = 1, a tensor that smooths more along edges than across them:
///   D = g^(1 + (across − 1)·c)·nnᵀ + g^(1 + (along − 1)·c)·(I − nnᵀ),   c = √((λ₁ − λ₂)/(λ₁ + λ₂))
/// n the unit eigenvector of λ₁ ≥ λ₂, the eigenvalues of the structure tensor J = G_ρₜ ∗ (∇u_σ∇u_σᵀ) of the
/// relative gradient that r is the length of (Weickert 1998, Anisotropic diffusion in image processing, with
/// c in the exponent, so that D = g where there is no direction). And
///   g = α(s)·(1 + r²/k²)^(−p(s)),   r² = G_ρ ∗ (|∇u_σ|/(M·s^κ))²,   s = min(u_σ/M, 1),
///   p = p₀ + (p₁ − p₀)·s^q   the region indicator as variable exponent: p = 1 is Perona–Malik, which keeps
///                            edges, p = ½ Charbonnier, which smooths
///   α = 2·s^ν/(1 + s^ν)      little where it is dark             (ν = 0: α = 1)
///   k = min(k_share, k_median·median r), so that weaker and weaker edges are kept as speckle goes
/// u_σ = Gaussian of σ pixels of u, M = a high quantile of u_σ. κ makes what counts as an edge grow with the
/// grey level, as speckle does (s is taken as 0.02 at least there); ρ is the width of the window over which a
/// gradient is an edge's and not a grain's. D is renewed at every step (AOS, explicit) or cycle (FED).
/// Doubly degenerate diffusion (Zhou et al. 2015, doi:10.1109/TIP.2014.2376185: κ = ρ = k_median = 0,
/// p₀ = p₁) and the variable exponent (ν = 0 besides) are special cases. Lengths are in pixels along x;
/// spacing along y and z counts relative to it. Defaults by experiment, see docs/adr/0012-despeckling.md.
struct DiffusionLaw {
  double sigma = 0.6;                    // px, above 0
  double rho = 1.5;                      // px
  double k_share = 0.02;                 // above 0
  double k_median = 0.5;                 // 0: k = k_share
  double kappa = 0.875;                  // 0 to 2
  double nu = 0;                         // 0 to 4
  double q = 2;                          // above 0
  double p_dark = 0.9, p_bright = 0.65;  // 0 to 2
  double quantile = 0.995;               // that is M
  double along = 0.6, across = 1.3;      // 0 to 2
  double rho_tensor = 2.5;               // px, on means of 2 × 2 pixels
};

struct DiffusionSteps {
  Scheme scheme = Scheme::fed;
  // explicit: ≤ 0.25 in 2-D, ≤ 1/6 in 3-D; aos: any; fed: time of a cycle. 0: 0.2, 0.15; 2; 2
  double step = 0;
  double growth = 1;  // each step (not of explicit_euler) over the one before, 1 to 2
};

/// Diffusion as a process: `advance` moves time on, `image` is u now. Values must be finite.
class Diffusion {
 public:
  Diffusion(const Volume<float>& image, const DiffusionLaw& law, const DiffusionSteps& steps);

  /// One step (a cycle of fed), or less if `most` time is less. Returns the time it took.
  double advance(double most = 1e300);
  const Volume<float>& image() const { return u_; }
  /// M as the last step used it, 0 before the first.
  double level() const { return level_; }
  double time() const { return time_; }

 private:
  bool directed() const;
  void renew_diffusivity();
  void explicit_step(double tau);
  void aos_step(double tau);

  DiffusionLaw law_;
  DiffusionSteps steps_;
  Volume<float> u_, next_, d_;  // d: g, or D_xx, D_yy, D_xy
  double weight_y_ = 1, weight_z_ = 1, time_ = 0, level_ = 0;
};

/// The steps τᵢ of a FED cycle that takes `time` with steps around `limit` (the largest stable one),
/// reordered so that rounding does not build up.
std::vector<double> fed_cycle(double time, double limit);

}  // namespace sg::ultrasound

#pragma once
#include "core/context.h"
#include "core/rng.h"
#include "core/volume.h"

namespace sg {

/// Fully developed speckle in intensity: f = u·n, n ~ Gamma(shape L, scale 1/L), mean 1 and variance 1/L,
/// drawn anew for every voxel (Goodman 2007, Speckle phenomena in optics). L = 1, one look, is the
/// exponential law. The result is neither clipped nor rounded. Each row draws from its own fork of `rng`, so
/// it does not depend on the thread count. Throws invalid_input for looks that are not positive and finite.
Volume<float> add_speckle(const Volume<float>& intensity, double looks, const Rng& rng,
                          const Context& context = {});

/// Speckle as a scanner makes it: white complex Gaussian scatterers of variance u, blurred by a separable
/// Gaussian point-spread function of full widths at half maximum `fwhm_x`, `fwhm_y` (pixels; 0 = none),
/// squared modulus, mean of `looks` independent fields. Neighbours are correlated by
/// exp(−d²·4 ln 2/fwhm²); mean intensity u where u is constant. 2-D, looks a whole number of 1 or more.
struct CorrelatedSpeckle {
  int looks = 1;
  double fwhm_x = 3.5, fwhm_y = 1.75;
};
Volume<float> add_correlated_speckle(const Volume<float>& intensity, const CorrelatedSpeckle& options,
                                     const Rng& rng, const Context& context = {});

/// Of ε = ln n: mean ψ(L) − ln L, the bias of a mean of logarithms, and variance ψ₁(L).
double log_speckle_mean(double looks);
double log_speckle_variance(double looks);
/// The L whose log_speckle_variance is this one. Variance > 0.
double looks_of_log_variance(double variance);

}  // namespace sg

#pragma once
#include <functional>

#include "core/context.h"
#include "core/volume.h"

/// Any denoiser for white Gaussian noise as a despeckler of intensities. z = ln max(f, m/1280), m the mean of
/// the image (a floor of 0.1 for one of mean 128). Both throw invalid_input for what require_intensity and
/// require_looks refuse, and internal where a denoiser gives back another shape. An image of zeros is
/// returned as it is.
namespace sg::ultrasound {

/// Gives back an image of the same shape, freed of noise of standard deviation sigma. Values may be negative.
using GaussianDenoiser = std::function<Volume<float>(const Volume<float>& image, double sigma)>;
/// nl_means with its own options; what an empty GaussianDenoiser stands for below.
GaussianDenoiser default_denoiser();

/// û = exp(D(z, √ψ₁(L)) − (ψ(L) − ln L)): speckle taken as Gaussian after the logarithm, whose mean is
/// subtracted on the way back (Arsenault & April 1976, doi:10.1364/JOSA.66.001160).
Volume<float> log_domain(const Volume<float>& image, double looks, const GaussianDenoiser& denoiser = {},
                         const Context& context = {});

struct MulogOptions {
  int iterations = 6, newton_steps = 10;  // 1 or more
  double rho = 0;                         // ρ > 0; 0: L
};

/// The logarithm with its own likelihood (MuLoG: Deledalle, Denis, Tabti & Tupin 2017,
/// doi:10.1109/TIP.2017.2713946): minimises Σ L·(x + e^{z−x}) + φ(x) by ADMM, from x = z − (ψ(L) − ln L), d =
/// 0: y ← D(x + d, 1/√ρ), d ← d + x − y, x ← argmin L·(x + e^{z−x}) + ½ρ(x − y + d)² by Newton steps x ← x −
/// (ρ(x − v) + L(1 − e^{z−x}))/(ρ + L·e^{z−x}), v = y − d, |z − x| ≤ 20 in the exponent.
///
/// Gives back e^y of the last iteration. Published is ρ = (1 + 2/L)/ψ₁(L), for denoisers that act as the
/// proximal map of one prior at every σ. Non-local means do not: told less noise than there is they leave it,
/// and L, the precision of the data at x = z, serves them better.
Volume<float> mulog(const Volume<float>& image, double looks, const GaussianDenoiser& denoiser = {},
                    const MulogOptions& options = {}, const Context& context = {});

}  // namespace sg::ultrasound

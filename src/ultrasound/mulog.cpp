#include "ultrasound/mulog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "core/speckle.h"
#include "ultrasound/intensity.h"
#include "ultrasound/nlm.h"

namespace sg::ultrasound {
namespace {

/// body(i) for every voxel.
template <class Body>
void each(const Volume<float>& image, const Body& body) {
  parallel_for(
      image.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) body(i);
      },
      {}, 4096);
}

Volume<float> logarithm(const Volume<float>& image) {
  const double least = mean_of(image) / 1280;
  Volume<float> z(image.grid());
  each(z, [&](std::int64_t i) {
    z.data()[i] = static_cast<float>(std::log(std::max(least, double{image.data()[i]})));
  });
  return z;
}

Volume<float> exponential(const Volume<float>& z, double shift) {
  Volume<float> image(z.grid());
  each(z,
       [&](std::int64_t i) { image.data()[i] = static_cast<float>(std::exp(double{z.data()[i]} + shift)); });
  return image;
}

Volume<float> denoised(const GaussianDenoiser& denoiser, const Volume<float>& image, double sigma) {
  Volume<float> result = denoiser ? denoiser(image, sigma) : nl_means(image, sigma);
  if (result.grid().size != image.grid().size || result.channels() != 1)
    throw Error(ErrorCode::internal, "the denoiser gave back an image of another shape");
  return result;
}

void require(const Volume<float>& image, double looks) {
  require_looks(looks);
  require_intensity(image);
}

/// argmin over x of L·(x + e^{z−x}) + ½ρ(x − v)², from x = v.
struct Proximal {
  double looks, rho;
  int steps;
  double operator()(double z, double v) const {
    double x = v;
    for (int n = 0; n < steps; ++n) {
      const double e = looks * std::exp(std::clamp(z - x, -20.0, 20.0));
      x -= (rho * (x - v) + looks - e) / (rho + e);
    }
    return x;
  }
};

}  // namespace

GaussianDenoiser default_denoiser() {
  return [](const Volume<float>& image, double sigma) { return nl_means(image, sigma); };
}

Volume<float> log_domain(const Volume<float>& image, double looks, const GaussianDenoiser& denoiser,
                         const Context& context) {
  require(image, looks);
  if (is_constant(image)) return image.clone();
  context.progress(0);
  return exponential(denoised(denoiser, logarithm(image), std::sqrt(log_speckle_variance(looks))),
                     -log_speckle_mean(looks));
}

Volume<float> mulog(const Volume<float>& image, double looks, const GaussianDenoiser& denoiser,
                    const MulogOptions& options, const Context& context) {
  require(image, looks);
  if (options.iterations < 1 || options.newton_steps < 1 || !(options.rho >= 0))
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("{} iterations, {} Newton steps, rho {}: expected 1 or more, 1 or more, 0 or more",
                    options.iterations, options.newton_steps, options.rho));
  if (is_constant(image)) return image.clone();
  const Volume<float> z = logarithm(image);
  const double rho = options.rho > 0 ? options.rho : looks;
  const Proximal proximal{looks, rho, options.newton_steps};
  Volume<float> x = z.clone(), dual(z.grid()), sum(z.grid());
  const auto bias = static_cast<float>(log_speckle_mean(looks));
  each(x, [&](std::int64_t i) { x.data()[i] -= bias; });
  for (int k = 1;; ++k) {
    context.progress(static_cast<double>(k - 1) / options.iterations);
    each(sum, [&](std::int64_t i) { sum.data()[i] = x.data()[i] + dual.data()[i]; });
    const Volume<float> y = denoised(denoiser, sum, 1 / std::sqrt(rho));
    if (k == options.iterations) return exponential(y, 0);
    each(y, [&](std::int64_t i) {
      dual.data()[i] = sum.data()[i] - y.data()[i];
      const double v = double{y.data()[i]} - double{dual.data()[i]};
      x.data()[i] = static_cast<float>(proximal(double{z.data()[i]}, v));
    });
  }
}

}  // namespace sg::ultrasound

#include "ultrasound/grey_diffusion.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "core/smooth.h"
#include "core/speckle.h"
#include "ultrasound/compression.h"

namespace sg::ultrasound {
namespace {

/// −(ψ(L) − ln L) of the L with ψ₁(L) = variance, by a table: the inverse takes a microsecond and more.
class BiasOfVariance {
 public:
  BiasOfVariance() {
    for (std::size_t i = 0; i < table_.size(); ++i) {
      const double variance =
          std::max(1e-4, most * static_cast<double>(i) / static_cast<double>(table_.size() - 1));
      table_[i] = -log_speckle_mean(looks_of_log_variance(variance));
    }
    table_[0] = 0;
  }
  double operator()(double variance) const {
    const double at = std::clamp(variance / most, 0.0, 1.0) * static_cast<double>(table_.size() - 1);
    const std::size_t i = std::min(static_cast<std::size_t>(at), table_.size() - 2);
    return table_[i] + (at - static_cast<double>(i)) * (table_[i + 1] - table_[i]);
  }

 private:
  static constexpr double most = 8;  // a third of a look
  std::array<double, 801> table_{};
};

}  // namespace

GreyDiffused diffuse_grey(const Volume<float>& grey, const GreyDiffusion& options, const Context& context) {
  constexpr double per_grain = 0.45, shortest = 2, longest = 60;
  const DiffusionLaw law{.sigma = 1,
                         .k_share = 1.5 * options.edge,
                         .kappa = 0,
                         .p_dark = 1,
                         .p_bright = 1,
                         .along = 1,
                         .across = 1};
  const bool plain = options.scheme == Scheme::explicit_euler;
  Diffusion diffusion(grey, law, {options.scheme, plain ? 0.0 : 0.5, 1.2});
  const double end =
      options.time > 0 ? options.time : std::clamp(per_grain * options.grain, shortest, longest);
  while (diffusion.time() < end * (1 - 1e-9)) {
    context.progress(diffusion.time() / end);
    diffusion.advance(end - diffusion.time());
  }
  return {diffusion.image().clone(), diffusion.time()};
}

Volume<float> mean_intensity(const Volume<float>& grey, const Volume<float>& found, const Mask& tissue,
                             double compression, const Context& context) {
  static const BiasOfVariance bias;
  constexpr int radius = 10;
  Volume<float> intensity = decompress(found, compression, context);
  Volume<float> inside(grey.grid()), rest(grey.grid()), square(grey.grid());
  for (std::int64_t i = 0; i < rest.size(); ++i) {
    inside.data()[i] = tissue.data()[i] != 0 ? 1 : 0;
    rest.data()[i] =
        inside.data()[i] * static_cast<float>(2 / compression) * (grey.data()[i] - found.data()[i]);
    square.data()[i] = rest.data()[i] * rest.data()[i];
  }
  for (Volume<float>* each : {&inside, &rest, &square}) box_mean_into(*each, {radius, radius, 0}, *each);
  parallel_for(intensity.size(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const double share = inside.data()[i];
      if (!(share > 0)) continue;
      const double mean = rest.data()[i] / share, variance = square.data()[i] / share - mean * mean;
      intensity.data()[i] *= static_cast<float>(std::exp(bias(std::max(0.0, variance))));
    }
  });
  return intensity;
}

}  // namespace sg::ultrasound

#include "core/speckle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/special.h"

namespace sg {
namespace {

/// Standard deviation of a Gaussian of that full width at half maximum.
double sigma_of(double fwhm) { return fwhm / (2 * std::sqrt(2 * std::log(2.0))); }

/// A Gaussian with Σ weights² = 1, so that blurred white noise keeps its variance.
std::vector<double> unit_energy_gaussian(double sigma) {
  if (!(sigma > 0)) return {1};
  const int radius = std::max(1, static_cast<int>(std::ceil(4 * sigma)));
  std::vector<double> weights;
  double energy = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * (i / sigma) * (i / sigma)));
    energy += weights.back() * weights.back();
  }
  for (double& w : weights) w /= std::sqrt(energy);
  return weights;
}

/// Along lines of `n` values `stride` apart; beyond the ends there are no scatterers.
void blur_lines(std::vector<double>& values, std::int64_t lines, std::int64_t step, std::int64_t n,
                std::int64_t stride, const std::vector<double>& weights) {
  if (weights.size() == 1) return;
  const auto radius = static_cast<std::int64_t>(weights.size() / 2);
  parallel_for(lines, [&](std::int64_t begin, std::int64_t end) {
    std::vector<double> line(static_cast<std::size_t>(n));
    for (std::int64_t l = begin; l < end; ++l) {
      double* at = values.data() + l * step;
      for (std::int64_t i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = at[i * stride];
      for (std::int64_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::int64_t j = std::max<std::int64_t>(0, i - radius); j <= std::min(n - 1, i + radius); ++j)
          sum += weights[static_cast<std::size_t>(j - i + radius)] * line[static_cast<std::size_t>(j)];
        at[i * stride] = sum;
      }
    }
  });
}

}  // namespace

Volume<float> add_speckle(const Volume<float>& intensity, double looks, const Rng& rng,
                          const Context& context) {
  if (!(looks > 0 && std::isfinite(looks)))
    throw Error(ErrorCode::invalid_input, fmt::format("looks is {}, expected more than 0", looks), "looks");
  Volume<float> noisy = intensity.clone();
  const std::int64_t width = intensity.grid().size[0];
  parallel_for(
      intensity.size() / std::max<std::int64_t>(1, width),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          Rng own = rng.fork(static_cast<std::uint64_t>(row));
          for (std::int64_t x = 0; x < width; ++x)
            noisy.data()[row * width + x] *= static_cast<float>(own.gamma(looks) / looks);
        }
      },
      context);
  return noisy;
}

Volume<float> add_correlated_speckle(const Volume<float>& intensity, const CorrelatedSpeckle& options,
                                     const Rng& rng, const Context& context) {
  if (!intensity.grid().is_2d() || intensity.channels() != 1)
    throw Error(ErrorCode::invalid_input, "correlated speckle is made for one 2-D image of one channel");
  if (options.looks < 1)
    throw Error(ErrorCode::invalid_input, fmt::format("looks is {}, expected 1 or more", options.looks),
                "looks");
  const std::int64_t width = intensity.grid().size[0], height = intensity.grid().size[1];
  const auto along_x = unit_energy_gaussian(sigma_of(options.fwhm_x)),
             along_y = unit_energy_gaussian(sigma_of(options.fwhm_y));
  Volume<float> sum(intensity.grid());
  std::vector<double> field(static_cast<std::size_t>(intensity.size()));
  // Real and imaginary part are two real fields, each with half the variance.
  for (int part = 0; part < 2 * options.looks; ++part) {
    context.check();
    for (std::int64_t y = 0; y < height; ++y) {
      Rng own = rng.fork(static_cast<std::uint64_t>(part) * static_cast<std::uint64_t>(height) +
                         static_cast<std::uint64_t>(y));
      for (std::int64_t x = 0; x < width; ++x) {
        const double u = std::max(0.0F, intensity.at(x, y, 0));
        field[static_cast<std::size_t>(y * width + x)] = std::sqrt(0.5 * u) * own.normal();
      }
    }
    blur_lines(field, height, width, width, 1, along_x);
    blur_lines(field, width, 1, height, width, along_y);
    for (std::size_t i = 0; i < field.size(); ++i)
      sum.data()[i] += static_cast<float>(field[i] * field[i] / options.looks);
  }
  return sum;
}

double log_speckle_mean(double looks) { return digamma(looks) - std::log(looks); }
double log_speckle_variance(double looks) { return trigamma(looks); }

double looks_of_log_variance(double variance) {
  if (!(variance > 0))
    throw Error(ErrorCode::invalid_input, fmt::format("variance is {}, expected more than 0", variance));
  // ψ₁ falls from ∞ to 0: halve the interval of ln L.
  double low = 1e-6, high = 1e12;
  for (int i = 0; i < 200; ++i) {
    const double middle = std::sqrt(low * high);
    (trigamma(middle) > variance ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace sg

#include "ultrasound/nlm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "ultrasound/block_means.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound {
namespace {

void require_range(const char* field, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {} to {}", field, value, low, high),
                field);
}

void require_blocks(int patch_radius, int search_radius, int step) {
  require_range("patch_radius", patch_radius, 1, 20);
  require_range("search_radius", search_radius, 1, 50);
  require_range("step", step, 1, patch_radius);
}

/// Value by value.
template <class Function>
Volume<float> map(const Volume<float>& image, const Function& function) {
  Volume<float> result(image.grid());
  parallel_for(
      image.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          result.data()[i] = static_cast<float>(function(double{image.data()[i]}));
      },
      {}, 4096);
  return result;
}

void require(const ObnlmOptions& options) {
  require_looks(options.looks);
  require_blocks(options.patch_radius, options.search_radius, options.step);
  require_range("strength", options.strength, 0, 1e6);
  require_range("mean_ratio", options.mean_ratio, -1, 1);
  require_range("gamma", options.gamma, 0, 2);
  require_range("exponent", options.exponent, 0.1, 1);
}

}  // namespace

Volume<float> obnlm(const Volume<float>& image, const ObnlmOptions& options, const Context& context) {
  require(options);
  require_intensity(image);
  if (is_constant(image)) return image.clone();
  const double p = options.exponent, looks = options.looks;
  const double strength = options.strength > 0 ? options.strength : 1.2 * std::pow(looks, -0.6);
  const double ratio =
      options.mean_ratio >= 0 ? options.mean_ratio : std::max(0.5, 1 - 0.3 / std::sqrt(looks));
  // In units of the mean, so that the strength needs none and nothing overflows.
  const double unit = mean_of(image);
  const Volume<float> a = map(image, [&](double f) { return std::pow(f / unit, p); });
  const double mean = mean_of(a);
  const Volume<float> scale =
      map(a, [&](double v) { return std::pow(std::max(v, 1e-3 * mean), -2 * options.gamma); });
  const double h2 = strength * p * p * 2 / looks * std::pow(mean, 2 - 2 * options.gamma);
  detail::BlockMeans how;
  how.patch_radius = options.patch_radius;
  how.search_radius = options.search_radius;
  how.step = options.step;
  how.slope = static_cast<float>(1 / h2);
  how.mean_ratio = static_cast<float>(std::pow(ratio, p));
  const Volume<float> found = detail::block_means({a, a, &scale}, how, context);
  const double bias = std::exp(std::lgamma(looks + p) - std::lgamma(looks) - p * std::log(looks));
  return map(found, [&](double v) { return unit * std::pow(v / bias, 1 / p); });
}

Volume<float> nl_means(const Volume<float>& image, double sigma, const NlMeansOptions& options,
                       const Context& context) {
  if (image.empty() || image.channels() != 1)
    throw Error(ErrorCode::invalid_input, "non-local means take one channel of at least one voxel", "image");
  for (const float v : image.values())
    if (!std::isfinite(v))
      throw Error(ErrorCode::invalid_input, fmt::format("a voxel is {}, expected finite values", v), "image");
  require_range("sigma", sigma, 0, 1e30);
  require_blocks(options.patch_radius, options.search_radius, options.step);
  require_range("strength", options.strength, 1e-3, 1e3);
  require_range("second_strength", options.second_strength, 0, 1e3);
  if (sigma == 0) return image.clone();
  // In units of σ.
  const Volume<float> noisy = map(image, [&](double v) { return v / sigma; });
  detail::BlockMeans how;
  how.patch_radius = options.patch_radius;
  how.search_radius = options.search_radius;
  how.step = options.step;
  how.offset = 2;
  how.slope = static_cast<float>(1 / (options.strength * options.strength));
  const bool twice = options.second_strength > 0;
  Volume<float> found = detail::block_means({noisy, noisy}, how, twice ? context.part(0, 0.5) : context);
  if (twice) {
    how.offset = 0;
    how.slope = static_cast<float>(1 / (options.second_strength * options.second_strength));
    found = detail::block_means({noisy, found}, how, context.part(0.5, 1));
  }
  return map(found, [&](double v) { return v * sigma; });
}

}  // namespace sg::ultrasound

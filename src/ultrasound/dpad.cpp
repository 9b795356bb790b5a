#include "ultrasound/dpad.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/stats.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound {
namespace {

/// q² = unbiased variance / mean² over the window cut at the borders; 0 where the mean is 0.
void local_variation(const Volume<float>& u, int radius, Volume<float>& square, Volume<float>& mean,
                     Volume<float>& q2) {
  const auto [width, height, depth] = u.grid().size;
  for (std::int64_t i = 0; i < u.size(); ++i) square.data()[i] = u.data()[i] * u.data()[i];
  box_mean_into(u, {radius, radius, 0}, mean);
  box_mean_into(square, {radius, radius, 0}, square);
  parallel_for(height * depth, [&, w = width, h = height](std::int64_t begin, std::int64_t end) {
    const auto inside = [&](std::int64_t at, std::int64_t n) {
      return std::min(n - 1, at + radius) - std::max<std::int64_t>(0, at - radius) + 1;
    };
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t x = 0; x < w; ++x) {
        const std::int64_t i = row * w + x, count = inside(x, w) * inside(row % h, h);
        const float m = mean.data()[i] * mean.data()[i];
        const float unbiased = count > 1 ? static_cast<float>(count) / static_cast<float>(count - 1) : 0;
        q2.data()[i] = m > 0 ? std::max(0.0F, square.data()[i] / m - 1) * unbiased : 0;
      }
  });
}

/// q² becomes c, slice by slice, with the median of a slice as q₀².
void coefficients(Volume<float>& q2) {
  const std::int64_t count = q2.grid().size[0] * q2.grid().size[1];
  for (std::int64_t z = 0; z < q2.grid().size[2]; ++z) {
    const std::span<float> slice(q2.data() + z * count, static_cast<std::size_t>(count));
    const auto noise = static_cast<float>(quantile(std::span<const float>(slice), 0.5));
    // (1 + 1/q²)/(1 + 1/q₀²) without dividing by a q of 0: q² ≤ q₀² is the clamped case.
    for (float& v : slice) v = v <= noise ? 1 : (v + 1) * noise / (v * (noise + 1));
  }
}

}  // namespace

Diffused dpad(const Volume<float>& image, const DpadOptions& options, const IterateObserver& observer,
              const Context& context) {
  require_looks(options.looks);
  if (!(options.step > 0 && options.step <= 0.25))
    throw Error(ErrorCode::invalid_input,
                fmt::format("step is {}, expected more than 0 and at most 0.25", options.step), "step");
  if (options.radius < 1 || options.radius > 100)
    throw Error(ErrorCode::invalid_input, fmt::format("radius is {}, expected 1 to 100", options.radius),
                "radius");
  detail::require_iterations(options);
  require_intensity(image);
  if (is_constant(image)) return {image.clone()};
  Volume<float> c(image.grid()), square(image.grid()), mean(image.grid());
  const auto advance = [&](int, const Volume<float>& u, Volume<float>& next) {
    local_variation(u, options.radius, square, mean, c);
    coefficients(c);
    detail::flux_step(u, c, static_cast<float>(options.step), 0, next);
  };
  return detail::iterate(image, image.clone(), options.looks, options, advance, observer, context);
}

}  // namespace sg::ultrasound

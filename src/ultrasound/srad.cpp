#include "ultrasound/srad.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound {
namespace {

struct Noise {
  float q0_squared;
  float scale;  // 1/(q₀²(1 + q₀²))
};
Noise noise_at(double looks, double time) {
  const double q0_squared = std::exp(-time / 3) / looks;
  return {static_cast<float>(q0_squared), static_cast<float>(1 / (q0_squared * (1 + q0_squared)))};
}

inline float coefficient(float u, float north, float south, float west, float east, Noise noise) {
  const float n = north - u, s = south - u, w = west - u, e = east - u;
  const float inverse = 1 / u;
  const float g2 = (n * n + s * s + w * w + e * e) * inverse * inverse;
  const float laplace = (n + s + w + e) * inverse;
  const float divisor = 1 + laplace / 4;
  const float q2 = std::max(0.0F, g2 / 2 - laplace * laplace / 16) / (divisor * divisor);
  // The divisor stays positive: (q² − q₀²)/(q₀²(1 + q₀²)) ≥ −1/(1 + q₀²) > −1.
  return std::min(1.0F, 1 / (1 + (q2 - noise.q0_squared) * noise.scale));
}

void coefficients(const Volume<float>& u, const detail::Rows& rows, Noise noise, Volume<float>& c) {
  parallel_for(
      rows.count,
      [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t width = rows.width;
        for (std::int64_t row = begin; row < end; ++row) {
          const float *here = u.data() + row * width, *above = u.data() + rows.north(row) * width,
                      *below = u.data() + rows.south(row) * width;
          float* out = c.data() + row * width;
          const auto at = [&](std::int64_t x, std::int64_t west, std::int64_t east) {
            out[x] = coefficient(here[x], above[x], below[x], here[west], here[east], noise);
          };
          at(0, 0, std::min<std::int64_t>(1, width - 1));
          for (std::int64_t x = 1; x < width - 1; ++x)
            out[x] = coefficient(here[x], above[x], below[x], here[x - 1], here[x + 1], noise);
          if (width > 1) at(width - 1, width - 2, width - 1);
        }
      },
      {}, rows.grain());
}

}  // namespace

Diffused srad(const Volume<float>& image, const SradOptions& options, const IterateObserver& observer,
              const Context& context) {
  require_looks(options.looks);
  if (!(options.step > 0 && options.step <= 0.25))
    throw Error(ErrorCode::invalid_input,
                fmt::format("step is {}, expected more than 0 and at most 0.25", options.step), "step");
  detail::require_iterations(options);
  require_intensity(image);
  Volume<float> start = image.clone();
  if (is_constant(image)) return {std::move(start)};
  const auto floor = static_cast<float>(mean_of(image) / 128), least = floor * 1e-3F;
  for (float& v : start.values()) v = std::max(v, floor);
  Volume<float> c(image.grid());
  const detail::Rows rows(image.grid());
  const auto advance = [&](int iteration, const Volume<float>& u, Volume<float>& next) {
    coefficients(u, rows, noise_at(options.looks, options.step * iteration), c);
    detail::flux_step(u, c, static_cast<float>(options.step), least, next);
  };
  return detail::iterate(image, std::move(start), options.looks, options, advance, observer, context);
}

}  // namespace sg::ultrasound

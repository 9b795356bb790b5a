#include "ultrasound/local_filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound {
namespace {

void require(const Volume<float>& image, int radius) {
  require_intensity(image);
  if (radius < 1 || radius > 100)
    throw Error(ErrorCode::invalid_input, fmt::format("radius is {}, expected 1 to 100", radius), "radius");
}

struct LocalStatistics {
  Volume<float> mean;
  Volume<float> variation;  // C_f², 0 where the mean is 0
};
LocalStatistics local_statistics(const Volume<float>& image, int radius, const Context& context) {
  LocalStatistics local{box_mean(image, {radius, radius, 0}, context), Volume<float>(image.grid())};
  float* square = local.variation.data();
  for (std::int64_t i = 0; i < image.size(); ++i) square[i] = image.data()[i] * image.data()[i];
  box_mean_into(local.variation, {radius, radius, 0}, local.variation, context);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const float m = local.mean.data()[i] * local.mean.data()[i];
    square[i] = m > 0 ? std::max(0.0F, square[i] / m - 1) : 0;
  }
  return local;
}

/// μ + k(C_f²)·(f − μ).
template <class Gain>
Volume<float> linear_estimate(const Volume<float>& image, int radius, const Gain& gain,
                              const Context& context) {
  require(image, radius);
  LocalStatistics local = local_statistics(image, radius, context);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    float& mean = local.mean.data()[i];
    const float variation = local.variation.data()[i];
    const double k = variation > 0 ? std::clamp(gain(double{variation}), 0.0, 1.0) : 0;
    mean += static_cast<float>(k) * (image.data()[i] - mean);
  }
  return std::move(local.mean);
}

/// Offsets of the window grouped by their distance: one exponential serves all of a group.
struct Ring {
  double distance;
  std::vector<std::pair<std::int64_t, std::int64_t>> offsets;
};
std::vector<Ring> rings_of(int radius) {
  std::vector<Ring> by_square(static_cast<std::size_t>(2 * radius * radius + 1));
  for (std::int64_t y = -radius; y <= radius; ++y)
    for (std::int64_t x = -radius; x <= radius; ++x) {
      Ring& ring = by_square[static_cast<std::size_t>(x * x + y * y)];
      ring.distance = std::sqrt(static_cast<double>(x * x + y * y));
      ring.offsets.emplace_back(x, y);
    }
  std::erase_if(by_square, [](const Ring& ring) { return ring.offsets.empty(); });
  return by_square;
}

}  // namespace

Volume<float> lee(const Volume<float>& image, double looks, int radius, const Context& context) {
  require_looks(looks);
  return linear_estimate(
      image, radius, [looks](double variation) { return 1 - 1 / (looks * variation); }, context);
}

Volume<float> kuan(const Volume<float>& image, double looks, int radius, const Context& context) {
  require_looks(looks);
  const double noise = 1 / looks;
  return linear_estimate(
      image, radius, [noise](double variation) { return (1 - noise / variation) / (1 + noise); }, context);
}

Volume<float> frost(const Volume<float>& image, double looks, double damping, int radius,
                    const Context& context) {
  require_looks(looks);
  require(image, radius);
  if (!(damping >= 0 && std::isfinite(damping)))
    throw Error(ErrorCode::invalid_input, fmt::format("damping is {}, expected 0 or more", damping),
                "damping");
  const LocalStatistics local = local_statistics(image, radius, context);
  const double strength = damping > 0 ? damping : 0.4 * looks;
  const std::vector<Ring> rings = rings_of(radius);
  const auto [width, height, depth] = image.grid().size;
  Volume<float> result(image.grid());
  const auto estimate = [&, w = width, h = height](std::int64_t row, std::int64_t x) {
    const std::int64_t y = row % h;
    const double slope = strength * double{local.variation.data()[row * w + x]};
    double sum = 0, weights = 0;
    for (const Ring& ring : rings) {
      double ring_sum = 0;
      int count = 0;
      for (const auto& [dx, dy] : ring.offsets) {
        if (x + dx < 0 || x + dx >= w || y + dy < 0 || y + dy >= h) continue;
        ring_sum += double{image.data()[(row + dy) * w + x + dx]};
        ++count;
      }
      const double weight = std::exp(-slope * ring.distance);
      sum += weight * ring_sum;
      weights += weight * count;
    }
    return static_cast<float>(sum / weights);
  };
  parallel_for(
      height * depth,
      [&, w = width](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t x = 0; x < w; ++x) result.data()[row * w + x] = estimate(row, x);
      },
      context);
  return result;
}

}  // namespace sg::ultrasound

#include "ultrasound/local_filters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

using namespace test;

struct Window {
  double mean = 0, variation = 0;
};
Window window_at(const Volume<float>& image, std::int64_t x, std::int64_t y) {
  double sum = 0, square = 0, count = 0;
  for (std::int64_t j = std::max<std::int64_t>(0, y - 3); j <= std::min(image.grid().size[1] - 1, y + 3); ++j)
    for (std::int64_t i = std::max<std::int64_t>(0, x - 3); i <= std::min(image.grid().size[0] - 1, x + 3);
         ++i) {
      const double v = image.at(i, j, 0);
      sum += v;
      square += v * v;
      ++count;
    }
  const double m = sum / count;
  return {m, (square / count - m * m) / (m * m)};
}

TEST(LocalFilters, AreTheirPlainDoubleLoops) {
  const Volume<float> noisy = add_speckle(phantom(21, 19), 3, Rng(6));
  const Volume<float> by_lee = lee(noisy, 3), by_kuan = kuan(noisy, 3), by_frost = frost(noisy, 3, 1.5);
  for (std::int64_t y = 0; y < 19; ++y)
    for (std::int64_t x = 0; x < 21; ++x) {
      const Window w = window_at(noisy, x, y);
      const double f = noisy.at(x, y, 0), k = 1 - 1 / (3 * w.variation);
      EXPECT_NEAR(by_lee.at(x, y, 0), w.mean + std::clamp(k, 0.0, 1.0) * (f - w.mean), 1e-3);
      EXPECT_NEAR(by_kuan.at(x, y, 0), w.mean + std::clamp(k / (1 + 1.0 / 3), 0.0, 1.0) * (f - w.mean), 1e-3);
      double sum = 0, weights = 0;
      for (std::int64_t j = std::max<std::int64_t>(0, y - 3); j <= std::min<std::int64_t>(18, y + 3); ++j)
        for (std::int64_t i = std::max<std::int64_t>(0, x - 3); i <= std::min<std::int64_t>(20, x + 3); ++i) {
          const double weight = std::exp(-1.5 * w.variation *
                                         std::hypot(static_cast<double>(i - x), static_cast<double>(j - y)));
          sum += weight * noisy.at(i, j, 0);
          weights += weight;
        }
      EXPECT_NEAR(by_frost.at(x, y, 0), sum / weights, 1e-3);
    }
}

TEST(LocalFilters, RefuseBadWindowsAndDamping) {
  EXPECT_THROW(lee(phantom(8, 8), 1, 0), Error);
  EXPECT_THROW(kuan(phantom(8, 8), 1, 101), Error);
  EXPECT_THROW(frost(phantom(8, 8), 1, -1), Error);
}

}  // namespace
}  // namespace sg::ultrasound

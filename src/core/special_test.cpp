#include "core/special.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/rng.h"

namespace sg {
namespace {

TEST(Special, DigammaAndTrigammaAtKnownPlaces) {
  constexpr double euler = 0.57721566490153286, basel = std::numbers::pi * std::numbers::pi / 6;
  EXPECT_NEAR(digamma(1), -euler, 1e-12);
  EXPECT_NEAR(digamma(2), 1 - euler, 1e-12);
  EXPECT_NEAR(digamma(0.5), -euler - 2 * std::numbers::ln2, 1e-12);
  EXPECT_NEAR(digamma(4), 1 + 1.0 / 2 + 1.0 / 3 - euler, 1e-12);
  EXPECT_NEAR(trigamma(1), basel, 1e-12);
  EXPECT_NEAR(trigamma(0.5), 3 * basel, 1e-12);
  EXPECT_NEAR(trigamma(4), basel - 1 - 1.0 / 4 - 1.0 / 9, 1e-12);
  EXPECT_TRUE(std::isnan(digamma(0)) && std::isnan(trigamma(-1)));
}

TEST(Special, AreTheSlopesOfTheLogOfTheGammaFunction) {
  for (const double x : {0.3, 1.7, 9.9, 10.1, 250.0}) {
    const double h = 1e-4 * x;
    EXPECT_NEAR(digamma(x), (std::lgamma(x + h) - std::lgamma(x - h)) / (2 * h),
                2e-7 * (1 + std::abs(digamma(x))));
    EXPECT_NEAR(trigamma(x), (digamma(x + h) - digamma(x - h)) / (2 * h), 2e-7 * (1 + trigamma(x)));
  }
}

TEST(Special, GammaDrawsHaveTheMomentsOfTheLaw) {
  constexpr int count = 200000;
  for (const double shape : {0.4, 1.0, 2.0, 10.0}) {
    Rng rng(7);
    double mean = 0, square = 0, logs = 0, log_squares = 0;
    for (int i = 0; i < count; ++i) {
      const double x = rng.gamma(shape);
      mean += x / count;
      square += x * x / count;
      logs += std::log(x) / count;
      log_squares += std::log(x) * std::log(x) / count;
    }
    // Within six standard errors.
    EXPECT_NEAR(mean, shape, 6 * std::sqrt(shape / count));
    EXPECT_NEAR(square - mean * mean, shape, 6 * shape * std::sqrt((2 + 6 / shape) / count));
    EXPECT_NEAR(logs, digamma(shape), 6 * std::sqrt(trigamma(shape) / count));
    EXPECT_NEAR(log_squares - logs * logs, trigamma(shape), 0.05 * trigamma(shape));
  }
}

}  // namespace
}  // namespace sg

#include "core/speckle.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "core/stats.h"

namespace sg {
namespace {

Volume<float> constant(std::int64_t width, std::int64_t height, float value) {
  Grid grid;
  grid.size = {width, height, 1};
  Volume<float> image(grid);
  for (float& v : image.values()) v = value;
  return image;
}

/// Correlation with the neighbour at (dx, dy).
double correlation_at(const Volume<float>& image, std::int64_t dx, std::int64_t dy) {
  std::vector<float> a, b;
  for (std::int64_t y = 0; y + dy < image.grid().size[1]; ++y)
    for (std::int64_t x = 0; x + dx < image.grid().size[0]; ++x) {
      a.push_back(image.at(x, y, 0));
      b.push_back(image.at(x + dx, y + dy, 0));
    }
  return correlation(a, b);
}

TEST(Speckle, HasTheMomentsOfTheGammaLawWhateverTheThreads) {
  const Volume<float> clean = constant(400, 400, 50);
  for (const double looks : {1.0, 2.5, 10.0}) {
    const Volume<float> noisy = add_speckle(clean, looks, Rng(3));
    const Summary found = summarize(std::span<const float>(noisy.values()));
    EXPECT_NEAR(found.mean, 50, 50 * 6 / std::sqrt(looks * 160000));
    EXPECT_NEAR(found.sd * found.sd / 2500, 1 / looks, 0.05 / looks);
    EXPECT_NEAR(correlation_at(noisy, 1, 0), 0, 0.015);
    EXPECT_NEAR(correlation_at(noisy, 0, 1), 0, 0.015);
    set_threads(1);
    const Volume<float> again = add_speckle(clean, looks, Rng(3));
    set_threads(0);
    EXPECT_TRUE(std::equal(noisy.data(), noisy.data() + noisy.size(), again.data()));
  }
  EXPECT_THROW(add_speckle(clean, 0, Rng(3)), Error);
}

TEST(Speckle, CorrelatedSpeckleHasTheWidthOfThePointSpread) {
  const Volume<float> noisy = add_correlated_speckle(constant(500, 500, 20), {2, 4, 2}, Rng(5));
  double sum = 0, square = 0, count = 0;
  for (std::int64_t y = 20; y < 480; ++y)
    for (std::int64_t x = 20; x < 480; ++x) {
      sum += noisy.at(x, y, 0);
      square += noisy.at(x, y, 0) * noisy.at(x, y, 0);
      ++count;
    }
  const double mean = sum / count;
  EXPECT_NEAR(mean, 20, 0.6);
  EXPECT_NEAR(square / count / mean / mean - 1, 0.5, 0.04);  // 1/L
  // The field's correlation is a Gaussian wider by √2; the intensity's is its square.
  const auto expected = [](double d, double fwhm) {
    return std::exp(-d * d * 4 * std::log(2.0) / (fwhm * fwhm));
  };
  EXPECT_NEAR(correlation_at(noisy, 1, 0), expected(1, 4), 0.03);
  EXPECT_NEAR(correlation_at(noisy, 3, 0), expected(3, 4), 0.05);
  EXPECT_NEAR(correlation_at(noisy, 0, 1), expected(1, 2), 0.03);
}

TEST(Speckle, LogMomentsAreThoseOfTheSpecialFunctions) {
  EXPECT_NEAR(log_speckle_mean(1), -0.577216, 1e-6);
  EXPECT_NEAR(log_speckle_mean(4), -0.130177, 1e-6);
  EXPECT_NEAR(log_speckle_variance(10), 0.105166, 1e-6);
  for (const double looks : {0.5, 1.0, 3.7, 40.0})
    EXPECT_NEAR(looks_of_log_variance(log_speckle_variance(looks)), looks, 1e-9 * looks);
}

}  // namespace
}  // namespace sg

#include "ultrasound/mulog.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

using namespace test;

/// Everything becomes the mean, the strongest denoiser there is.
Volume<float> flattened(const Volume<float>& image, double) {
  return constant(image.grid().size[0], image.grid().size[1], static_cast<float>(mean(image)));
}

TEST(LogDomain, TakesTheBiasOfTheLogarithmAway) {
  for (const double looks : {1.0, 3.0, 10.0}) {
    const Volume<float> noisy = add_speckle(constant(256, 256, 70), looks, Rng(3));
    double sigma = 0;
    const Volume<float> found = log_domain(noisy, looks, [&](const Volume<float>& z, double s) {
      sigma = s;
      return flattened(z, s);
    });
    EXPECT_DOUBLE_EQ(sigma, std::sqrt(log_speckle_variance(looks)));
    EXPECT_NEAR(found.data()[0] / 70, 1, 5 * sigma / 256);
  }
}

// Where all of x is one number, Σ L(x + e^{z−x}) is least at the logarithm of the mean of f; ADMM goes there.
TEST(Mulog, FindsTheMostLikelyConstant) {
  const Volume<float> noisy = add_speckle(constant(200, 200, 70), 2, Rng(3));
  MulogOptions options;
  options.iterations = 60;
  const Volume<float> found = mulog(noisy, 2, flattened, options);
  EXPECT_NEAR(found.data()[0] / mean(noisy), 1, 2e-3);
}

// Without prior (a denoiser that does nothing) the likelihood alone gives the image back.
TEST(Mulog, WithoutPriorGivesTheImageBack) {
  const Volume<float> noisy = add_speckle(phantom(20, 20), 4, Rng(3));
  MulogOptions options;
  options.iterations = 40;
  const Volume<float> found = mulog(
      noisy, 4, [](const Volume<float>& x, double) { return x.clone(); }, options);
  for (std::int64_t i = 0; i < noisy.size(); ++i)
    EXPECT_NEAR(found.data()[i], noisy.data()[i], 0.01 * (1 + noisy.data()[i]));
}

TEST(Mulog, RefusesBadOptionsAndDenoisers) {
  const Volume<float> image = phantom(10, 10);
  MulogOptions none;
  none.iterations = 0;
  EXPECT_THROW(mulog(image, 1, {}, none), Error);
  MulogOptions negative;
  negative.rho = -1;
  EXPECT_THROW(mulog(image, 1, {}, negative), Error);
  const auto other_shape = [](const Volume<float>&, double) { return constant(3, 3, 1); };
  EXPECT_THROW(mulog(image, 1, other_shape), Error);
  EXPECT_THROW(log_domain(image, 1, other_shape), Error);
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/grey_diffusion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/compression.h"
#include "ultrasound/region_quality.h"

namespace sg::ultrasound {
namespace {

Mask everywhere(const Grid& grid) {
  Mask mask(grid);
  std::fill_n(mask.data(), mask.size(), std::uint8_t{1});
  return mask;
}

/// A bright and a dark half, 20 dB apart, as a scanner with a blur of a few pixels shows them.
Volume<float> halves(double looks, std::uint64_t seed) {
  Grid grid;
  grid.size = {128, 96, 1};
  Volume<float> intensity(grid);
  for (std::int64_t y = 0; y < 96; ++y)
    for (std::int64_t x = 0; x < 128; ++x) intensity.at(x, y, 0) = x < 64 ? 40.0F : 0.4F;
  const CorrelatedSpeckle speckle{static_cast<int>(looks), 2.5, 1.5};
  return recompress(add_correlated_speckle(intensity, speckle, Rng(seed)), compression_of(60));
}

double mean_ratio(const Volume<float>& grey, const Volume<float>& intensity, const Box& box) {
  const Volume<float> noisy = decompress(grey, compression_of(60));
  return ratio_statistics(noisy, intensity, mask_of(grey.grid(), box), 1e-30).mean;
}

TEST(GreyDiffusion, TheRatioOfIntensitiesHasMeanOne) {
  for (const double looks : {1.0, 4.0}) {
    const Volume<float> grey = halves(looks, 3);
    const GreyDiffused found = diffuse_grey(grey, {});
    const Volume<float> mean = mean_intensity(grey, found.grey, everywhere(grey.grid()), compression_of(60));
    for (const std::int64_t x : {8, 76}) {
      const Box box{x, 8, 44, 80, 0};
      EXPECT_NEAR(mean_ratio(grey, mean, box), 1, 0.03) << looks << " looks at " << x;
      // Without the correction, the bias of the logarithm shows.
      EXPECT_GT(mean_ratio(grey, decompress(found.grey, compression_of(60)), box), looks == 1 ? 1.25 : 1.05);
    }
  }
}

TEST(GreyDiffusion, SmoothsHalvesAndKeepsTheBorder) {
  const Volume<float> grey = halves(1, 5);
  const GreyDiffused found = diffuse_grey(grey, {});
  for (const std::int64_t x : {8, 76}) {
    const Box box{x, 8, 44, 80, 0};
    EXPECT_GT(equivalent_looks(values_in(found.grey, box)), 4 * equivalent_looks(values_in(grey, box))) << x;
    const double before = summarize(std::span<const float>(values_in(grey, box))).mean,
                 after = summarize(std::span<const float>(values_in(found.grey, box))).mean;
    EXPECT_NEAR(after, before, 1.5);
  }
  Mask border(grey.grid());
  for (std::int64_t y = 4; y < 92; ++y) border.at(63, y, 0) = border.at(64, y, 0) = 1;
  EXPECT_GT(edge_gradient_kept(grey, found.grey, border), 0.9);
}

TEST(GreyDiffusion, TakesItsTimeFromTheGrain) {
  const Volume<float> grey = halves(1, 7);
  EXPECT_NEAR(diffuse_grey(grey, {.grain = 20}).time, 9, 1e-6);
  EXPECT_NEAR(diffuse_grey(grey, {.grain = 1}).time, 2, 1e-6);
  EXPECT_NEAR(diffuse_grey(grey, {.grain = 1000}).time, 60, 1e-6);
  EXPECT_NEAR(diffuse_grey(grey, {.time = 3.3, .grain = 20}).time, 3.3, 1e-6);
}

TEST(GreyDiffusion, NothingTakenAwayNothingCorrected) {
  const Volume<float> grey = halves(1, 9);
  const Volume<float> same = mean_intensity(grey, grey, everywhere(grey.grid()), compression_of(60)),
                      plain = decompress(grey, compression_of(60));
  for (std::int64_t i = 0; i < same.size(); ++i)
    ASSERT_NEAR(same.data()[i], plain.data()[i], 1e-6 * plain.data()[i]);
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/phantom.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "core/error.h"

namespace sg::ultrasound {
namespace {

std::map<std::int32_t, std::int64_t> counts(const LabelMap& labels) {
  std::map<std::int32_t, std::int64_t> found;
  for (const std::int32_t label : labels.voxels.values()) ++found[label];
  return found;
}

TEST(Phantom, TissueHasAllPartsAndIsTheSameForTheSameSeed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Phantom phantom = tissue_phantom({300, 400}, 0.1, Rng(seed));
    const auto found = counts(phantom.labels);
    ASSERT_EQ(found.size(), 5U) << "seed " << seed;
    const auto tumour = found.at(static_cast<std::int32_t>(PhantomPart::tumour));
    EXPECT_GT(tumour, 1500) << seed;  // radius 30…45 px, irregular
    EXPECT_LT(tumour, 12000) << seed;
    for (const float v : phantom.echogenicity.values()) ASSERT_GT(v, 0);
    const Phantom again = tissue_phantom({300, 400}, 0.1, Rng(seed));
    EXPECT_TRUE(std::ranges::equal(phantom.echogenicity.values(), again.echogenicity.values()));
    const Phantom other = tissue_phantom({300, 400}, 0.1, Rng(seed + 100));
    EXPECT_FALSE(std::ranges::equal(phantom.echogenicity.values(), other.echogenicity.values()));
  }
  EXPECT_THROW(tissue_phantom({30, 400}, 0.1, Rng(1)), Error);
  EXPECT_THROW(tissue_phantom({300, 400}, 0, Rng(1)), Error);
}

TEST(Phantom, LowContrastDiscsHaveTheirRadiiAndStep) {
  for (const double background : {20.0, 60.0, 120.0, 200.0}) {
    const LowContrastDiscs phantom = low_contrast_discs(background, Rng(4));
    const auto all = counts(phantom.discs), inner = counts(phantom.inner);
    const double radii[] = {12, 20, 30, 40};
    for (std::int32_t k = 1; k <= 4; ++k) {
      const double r = radii[k - 1], pi = std::numbers::pi;
      EXPECT_NEAR(static_cast<double>(all.at(k)), pi * r * r, 0.02 * pi * r * r);
      EXPECT_NEAR(static_cast<double>(inner.at(k)), pi * (r - 3) * (r - 3), 0.08 * pi * r * r);
    }
    std::int64_t outside = 0;
    for (std::int64_t i = 0; i < phantom.clean.size(); ++i) {
      const bool disc = phantom.discs.voxels.data()[i] != 0;
      ASSERT_EQ(phantom.clean.data()[i], static_cast<float>(background + (disc ? 5 : 0)));
      ASSERT_FALSE(disc && phantom.background.data()[i]);
      outside += phantom.background.data()[i];
    }
    EXPECT_GT(outside, 50000);
  }
  EXPECT_THROW(low_contrast_discs(253, Rng(1)), Error);
  EXPECT_THROW(low_contrast_discs(-1, Rng(1)), Error);
  EXPECT_THROW(low_contrast_discs(20, Rng(1), 5, 9), Error);
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/diffusion_filter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/rng.h"
#include "core/smooth.h"
#include "core/speckle.h"

namespace sg::ultrasound {
namespace {

/// Discs of several greys on a slope.
Volume<float> scene(std::int64_t size) {
  Grid grid;
  grid.size = {size, size, 1};
  Volume<float> image(grid);
  for (std::int64_t y = 0; y < size; ++y)
    for (std::int64_t x = 0; x < size; ++x) {
      float value = 40 + 60 * static_cast<float>(x) / static_cast<float>(size);
      for (const auto& [cx, cy, r, grey] :
           {std::array<double, 4>{.3, .3, .15, 180}, {.7, .35, .2, 20}, {.5, .75, .18, 120}})
        if (std::hypot(static_cast<double>(x) / static_cast<double>(size) - cx,
                       static_cast<double>(y) / static_cast<double>(size) - cy) < r)
          value = static_cast<float>(grey);
      image.at(x, y, 0) = value;
    }
  return image;
}

double psnr(const Volume<float>& a, const Volume<float>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += std::pow(a.data()[i] - b.data()[i], 2);
  return 10 * std::log10(255 * 255 * static_cast<double>(a.size()) / sum);
}

TEST(EstimateSpeckle, FindsTheLooksOfAScene) {
  const Volume<float> clean = scene(256);
  for (const double looks : {1.0, 2.0, 4.0, 10.0, 30.0}) {
    const SpeckleEstimate found = estimate_speckle(add_speckle(clean, looks, Rng(4)));
    EXPECT_NEAR(found.looks / looks, 1, 0.08) << looks;
    EXPECT_TRUE(found.reliable);
    EXPECT_EQ(found.stride, (std::array<int, 2>{1, 1}));
    EXPECT_NEAR(found.correlation[0], 0, 0.1);
  }
}

TEST(EstimateSpeckle, SeesThatNeighboursAreCorrelated) {
  const SpeckleEstimate found = estimate_speckle(add_correlated_speckle(scene(256), {2, 4, 2}, Rng(4)));
  EXPECT_NEAR(found.looks / 2, 1, 0.15);
  EXPECT_GT(found.correlation[0], 0.7);
  EXPECT_GT(found.correlation[1], 0.3);
  EXPECT_GE(found.stride[0], 3);
  EXPECT_GE(found.stride[1], 2);
}

TEST(EstimateSpeckle, LooksOnlyWhereTheMaskSays) {
  Volume<float> noisy = add_speckle(scene(256), 4, Rng(4));
  const Volume<float> quiet = add_speckle(scene(256), 100, Rng(5));
  Mask mask(noisy.grid());
  for (std::int64_t y = 0; y < 256; ++y)
    for (std::int64_t x = 0; x < 256; ++x)
      if (x < 128)
        mask.at(x, y, 0) = 1;
      else
        noisy.at(x, y, 0) = quiet.at(x, y, 0);
  EXPECT_NEAR(estimate_speckle(noisy, &mask).looks, 4, 0.4);
  EXPECT_GT(estimate_speckle(noisy).looks, 20);
}

TEST(EstimateSpeckle, SaysWhenThereIsTooLittleToSee) {
  Grid grid;
  for (const std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{1, 1, 1}, {1, 60, 1}, {5, 5, 1}}) {
    grid.size = size;
    Volume<float> image(grid);
    for (float& value : image.values()) value = 5;
    EXPECT_FALSE(estimate_speckle(image).reliable);
  }
  Volume<float> negative(grid);
  negative.data()[3] = -1;
  EXPECT_THROW(estimate_speckle(negative), Error);
}

TEST(DiffusionFilter, FindsItsStopWithoutBeingTold) {
  const Volume<float> clean = scene(200);
  for (const double looks : {1.0, 4.0, 10.0}) {
    const Volume<float> noisy = add_speckle(clean, looks, Rng(9));
    const DiffusionOutcome outcome = filter_by_diffusion(noisy, {});
    EXPECT_TRUE(outcome.reached) << looks;
    EXPECT_GT(psnr(outcome.image, clean), psnr(noisy, clean) + 8) << looks;
    double best = 0;
    for (double time = outcome.time / 8; time < 8 * outcome.time; time *= 1.3) {
      DiffusionFilter fixed;
      fixed.time = time;
      best = std::max(best, psnr(filter_by_diffusion(noisy, fixed).image, clean));
    }
    EXPECT_LT(best - psnr(outcome.image, clean), 0.6) << looks;
    const auto mean = [](const Volume<float>& image) {
      return std::accumulate(image.values().begin(), image.values().end(), 0.0);
    };
    EXPECT_NEAR(mean(outcome.image) / mean(noisy), 1, 1e-6);
  }
}

TEST(DiffusionFilter, DoesNothingToAConstantAndLittleToACleanImage) {
  Grid grid;
  grid.size = {32, 32, 1};
  Volume<float> flat(grid);
  for (float& value : flat.values()) value = 77;
  const DiffusionOutcome same = filter_by_diffusion(flat, {});
  EXPECT_TRUE(std::equal(flat.data(), flat.data() + flat.size(), same.image.data()));
  const Volume<float> clean = gaussian(scene(128), {0.8, 0.8, 0});
  DiffusionFilter told;
  told.looks = 1e6;
  EXPECT_GT(psnr(filter_by_diffusion(clean, told).image, clean), 38);
}

TEST(DiffusionFilter, TakesZerosSmallAndDeepImages) {
  Volume<float> dotted = add_speckle(scene(64), 1, Rng(2));
  for (std::int64_t i = 0; i < dotted.size(); i += 3) dotted.data()[i] = 0;
  const DiffusionOutcome of_dots = filter_by_diffusion(dotted, {});
  for (const float value : of_dots.image.values()) EXPECT_TRUE(std::isfinite(value));
  Grid grid;
  for (const std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{1, 40, 1}, {3, 2, 1}, {24, 20, 12}}) {
    grid.size = size;
    Volume<float> image(grid);
    for (float& value : image.values()) value = 100;
    const Volume<float> noisy = add_speckle(image, 4, Rng(2));
    const DiffusionOutcome outcome = filter_by_diffusion(noisy, {});
    EXPECT_LT(psnr(noisy, image), psnr(outcome.image, image));
    for (const float value : outcome.image.values()) EXPECT_TRUE(std::isfinite(value));
  }
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/quality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "ultrasound/edges.h"
#include "ultrasound/intensity.h"
#include "ultrasound/region_quality.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

using namespace test;

Volume<float> row(const std::vector<float>& values) {
  Volume<float> image = constant(std::ssize(values), 1, 0);
  std::copy(values.begin(), values.end(), image.data());
  return image;
}

TEST(Quality, PsnrAndMeanErrorByHand) {
  // Clipped to 255 and 0: errors 5, 10, 0, 3.
  const Volume<float> clean = row({250, 10, 30, 7}), found = row({900, -4, 30, 10});
  EXPECT_NEAR(psnr(found, clean), 10 * std::log10(65025 / ((25 + 100 + 0 + 9) / 4.0)), 1e-12);
  EXPECT_NEAR(mean_absolute_error(found, clean), 18 / 4.0, 1e-12);
  EXPECT_TRUE(std::isinf(psnr(clean, clean)));
}

/// The mean structural similarity in the window around one pixel, by its definition.
double plain_ssim(const Volume<float>& a, const Volume<float>& b, std::int64_t x, std::int64_t y) {
  const auto at = [](const Volume<float>& image, std::int64_t i, std::int64_t j) {
    return double{image.at(mirrored(i, image.grid().size[0]), mirrored(j, image.grid().size[1]), 0)};
  };
  double weights = 0, ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
  for (int j = -5; j <= 5; ++j)
    for (int i = -5; i <= 5; ++i) {
      const double w = std::exp(-(i * i + j * j) / (2 * 1.5 * 1.5));
      const double va = std::clamp(at(a, x + i, y + j), 0.0, 255.0), vb = at(b, x + i, y + j);
      weights += w;
      ma += w * va;
      mb += w * vb;
      aa += w * va * va;
      bb += w * vb * vb;
      ab += w * va * vb;
    }
  for (double* sum : {&ma, &mb, &aa, &bb, &ab}) *sum /= weights;
  const double c1 = 6.5025, c2 = 58.5225;
  return (2 * ma * mb + c1) * (2 * (ab - ma * mb) + c2) /
         ((ma * ma + mb * mb + c1) * (aa - ma * ma + bb - mb * mb + c2));
}

TEST(Quality, SsimIsItsDefinition) {
  for (const auto& [width, height] : std::vector<std::pair<int, int>>{{24, 15}, {3, 9}, {1, 1}}) {
    const Volume<float> clean = phantom(width, height), found = add_speckle(clean, 3, Rng(2));
    const Volume<float> map = ssim_map(found, clean);
    double sum = 0, low = 0, count = 0;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const double expected = plain_ssim(found, clean, x, y);
        ASSERT_NEAR(map.at(x, y, 0), expected, 1e-6);
        sum += expected;
        if (clean.at(x, y, 0) >= 64) continue;
        low += expected;
        ++count;
      }
    const Ssim all = ssim(found, clean);
    EXPECT_NEAR(all.mean, sum / (width * height), 1e-6);
    if (count > 0) {
      EXPECT_NEAR(all.low_grey, low / count, 1e-6);
    }
  }
  EXPECT_NEAR(ssim(phantom(), phantom()).mean, 1, 1e-7);
  EXPECT_TRUE(std::isnan(ssim(constant(4, 4, 90), constant(4, 4, 90)).low_grey));
}

// Pixels next to the clean edges kept, all others spoilt: only the measure of the whole notices.
TEST(Quality, EdgePreservation) {
  const Volume<float> clean = phantom(), noisy = add_speckle(clean, 10, Rng(2));
  EXPECT_NEAR(edge_preservation(clean, clean), 1, 1e-6);
  EXPECT_NEAR(edge_preservation_near_edges(clean, clean), 1, 1e-6);
  Volume<float> halved = clean.clone();
  for (float& v : halved.values()) v = 0.5F * v + 20;
  EXPECT_NEAR(edge_preservation(halved, clean), 1, 1e-6);  // a correlation: scale and shift are free
  const Mask edge = edges(clean, edge_thresholds(clean));
  const Volume<float> distance = distance_to(edge);
  Volume<float> spoilt = clean.clone();
  for (std::int64_t i = 0; i < clean.size(); ++i)
    if (distance.data()[i] > 4) spoilt.data()[i] = noisy.data()[i];
  EXPECT_NEAR(edge_preservation_near_edges(spoilt, clean), 1, 1e-6);
  EXPECT_LT(edge_preservation(spoilt, clean), 0.999);
  EXPECT_TRUE(std::isnan(edge_preservation_near_edges(constant(9, 9, 5), constant(9, 9, 5))));
  EXPECT_TRUE(std::isnan(edge_preservation(constant(2, 2, 5), constant(2, 2, 5))));
}

TEST(Quality, EdgePreservationByHand) {
  // One inner pixel a column: Laplacians of the middle row.
  Volume<float> clean = constant(5, 3, 10), found = constant(5, 3, 10);
  clean.at(2, 1, 0) = 20;
  found.at(2, 1, 0) = 16;
  found.at(3, 1, 0) = 12;
  const std::vector<double> a = {6, -22, -2}, b = {10, -40, 10};
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < 3; ++i) ma += a[i] / 3, mb += b[i] / 3;
  for (std::size_t i = 0; i < 3; ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  EXPECT_NEAR(edge_preservation(found, clean), ab / std::sqrt(aa * bb), 1e-6);
}

Volume<float> step_at(std::int64_t column, std::int64_t width = 40, std::int64_t height = 30) {
  Volume<float> image = constant(width, height, 40);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = column; x < width; ++x) image.at(x, y, 0) = 160;
  return image;
}

TEST(Edges, OfAStepAreOneColumn) {
  const Volume<float> image = step_at(20);
  const Mask found = edges(image, edge_thresholds(image));
  std::int64_t columns = 0;
  for (std::int64_t x = 0; x < 40; ++x) {
    const bool set = found.at(x, 15, 0) != 0;
    columns += set;
    if (set) {
      EXPECT_TRUE(x == 19 || x == 20);
    }
    for (std::int64_t y = 1; y < 29; ++y) EXPECT_EQ(found.at(x, y, 0) != 0, set);
  }
  EXPECT_EQ(columns, 1);
}

TEST(Edges, OfADiscLieOnItsCircle) {
  Volume<float> image = constant(80, 80, 30);
  for (std::int64_t y = 0; y < 80; ++y)
    for (std::int64_t x = 0; x < 80; ++x)
      if (std::hypot(static_cast<double>(x - 40), static_cast<double>(y - 40)) <= 22) image.at(x, y, 0) = 130;
  const Mask found = edges(image, edge_thresholds(image));
  int count = 0;
  for (std::int64_t y = 0; y < 80; ++y)
    for (std::int64_t x = 0; x < 80; ++x) {
      if (found.at(x, y, 0) == 0) continue;
      ++count;
      EXPECT_NEAR(std::hypot(static_cast<double>(x - 40), static_cast<double>(y - 40)), 22, 1.5);
    }
  // A circle of 8-connected pixels has 4·√2·22 = 124, one of 4-connected ones 8·22 = 176; along diagonals the
  // largest come in pairs.
  EXPECT_GT(count, 115);
  EXPECT_LT(count, 180);
}

// Weak pixels count only where they hang on a strong one.
TEST(Edges, FollowWeakOnesFromStrongOnes) {
  Volume<float> image = step_at(20, 40, 60);
  for (std::int64_t y = 0; y < 60; ++y)
    for (std::int64_t x = 20; x < 40; ++x) image.at(x, y, 0) = 40 + 2 * static_cast<float>(y);
  const double high = 10, low = 4;
  const Mask joined = edges(image, {low, high}), strong = edges(image, {high, high});
  std::int64_t in_joined = 0, in_strong = 0;
  for (std::int64_t i = 0; i < joined.size(); ++i) {
    in_joined += joined.data()[i];
    in_strong += strong.data()[i];
  }
  EXPECT_GT(in_strong, 10);
  EXPECT_GT(in_joined, in_strong + 10);
  const Mask none = edges(image, {low, 1000});
  EXPECT_EQ(std::count(none.values().begin(), none.values().end(), 1), 0);
}

TEST(Edges, BlurKeepsTheMeanAndTheMoments) {
  Volume<double> image(constant(41, 41, 0).grid());
  image.at(20, 20, 0) = 1;
  const Volume<double> smooth = blurred(image, 1.5, 5);
  double sum = 0;
  for (const double v : smooth.values()) sum += v;
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_NEAR(smooth.at(22, 20, 0) / smooth.at(20, 20, 0), std::exp(-4 / 4.5), 1e-12);
  EXPECT_EQ(smooth.at(26, 20, 0), 0);
  EXPECT_THROW(blurred(image, 0, 5), Error);
}

TEST(Quality, FigureOfMeritOfAMovedEdge) {
  EXPECT_NEAR(figure_of_merit(step_at(20), step_at(20)), 1, 1e-12);
  EXPECT_NEAR(figure_of_merit(step_at(23), step_at(20)), 1 / (1 + 9 / 9.0), 1e-6);
  EXPECT_NEAR(figure_of_merit(step_at(21), step_at(20)), 1 / (1 + 1 / 9.0), 1e-6);
  EXPECT_EQ(figure_of_merit(constant(40, 30, 40), step_at(20)), 0);
  EXPECT_EQ(figure_of_merit(constant(40, 30, 40), constant(40, 30, 40)), 1);
}

TEST(Quality, RefusesWhatCannotBeCompared) {
  const Volume<float> a = phantom(9, 9), b = phantom(9, 8);
  for (const auto& measure : std::vector<std::function<double(const Volume<float>&, const Volume<float>&)>>{
           psnr, mean_absolute_error, edge_preservation,
           [](const auto&u, const auto&x) { return ssim(u, x).mean; },
           [](const auto&u, const auto&x) { return figure_of_merit(u, x); },
           [](const auto&u, const auto&x) { return edge_preservation_near_edges(u, x); }}) {
    EXPECT_THROW(measure(a, b), Error);
    EXPECT_THROW(measure(Volume<float>(), Volume<float>()), Error);
    Volume<float> bad = a.clone();
    bad.data()[3] = std::nanf("");
    EXPECT_THROW(measure(bad, a), Error);
    EXPECT_THROW(measure(a, bad), Error);
  }
}

TEST(RegionQuality, ByHand) {
  const std::vector<float> a = {1, 2, 3, 4}, b = {10, 12};  // means 2.5, 11; variances 1.25, 1
  EXPECT_NEAR(equivalent_looks(a), 6.25 / 1.25, 1e-12);
  EXPECT_NEAR(contrast_to_noise(a, b), 8.5 / std::sqrt(2.25), 1e-12);
  EXPECT_NEAR(speckle_suppression(a, b), (1.0 / 11) / (std::sqrt(1.25) / 2.5), 1e-12);
  EXPECT_NEAR(suppression_and_mean(a, b), 9.5 / std::sqrt(1.25), 1e-12);
  EXPECT_NEAR(generalized_contrast_to_noise(a, b), 1, 1e-12);
  EXPECT_NEAR(generalized_contrast_to_noise(a, a), 0, 1e-12);
  const std::vector<float> c = {1, 2, 300, 400};  // half of it in the bins of a
  EXPECT_NEAR(generalized_contrast_to_noise(a, c), 0.5, 1e-12);
  EXPECT_EQ(generalized_contrast_to_noise(std::vector<float>{5}, std::vector<float>{5, 5}), 0);
  EXPECT_TRUE(std::isinf(equivalent_looks(std::vector<float>{5, 5})));
  EXPECT_THROW(equivalent_looks(std::vector<float>{}), Error);
  EXPECT_THROW(equivalent_looks(std::vector<float>{1, std::nanf("")}), Error);
}

TEST(RegionQuality, LooksOfSpeckleAreItsLooks) {
  const Volume<float> noisy = add_speckle(constant(300, 300, 40), 4, Rng(2));
  EXPECT_NEAR(equivalent_looks(values_in(noisy, Box{20, 30, 250, 240})), 4, 0.1);
}

// Overlap of two Gaussians d standard deviations apart: 2Φ(−d/2).
TEST(RegionQuality, GeneralizedContrastOfTwoGaussians) {
  Rng rng(4);
  std::vector<float> a, b;
  for (int i = 0; i < 200000; ++i) {
    a.push_back(static_cast<float>(rng.normal()));
    b.push_back(static_cast<float>(rng.normal() + 1.5));
  }
  EXPECT_NEAR(generalized_contrast_to_noise(a, b), 1 - std::erfc(0.75 / std::sqrt(2.0)), 0.02);
}

TEST(RegionQuality, RatioOfSpeckleIsSpeckle) {
  const Volume<float> clean = phantom(200, 160), noisy = add_speckle(clean, 2, Rng(2));
  const RatioStatistics found = ratio_statistics(noisy, clean, mask_of(clean.grid(), {10, 10, 180, 140}));
  EXPECT_NEAR(found.mean, 1, 0.02);
  EXPECT_NEAR(found.variance, 0.5, 0.03);
  EXPECT_NEAR(found.correlation_x, 0, 0.03);
  EXPECT_NEAR(found.correlation_y, 0, 0.03);
}

TEST(RegionQuality, RatioCountsPairsWithinTheMask) {
  // Ratios 1 2 | 1 3: along x the pairs (1, 2), (1, 3); along y (1, 1), (2, 3). Two pairs: |correlation|
  // is 1.
  Volume<float> noisy = constant(3, 2, 500);
  noisy.at(0, 0, 0) = 2, noisy.at(1, 0, 0) = 4, noisy.at(0, 1, 0) = 2, noisy.at(1, 1, 0) = 6;
  const RatioStatistics found =
      ratio_statistics(noisy, constant(3, 2, 2), mask_of(noisy.grid(), {0, 0, 2, 2}));
  EXPECT_NEAR(found.mean, 7 / 4.0, 1e-6);
  EXPECT_NEAR(found.variance, 15 / 4.0 - 49 / 16.0, 1e-6);
  EXPECT_TRUE(std::isnan(found.correlation_x));  // the left ones are alike
  EXPECT_NEAR(found.correlation_y, 1, 1e-6);
  // Dark results count as the floor.
  EXPECT_NEAR(ratio_statistics(noisy, constant(3, 2, 0), mask_of(noisy.grid(), {2, 0, 1, 1})).mean, 500,
              1e-3);
}

TEST(RegionQuality, EdgeGradientOfAStep) {
  const Volume<float> image = step_at(20);
  Mask border(image.grid());
  for (std::int64_t y = 5; y < 25; ++y) border.at(20, y, 0) = 1;
  // Central difference of the step at its column: 60. Of the step smoothed with σ = 1 it is half the two
  // weights of the Gaussian that lie between columns 19 and 21.
  double sum = 0;
  for (int i = -3; i <= 3; ++i) sum += std::exp(-0.5 * i * i);
  const double smooth = 120 * (1 + std::exp(-0.5)) / sum / 2;
  EXPECT_NEAR(edge_gradient_kept(image, image, border), 60 / smooth, 1e-4);
  EXPECT_NEAR(edge_gradient_kept(image, constant(40, 30, 9), border), 0, 1e-12);
  EXPECT_THROW(edge_gradient_kept(image, image, Mask(image.grid())), Error);
}

TEST(RegionQuality, RefusesBoxesAndMasksThatDoNotFit) {
  const Volume<float> image = phantom(10, 8);
  for (const Box& box :
       {Box{0, 0, 0, 3}, Box{8, 0, 3, 3}, Box{-1, 0, 3, 3}, Box{0, 6, 3, 3}, Box{0, 0, 2, 2, 1}})
    EXPECT_THROW(mask_of(image.grid(), box), Error);
  EXPECT_THROW(values_in(image, Mask(phantom(9, 9).grid())), Error);
  EXPECT_THROW(ratio_statistics(image, phantom(9, 9), Mask(image.grid())), Error);
  EXPECT_THROW(ratio_statistics(image, image, mask_of(image.grid(), {0, 0, 3, 3}), 0), Error);
}

}  // namespace
}  // namespace sg::ultrasound

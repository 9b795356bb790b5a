#include "ultrasound/compression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/parallel.h"
#include "core/speckle.h"
#include "ultrasound/bmode.h"
#include "ultrasound/phantom.h"

namespace sg::ultrasound {
namespace {

Volume<float> grey_of_picture(const Volume<std::uint8_t>& picture) {
  Volume<float> grey(picture.grid());
  for (std::int64_t i = 0; i < grey.size(); ++i) grey.data()[i] = picture.data()[i];
  return grey;
}

Mask everywhere(const Grid& grid) {
  Mask mask(grid);
  for (std::uint8_t& v : mask.values()) v = 1;
  return mask;
}

Volume<float> flat(std::int64_t width, std::int64_t height, float value) {
  Grid grid;
  grid.size = {width, height, 1};
  Volume<float> image(grid);
  for (float& v : image.values()) v = value;
  return image;
}

BModeFrame tissue(std::uint64_t seed, double dynamic_range) {
  BMode scanner;
  scanner.dynamic_range = dynamic_range;
  scanner.white = dynamic_range * 25 / 60;
  scanner.attenuation = 0.5;
  scanner.compensation = 0.45;
  scanner.noise = 1e-4;
  return simulate_bmode(tissue_phantom({300, 400}, 0.1, Rng(seed)).echogenicity, scanner, Rng(seed));
}

TEST(Compression, IsTheLogarithmOfTheDisplay) {
  // 60 dB are a factor of 1000 in amplitude.
  EXPECT_NEAR(compression_of(60), 255 / std::log(1000), 1e-9);
  EXPECT_NEAR(dynamic_range_of(compression_of(47)), 47, 1e-9);
  EXPECT_THROW(compression_of(0), Error);
  const Volume<float> bright = decompress(flat(1, 1, 255), 30);
  EXPECT_NEAR(bright.data()[0], 255, 1e-4);
  const double d = compression_of(60);
  EXPECT_NEAR(decompress(flat(1, 1, 127.5), d).data()[0], 0.255, 1e-6);  // 30 dB down
}

TEST(Compression, ThereAndBackIsExact) {
  for (const double range : {20.0, 40.0, 60.0, 100.0}) {
    Volume<float> grey = flat(511, 1, 0);
    for (std::int64_t i = 0; i < 511; ++i) grey.data()[i] = 0.5F * static_cast<float>(i);
    const Volume<float> back = recompress(decompress(grey, compression_of(range)), compression_of(range));
    for (std::int64_t i = 0; i < 511; ++i) ASSERT_NEAR(back.data()[i], grey.data()[i], 1e-3);
  }
  const Volume<float> floor = recompress(flat(2, 1, 0), 30);
  EXPECT_NEAR(floor.data()[0], -255, 1e-3);
  EXPECT_THROW(decompress(flat(1, 1, 0), -1), Error);
  EXPECT_THROW(recompress(flat(1, 1, 0), NAN), Error);
}

TEST(Compression, EstimateFindsTheDynamicRangeOfSimulatedTissue) {
  for (const double range : {40.0, 60.0, 70.0})
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      const BModeFrame simulation = tissue(seed, range);
      const Volume<float> grey = grey_of_picture(simulation.picture);
      const auto found = estimate_compression(grey, everywhere(grey.grid()));
      ASSERT_TRUE(found);
      EXPECT_NEAR(found->compression / compression_of(range), 1, 0.07) << range << " " << seed;
      EXPECT_NEAR(found->dynamic_range, dynamic_range_of(found->compression), 1e-9);
      EXPECT_NEAR(found->spread, found->compression * std::numbers::pi / std::sqrt(24.0), 1e-9);
      const double equivalent = compression_of(60) / compression_of(range);
      EXPECT_NEAR(std::sqrt(looks_of_log_variance(log_speckle_variance(1) / (equivalent * equivalent))),
                  std::sqrt(found->looks_at_60), 0.1);
      EXPECT_GT(found->lag_x, 0.5);
      EXPECT_LT(found->lag_y, 0.4);
      EXPECT_TRUE(found->warnings.empty());
    }
}

TEST(Compression, CorrelatedSpeckleDoesNotFoolTheEstimate) {
  // A point spread ten pixels wide leaves few samples in a window.
  BMode scanner;
  scanner.f_number = 5;
  scanner.cycles = 4;
  Volume<float> u = flat(400, 400, 1);
  Grid grid = u.grid();
  grid.spacing = {0.1, 0.1, 1};
  u.set_grid(grid);
  const Volume<float> grey = grey_of_picture(simulate_bmode(u, scanner, Rng(8)).picture);
  const auto found = estimate_compression(grey, everywhere(grid));
  ASSERT_TRUE(found);
  EXPECT_LT(found->independent, 60);
  EXPECT_NEAR(found->compression / compression_of(60), 1, 0.1);
}

TEST(Compression, EstimateDoesNotDependOnThreadsAndKnowsWhenThereIsNothing) {
  const Volume<float> grey = grey_of_picture(tissue(1, 60).picture);
  const auto found = estimate_compression(grey, everywhere(grey.grid()));
  set_threads(1);
  const auto alone = estimate_compression(grey, everywhere(grey.grid()));
  set_threads(0);
  EXPECT_EQ(found->compression, alone->compression);
  EXPECT_FALSE(estimate_compression(flat(300, 300, 0), everywhere(flat(300, 300, 0).grid())));
  EXPECT_FALSE(estimate_compression(flat(300, 300, 255), everywhere(flat(300, 300, 0).grid())));
  EXPECT_FALSE(estimate_compression(flat(5, 5, 90), everywhere(flat(5, 5, 0).grid())));
  EXPECT_FALSE(estimate_compression(grey, Mask(grey.grid())));
  // Smoothed pictures are not plain speckle, and are said not to be.
  Volume<float> faint = grey.clone();
  for (float& v : faint.values()) v = 120 + 0.2F * (v - 120);
  const auto smooth = estimate_compression(faint, everywhere(faint.grid()));
  ASSERT_TRUE(smooth);
  EXPECT_EQ(smooth->warnings.size(), 1U);
  EXPECT_GT(smooth->looks_at_60, 5);
}

TEST(Compression, BoxesKeepTheRules) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Volume<float> grey = grey_of_picture(tissue(seed, 60).picture);
    Mask allowed = everywhere(grey.grid());
    for (std::int64_t y = 100; y < 150; ++y)
      for (std::int64_t x = 0; x < 300; ++x) allowed.at(x, y, 0) = 0;
    const auto boxes = homogeneous_boxes(grey, allowed);
    ASSERT_GE(boxes.size(), 2U);
    ASSERT_LE(boxes.size(), 5U);
    double last = 0;
    for (std::size_t k = 0; k < boxes.size(); ++k) {
      const Region& b = boxes[k];
      EXPECT_EQ(b.x1 - b.x0, 23);
      EXPECT_EQ(b.y1 - b.y0, 23);
      double sum = 0, squares = 0;
      for (std::int64_t y = b.y0; y <= b.y1; ++y)
        for (std::int64_t x = b.x0; x <= b.x1; ++x) {
          const double v = grey.at(x, y, 0);
          ASSERT_TRUE(allowed.at(x, y, 0) && v > 0 && v < 255);
          sum += v;
          squares += v * v;
        }
      const double mean = sum / 576, variation = std::sqrt(squares / 576 - mean * mean) / mean;
      EXPECT_GE(mean, 20);
      EXPECT_LE(mean, 220);
      EXPECT_GE(variation, last - 1e-9);
      last = variation;
      for (std::size_t other = 0; other < k; ++other)
        EXPECT_TRUE(std::abs(boxes[other].x0 - b.x0) >= 24 || std::abs(boxes[other].y0 - b.y0) >= 24);
    }
  }
  EXPECT_TRUE(homogeneous_boxes(flat(10, 10, 50), everywhere(flat(10, 10, 0).grid())).empty());
  EXPECT_TRUE(homogeneous_boxes(flat(50, 50, 250), everywhere(flat(50, 50, 0).grid())).empty());
  EXPECT_THROW(homogeneous_boxes(flat(50, 50, 9), everywhere(flat(51, 50, 0).grid())), Error);
  EXPECT_THROW(homogeneous_boxes(flat(50, 50, 9), everywhere(flat(50, 50, 0).grid()), 5, 1), Error);
}

TEST(Compression, SceneCutsAreAbrupt) {
  const Phantom first = tissue_phantom({200, 200}, 0.15, Rng(1)),
                second = tissue_phantom({200, 200}, 0.15, Rng(2));
  std::vector<Volume<float>> frames;
  for (std::uint64_t k = 0; k < 10; ++k) {
    BMode scanner;
    scanner.white = 25 + 0.3 * static_cast<double>(k);  // gain drifts, which is no cut
    const Phantom& seen = k < 6 ? first : second;
    frames.push_back(grey_of_picture(simulate_bmode(seen.echogenicity, scanner, Rng(k)).picture));
  }
  std::vector<double> changes;
  for (std::size_t k = 1; k < frames.size(); ++k) changes.push_back(frame_change(frames[k - 1], frames[k]));
  EXPECT_EQ(scene_cuts(changes), std::vector<std::size_t>{6});
  EXPECT_TRUE(scene_cuts({}).empty());
  EXPECT_NEAR(frame_change(frames[0], frames[0]), 0, 1e-6);
  EXPECT_EQ(frame_change(flat(20, 20, 1), flat(20, 20, 9)), 0);
  EXPECT_EQ(frame_change(flat(200, 200, 1), frames[0]), 1);
  EXPECT_THROW(frame_change(flat(20, 20, 1), flat(21, 20, 1)), Error);
}

}  // namespace
}  // namespace sg::ultrasound

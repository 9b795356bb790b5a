#include "ultrasound/temporal.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/despeckle.h"
#include "ultrasound/quality.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

constexpr std::int64_t side = 80;

/// A bright disc that moves `speed` px a frame over a grey ground; from frame `cut` on, something else.
Volume<float> scene(std::int64_t t, double speed, std::int64_t cut = 1000) {
  Volume<float> image = test::constant(side, side, 60);
  for (std::int64_t y = 0; y < side; ++y)
    for (std::int64_t x = 0; x < side; ++x) {
      const double dx = static_cast<double>(x) - 25 - speed * static_cast<double>(t);
      if (std::hypot(dx, static_cast<double>(y) - 40) < 12) image.at(x, y, 0) = 200;
      if (t >= cut) image.at(x, y, 0) = (x / 16 + y / 16) % 2 == 0 ? 30 : 220;
    }
  return image;
}

Volume<float> series_of(std::int64_t frames, double speed, double looks, std::int64_t cut = 1000) {
  Grid grid;
  grid.size = {side, side, 1};
  Volume<float> series(grid, frames, OuterAxis::time);
  for (std::int64_t t = 0; t < frames; ++t) {
    const Volume<float> frame =
        looks > 0 ? add_speckle(scene(t, speed, cut), looks, Rng(static_cast<std::uint64_t>(100 + t)))
                  : scene(t, speed, cut);
    std::copy_n(frame.data(), frame.size(), series.channel(t).data());
  }
  return series;
}

double variation(const Volume<float>& image, std::int64_t x0, std::int64_t x1) {
  std::vector<float> values;
  for (std::int64_t y = 60; y < side; ++y)
    for (std::int64_t x = x0; x < x1; ++x) values.push_back(image.at(x, y, 0));
  const Summary s = summarize(std::span<const float>(values));
  return s.sd / s.mean;
}

TEST(TemporalMean, AveragesSpeckleWhereNothingMoves) {
  const Volume<float> series = series_of(5, 0, 4);
  const Volume<float> found = temporal_mean(series, 2, {1, true}, {});
  // Five frames of four looks are twenty, less what the test of motion takes for change.
  const double cv = variation(found, 0, side);
  EXPECT_LT(1 / (cv * cv), 21);
  EXPECT_GT(1 / (cv * cv), 14);
  EXPECT_GT(psnr(found, scene(2, 0)), psnr(temporal_mean(series, 2, {0, true}, {}), scene(2, 0)) + 4);
}

TEST(TemporalMean, LeavesWhatMovesInItsPlace) {
  const Volume<float> moving = series_of(5, 8, 20);
  const Volume<float> found = temporal_mean(moving, 2, {1, true}, {});
  const Volume<float> alone = temporal_mean(moving, 2, {0, true}, {});
  EXPECT_GT(psnr(found, scene(2, 8)), psnr(alone, scene(2, 8)));
  Volume<float> blind = test::constant(side, side, 0);  // what averaging without a test would do
  for (std::int64_t i = 0; i < blind.size(); ++i)
    for (std::int64_t t = 0; t < 5; ++t)
      blind.data()[i] += moving.channel(t)[static_cast<std::size_t>(i)] / 5;
  EXPECT_GT(psnr(found, scene(2, 8)), psnr(blind, scene(2, 8)) + 6);
}

TEST(TemporalMean, NothingCrossesASceneCut) {
  const Volume<float> series = series_of(8, 0, 4, 4);
  const auto cuts = cuts_of(series);
  ASSERT_EQ(cuts, std::vector<std::size_t>{4});
  Volume<float> first = series_of(4, 0, 4);
  EXPECT_TRUE(test::same(temporal_mean(series, 3, {1, true}, cuts), temporal_mean(first, 3, {1, true}, {})));
}

TEST(TemporalMean, StaticFramesWithoutSpeckleStayBitForBit) {
  const Volume<float> series = series_of(5, 0, 0);
  for (const bool intensity : {false, true})
    EXPECT_TRUE(test::same(temporal_mean(series, 2, {1, intensity}, {}), scene(2, 0)));
  EXPECT_THROW(temporal_mean(series, 2, {1.5, true}, {}), Error);
}

TEST(TemporalMean, WhatIsNoTissueStaysOfItsOwnFrame) {
  Grid grid;
  grid.size = {side, side, 1};
  Volume<std::uint8_t> series(grid, 3, OuterAxis::time);
  const Volume<float> speckled = series_of(3, 0, 4);
  for (std::int64_t i = 0; i < series.size(); ++i) {
    const std::int64_t x = i % side, y = i / side % side;
    const bool outside = x < 8 || y < 8;
    const double grey = 60 + 37 * std::log(std::max(1.0F, speckled.data()[i]) / 60);
    series.data()[i] = static_cast<std::uint8_t>(outside ? 0 : std::clamp(grey, 10.0, 255.0));
  }
  for (std::int64_t t = 0; t < 3; ++t) series.at(2, 2, 0, t) = static_cast<std::uint8_t>(10 + t);
  Image image;
  image.voxels = series.clone();
  DespeckleOptions options;
  options.temporal = 1;
  const Despeckled found = despeckle(image, options);
  const auto& voxels = std::get<Volume<std::uint8_t>>(found.image.voxels);
  std::int64_t outside = 0;
  for (std::int64_t t = 0; t < 3; ++t)
    for (std::int64_t i = 0; i < side * side; ++i) {
      if (found.frames[static_cast<std::size_t>(t)].tissue.data()[i] != 0) continue;
      ++outside;
      ASSERT_EQ(voxels.channel(t)[static_cast<std::size_t>(i)],
                series.channel(t)[static_cast<std::size_t>(i)]);
    }
  EXPECT_GT(outside, 3 * side * 8);
}

TEST(TemporalMean, DespecklingASeriesGainsByIt) {
  Image image;
  image.voxels = series_of(5, 0, 2);
  DespeckleOptions options;
  options.method = Method::lee;
  const Despeckled each = despeckle(image, options);
  options.temporal = 1;
  const Despeckled together = despeckle(image, options);
  const auto middle = [](const Despeckled& d) {
    const auto& voxels = std::get<Volume<float>>(d.image.voxels);
    Volume<float> frame = test::constant(side, side, 0);
    std::copy_n(voxels.channel(2).data(), frame.size(), frame.data());
    return frame;
  };
  EXPECT_GT(psnr(middle(together), scene(2, 0)), psnr(middle(each), scene(2, 0)) + 1);
  // The ratio image is that of what was given, not of the mean.
  EXPECT_TRUE(test::same(together.frames[2].noisy, each.frames[2].noisy));
}

}  // namespace
}  // namespace sg::ultrasound

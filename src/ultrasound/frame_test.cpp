#include "ultrasound/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "core/error.h"
#include "core/parallel.h"
#include "ultrasound/bmode.h"
#include "ultrasound/phantom.h"

namespace sg::ultrasound {
namespace {

using Picture = Volume<std::uint8_t>;

Picture flat(std::int64_t width, std::int64_t height, std::uint8_t value, std::int64_t channels = 1) {
  Grid grid;
  grid.size = {width, height, 1};
  Picture picture(grid, channels);
  for (std::uint8_t& v : picture.values()) v = value;
  return picture;
}

/// Breast-like, blurred across the beam as pictures resized for display are.
BModeFrame simulated(double probe_radius, std::uint64_t seed = 3) {
  const Phantom phantom = tissue_phantom({360, 300}, probe_radius > 0 ? 0.2 : 0.1, Rng(seed));
  BMode scanner;
  scanner.probe_radius = probe_radius;
  scanner.focus = 15;
  scanner.frequency = probe_radius > 0 ? 4 : 7.5;
  scanner.f_number = 2.5;
  scanner.noise = 1e-3;
  return simulate_bmode(phantom.echogenicity, scanner, Rng(seed));
}

Picture rgb_of(const Picture& grey) {
  Picture picture(grey.grid(), 3);
  for (std::int64_t c = 0; c < 3; ++c) std::ranges::copy(grey.values(), picture.channel(c).begin());
  return picture;
}

AnyVolume any(const Picture& picture) { return picture.clone(); }

/// Draws a mark and notes where: a letter H, a cross or a dotted line.
struct Pen {
  Picture& picture;
  Mask drawn;
  explicit Pen(Picture& on) : picture(on), drawn(on.grid()) {}
  void dot(std::int64_t x, std::int64_t y, std::uint8_t value = 250) {
    for (std::int64_t c = 0; c < picture.channels(); ++c) picture.at(x, y, 0, c) = value;
    drawn.at(x, y, 0) = 1;
  }
  void letter(std::int64_t x, std::int64_t y) {
    for (std::int64_t j = 0; j < 10; ++j)
      for (std::int64_t i = 0; i < 8; ++i)
        if (i < 2 || i >= 6 || j == 4 || j == 5) dot(x + i, y + j);
  }
  void cross(std::int64_t x, std::int64_t y) {
    for (std::int64_t k = -4; k <= 4; ++k) dot(x + k, y), dot(x, y + k), dot(x + 1, y + k);
  }
};

double share(const Mask& of, const Mask& in) {
  double both = 0, all = 0;
  for (std::int64_t i = 0; i < of.size(); ++i)
    if (of.data()[i]) ++all, both += in.data()[i] != 0;
  return both / all;
}

double overlap(const Mask& a, const Mask& b) {
  double both = 0, sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    both += a.data()[i] && b.data()[i], sum += a.data()[i] + b.data()[i];
  return 2 * both / sum;
}

TEST(Frame, FindsTheSectorOfAConvexProbeAndTheTextBesideIt) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const BModeFrame simulation = simulated(20, seed);
    Picture picture = simulation.picture.clone();
    Pen pen(picture);
    for (std::int64_t k = 0; k < 6; ++k) pen.letter(4 + 10 * k, 4);
    const Frame frame = frame_of(any(picture));
    EXPECT_TRUE(frame.sector_found);
    EXPECT_GT(overlap(frame.sector, simulation.sector), 0.985) << seed;
    EXPECT_EQ(share(pen.drawn, frame.overlay), 1) << seed;
    EXPECT_EQ(share(pen.drawn, frame.sector), 0) << seed;
  }
}

TEST(Frame, FindsMarksInTheTissueAndFillsThemIn) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const BModeFrame simulation = simulated(0, seed);
    Picture picture = simulation.picture.clone();
    const Frame plain = frame_of(any(picture));
    EXPECT_EQ(overlap(plain.sector, simulation.sector), 1) << seed;
    EXPECT_LT(plain.graphics, picture.size() / 200) << seed;
    Pen pen(picture);
    for (std::int64_t k = 0; k < 6; ++k) pen.letter(100 + 10 * k, 260);
    pen.cross(150, 120);
    pen.cross(220, 140);
    const Frame frame = frame_of(any(picture));
    EXPECT_GT(share(pen.drawn, frame.overlay), 0.97) << seed;
    // Where marks were, the filled picture is as grey as its surroundings.
    double filled = 0, true_grey = 0, drawn = 0;
    for (std::int64_t i = 0; i < picture.size(); ++i) {
      if (!frame.overlay.data()[i]) continue;
      filled += frame.grey.data()[i];
      true_grey += simulation.picture.data()[i];
      ++drawn;
    }
    EXPECT_NEAR(filled / drawn, true_grey / drawn, 15) << seed;
  }
}

TEST(Frame, ColourIsOverlayAndATintIsNot) {
  const BModeFrame simulation = simulated(0);
  Picture picture = rgb_of(simulation.picture);
  Mask drawn(simulation.picture.grid());
  for (std::int64_t y = 100; y < 112; ++y)
    for (std::int64_t x = 60; x < 90; ++x) {
      picture.at(x, y, 0, 0) = 220;
      picture.at(x, y, 0, 2) = 30;
      drawn.at(x, y, 0) = 1;
    }
  const Frame frame = frame_of(any(picture));
  EXPECT_EQ(share(drawn, frame.overlay), 1);
  EXPECT_LE(frame.coloured, 32 * 14);
  EXPECT_GE(frame.coloured, 30 * 12);
  EXPECT_FALSE(frame.tinted);

  Picture sepia = rgb_of(simulation.picture);
  for (std::int64_t i = 0; i < simulation.picture.size(); ++i)
    sepia.channel(2)[static_cast<std::size_t>(i)] /= 2;
  const Frame tinted = frame_of(any(sepia));
  EXPECT_TRUE(tinted.tinted);
  EXPECT_EQ(tinted.coloured, 0);
  ASSERT_FALSE(tinted.warnings.empty());
  // The grey values it gave put back leave the tint as it was.
  const AnyVolume same = put_back(any(sepia), tinted, tinted.grey);
  EXPECT_TRUE(std::ranges::equal(std::get<Picture>(same).values(), sepia.values()));
}

TEST(Frame, PuttingBackTouchesTissueOnly) {
  const BModeFrame simulation = simulated(20);
  Picture picture = rgb_of(simulation.picture);
  Pen pen(picture);
  for (std::int64_t k = 0; k < 6; ++k) pen.letter(150 + 10 * k, 200);
  const Frame frame = frame_of(any(picture));
  Volume<float> grey(frame.grey.grid());
  for (float& v : grey.values()) v = 300;
  const Picture result = std::get<Picture>(put_back(any(picture), frame, grey)).clone();
  const Mask tissue = frame.tissue();
  for (std::int64_t c = 0; c < 3; ++c)
    for (std::int64_t i = 0; i < tissue.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      ASSERT_EQ(result.channel(c)[at], tissue.data()[i] ? 255 : picture.channel(c)[at]);
    }
  // Nothing done, nothing changed.
  const Picture same = std::get<Picture>(put_back(any(picture), frame, frame.grey)).clone();
  EXPECT_TRUE(std::ranges::equal(same.values(), picture.values()));
  EXPECT_THROW(put_back(any(flat(9, 9, 1)), frame, frame.grey), Error);
}

TEST(Frame, BearsWhateverPicture) {
  for (const std::uint8_t value : {0, 90, 255})
    for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {16, 16}, {200, 3}, {64, 80}})
      for (const int channels : {1, 3, 4}) {
        const Picture picture = flat(width, height, value, channels);
        const Frame frame = frame_of(any(picture));
        EXPECT_EQ(frame.grey.size(), width * height);
        EXPECT_EQ(frame.graphics, 0);
        EXPECT_EQ(frame.blocking, 1);
        EXPECT_FALSE(frame.sector_found);
        for (const float v : frame.grey.values()) ASSERT_NEAR(v, value, 1e-3);
        const AnyVolume same = put_back(any(picture), frame, frame.grey);
        EXPECT_TRUE(std::ranges::equal(std::get<Picture>(same).values(), picture.values()));
      }
  EXPECT_THROW(frame_of(any(flat(20, 20, 1, 2))), Error);
  EXPECT_THROW(frame_of(any(Picture())), Error);
  Grid deep;
  deep.size = {4, 4, 3};
  EXPECT_THROW(frame_of(Volume<float>(deep)), Error);
  Grid one;
  one.size = {20, 20, 1};
  Volume<float> broken(one);
  broken.data()[5] = NAN;
  EXPECT_THROW(frame_of(std::move(broken)), Error);
}

TEST(Frame, BearsNoiseOfAnySize) {
  Rng rng(11);
  for (int k = 0; k < 300; ++k) {
    const auto width = static_cast<std::int64_t>(1 + rng.below(70)),
               height = static_cast<std::int64_t>(1 + rng.below(70));
    Picture picture = flat(width, height, 0, rng.below(2) ? 3 : 1);
    const double share = rng.uniform(), highest = rng.uniform(1, 256);
    for (std::uint8_t& v : picture.values())
      if (rng.uniform() < share) v = static_cast<std::uint8_t>(rng.uniform(0, highest));
    std::vector<Region> regions;
    for (std::uint64_t r = rng.below(3); r > 0; --r) {
      const auto any_place = [&] { return static_cast<std::int64_t>(rng.uniform(-20, 100)); };
      regions.push_back({any_place(), any_place(), any_place(), any_place()});
    }
    const Frame frame = frame_of(any(picture), regions);
    for (const float v : frame.grey.values()) ASSERT_TRUE(v >= 0 && v <= 255.01F);
    const AnyVolume result = put_back(any(picture), frame, frame.grey);
    const Mask tissue = frame.tissue();
    for (std::int64_t i = 0; i < tissue.size(); ++i) {
      if (tissue.data()[i]) continue;
      ASSERT_EQ(std::get<Picture>(result).data()[i], picture.data()[i]);
    }
  }
}

TEST(Frame, OtherTypesAndThreadsGiveTheSame) {
  const BModeFrame simulation = simulated(20);
  const Frame frame = frame_of(any(simulation.picture));
  Volume<std::uint16_t> wide(simulation.picture.grid());
  for (std::int64_t i = 0; i < wide.size(); ++i)
    wide.data()[i] = static_cast<std::uint16_t>(200 * simulation.picture.data()[i]);
  const AnyVolume any_wide = wide.clone();
  const Frame scaled = frame_of(any_wide);
  EXPECT_TRUE(std::ranges::equal(frame.sector.values(), scaled.sector.values()));
  const AnyVolume same = put_back(any_wide, scaled, scaled.grey);
  EXPECT_TRUE(std::ranges::equal(std::get<Volume<std::uint16_t>>(same).values(), wide.values()));
  set_threads(1);
  const Frame alone = frame_of(any(simulation.picture));
  set_threads(0);
  EXPECT_TRUE(std::ranges::equal(frame.grey.values(), alone.grey.values()));
  EXPECT_TRUE(std::ranges::equal(frame.overlay.values(), alone.overlay.values()));
}

TEST(Frame, RegionsOfTheFileBoundTheSector) {
  const auto regions = regions_of({{"UltrasoundRegions",
                                    "10,20,99,79,0.02,0.02,cm,cm,2D,tissue;0,0,5,5,1,1,s,cm/s,spectral,18;"
                                    "1,2,x,4,0,0,cm,cm,2D,tissue;9,9,3,3,0,0,cm,cm,2D,tissue;;1,2"}});
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_EQ(regions[0].x1, 99);
  EXPECT_TRUE(regions_of({}).empty());
  const Frame frame = frame_of(any(flat(120, 100, 0)), regions);
  EXPECT_TRUE(frame.sector_found);
  for (std::int64_t y = 0; y < 100; ++y)
    for (std::int64_t x = 0; x < 120; ++x)
      ASSERT_EQ(frame.sector.at(x, y, 0), x >= 10 && x <= 99 && y >= 20 && y <= 79);
  const Frame beyond = frame_of(any(flat(30, 30, 0)), {{500, 500, 600, 600}});
  EXPECT_EQ(beyond.warnings.size(), 2U);
  // Two sectors side by side: both, each without the black of its corners.
  const BModeFrame simulation = simulated(20);
  const std::int64_t width = simulation.picture.grid().size[0], height = simulation.picture.grid().size[1];
  Picture two = flat(2 * width, height, 0);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < 2 * width; ++x) two.at(x, y, 0) = simulation.picture.at(x % width, y, 0);
  const Frame both =
      frame_of(any(two), {{0, 0, width - 1, height - 1}, {width, 0, 2 * width - 1, height - 1}});
  std::int64_t wrong = 0;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < 2 * width; ++x)
      wrong += both.sector.at(x, y, 0) != simulation.sector.at(x % width, y, 0);
  EXPECT_LT(wrong, two.size() / 50);
}

TEST(Frame, FillingIsSmoothAndStaysWithinWhatIsKnown) {
  Grid grid;
  grid.size = {70, 50, 1};
  Volume<float> ramp(grid);
  Mask known(grid);
  for (std::int64_t y = 0; y < 50; ++y)
    for (std::int64_t x = 0; x < 70; ++x) {
      ramp.at(x, y, 0) = static_cast<float>(x + 2 * y);
      known.at(x, y, 0) = x < 30 || x >= 38 || y < 20 || y >= 31;
    }
  const Volume<float> filled = fill_in(ramp, known);
  for (std::int64_t i = 0; i < ramp.size(); ++i) ASSERT_NEAR(filled.data()[i], ramp.data()[i], 1.5);
  for (std::int64_t i = 0; i < ramp.size(); ++i) known.data()[i] = i == 7;
  const Volume<float> one = fill_in(ramp, known);
  for (const float v : one.values()) ASSERT_EQ(v, 7);
}

TEST(Frame, SeesBlocksOfJpeg) {
  const BModeFrame simulation = simulated(0);
  Volume<float> grey(simulation.picture.grid());
  for (std::int64_t i = 0; i < grey.size(); ++i) grey.data()[i] = simulation.picture.data()[i];
  EXPECT_LT(jpeg_blocking(grey, Mask()), 1.15);
  // Quantised as JPEG quantises the mean of each block: to steps of 16.
  for (const std::int64_t offset : {0, 3}) {
    Volume<float> coded = grey.clone();
    for (std::int64_t y = offset; y + 8 <= 300; y += 8)
      for (std::int64_t x = offset; x + 8 <= 360; x += 8) {
        double mean = 0;
        for (std::int64_t k = 0; k < 64; ++k) mean += grey.at(x + k % 8, y + k / 8, 0) / 64;
        const double change = 64 * std::round(mean / 64) - mean;
        for (std::int64_t k = 0; k < 64; ++k) coded.at(x + k % 8, y + k / 8, 0) += static_cast<float>(change);
      }
    EXPECT_GT(jpeg_blocking(coded, Mask()), 1.2);
  }
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/echoes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/rng.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/bmode.h"
#include "ultrasound/despeckle.h"
#include "ultrasound/phantom.h"
#include "ultrasound/quality.h"
#include "ultrasound/scan_lines.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

BModeFrame simulated(double probe_radius = 0, std::uint64_t seed = 4) {
  BMode scanner;
  scanner.probe_radius = probe_radius;
  return simulate_bmode(tissue_phantom({160, 128}, 0.2, Rng(3)).echogenicity, scanner, Rng(seed));
}

/// I and Q of a simulated frame in one of the ways they are stored, along x.
Image stored(const BModeFrame& frame, EchoForm form) {
  const std::int64_t lines = frame.lines.count, samples = frame.lines.samples;
  Grid grid;
  grid.size = {samples * (form == EchoForm::iq_samples ? 2 : 1), lines * (form == EchoForm::iq_lines ? 2 : 1),
               1};
  const bool channels = form == EchoForm::iq_channels;
  Volume<float> echoes(grid, channels ? 2 : 1, channels ? OuterAxis::channel : OuterAxis::none);
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t s = 0; s < samples; ++s)
      for (std::int64_t part = 0; part < 2; ++part) {
        const float value = frame.echoes.at(line, s, 0, part);
        if (form == EchoForm::iq_lines) echoes.at(s, 2 * line + part, 0) = value;
        if (form == EchoForm::iq_samples) echoes.at(2 * s + part, line, 0) = value;
        if (channels) echoes.at(s, line, 0, part) = value;
      }
  Image image;
  image.voxels = std::move(echoes);
  return image;
}

std::string refusal(const Image& image, const EchoLayout& layout = {}) {
  try {
    envelope(image, layout);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_input);
    return error.what();
  }
  return "";
}

TEST(Envelope, OfSimulatedEchoesIsWhatTheSimulatorCompresses) {
  const BModeFrame frame = simulated();
  for (const EchoForm form : {EchoForm::iq_lines, EchoForm::iq_samples, EchoForm::iq_channels}) {
    const Volume<float> amplitude = envelope(stored(frame, form), {form, EchoStart::automatic});
    ASSERT_EQ(amplitude.grid().size, frame.intensity.grid().size);
    for (std::int64_t i = 0; i < amplitude.size(); ++i)
      ASSERT_NEAR(amplitude.data()[i] * amplitude.data()[i], frame.intensity.data()[i],
                  1e-5 * frame.intensity.data()[i]);
    GreyLaw law;
    law.white = BMode().white;
    const Volume<std::uint8_t> picture = compress(amplitude, law);
    for (std::int64_t i = 0; i < picture.size(); ++i)
      ASSERT_NEAR(picture.data()[i], frame.picture.data()[i], 1);
  }
}

TEST(Envelope, OfRadioFrequencyIsThatOfItsIAndQ) {
  // A carrier of an eighth of the sampling rate under a slow envelope: |a·cos(ωt + φ)| has amplitude a.
  constexpr std::int64_t samples = 1000, lines = 5;
  Grid grid;
  grid.size = {samples, lines, 1};
  Volume<float> rf(grid);
  const auto truth = [](std::int64_t s, std::int64_t line) {
    return 2 + static_cast<double>(line) +
           std::cos(2 * std::numbers::pi * 3 * static_cast<double>(s) / samples);
  };
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t s = 0; s < samples; ++s)
      rf.at(s, line, 0) =
          static_cast<float>(truth(s, line) * std::cos(std::numbers::pi / 4 * static_cast<double>(s) + 0.3));
  Image image;
  image.voxels = std::move(rf);
  const Volume<float> found = envelope(image);
  ASSERT_EQ(found.grid().size, (std::array<std::int64_t, 3>{lines, samples, 1}));
  for (std::int64_t line = 0; line < lines; ++line)
    for (std::int64_t s = 0; s < samples; ++s) ASSERT_NEAR(found.at(line, s, 0), truth(s, line), 1e-3);
}

TEST(Envelope, BelievesWhatAPlusFileSays) {
  const BModeFrame frame = simulated();
  Image image = stored(frame, EchoForm::iq_lines);
  image.metadata = {{"UltrasoundImageType", "RF_I_LINE_Q_LINE"}, {"UltrasoundImageOrientation", "FM"}};
  const Volume<float> plain = envelope(image);
  image.metadata["UltrasoundImageOrientation"] = "NU";  // from the depth, away from the marked side
  const Volume<float> turned = envelope(image);
  const auto [width, height, depth] = plain.grid().size;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      ASSERT_EQ(turned.at(x, y, 0), plain.at(width - 1 - x, height - 1 - y, 0));
  EXPECT_TRUE(test::same(envelope(image, {EchoForm::automatic, EchoStart::probe}),
                         envelope(image, {EchoForm::iq_lines, EchoStart::probe})));
  image.metadata["UltrasoundImageType"] = "BRIGHTNESS";
  EXPECT_EQ(
      refusal(image),
      "the file says that it holds BRIGHTNESS, expected RF_REAL, RF_IQ_LINE or RF_I_LINE_Q_LINE; name the "
      "form if that is wrong");
}

TEST(Envelope, SaysWhatItCannotTake) {
  Image image;
  Grid grid;
  grid.size = {20, 5, 1};
  image.voxels = Volume<std::int16_t>(grid);
  EXPECT_EQ(refusal(image, {EchoForm::iq_lines, EchoStart::probe}),
            "the echoes have 5 rows, expected pairs of I and Q");
  EXPECT_EQ(refusal(image, {EchoForm::iq_channels, EchoStart::probe}),
            "the echoes have 1 channels, expected 2, I and Q");
  Volume<float> bad(grid);
  bad.data()[3] = std::numeric_limits<float>::quiet_NaN();
  image.voxels = std::move(bad);
  EXPECT_EQ(refusal(image), "the echoes hold nan, expected finite values");
}

TEST(Compress, FollowsItsLaws) {
  Volume<float> amplitude = test::constant(4, 1, 0);
  amplitude.data()[1] = 1;
  amplitude.data()[2] = 10;
  amplitude.data()[3] = 1e6;
  GreyLaw law;
  law.white = 40;
  const Volume<std::uint8_t> logarithm = compress(amplitude, law);
  EXPECT_EQ(logarithm.data()[0], 0);
  EXPECT_EQ(logarithm.data()[1], 85);   // 40 of 60 dB below white
  EXPECT_EQ(logarithm.data()[2], 170);  // 20 of 60 dB
  EXPECT_EQ(logarithm.data()[3], 255);
  law.logarithm = false;
  const Volume<std::uint8_t> power = compress(amplitude, law);
  EXPECT_EQ(power.data()[1], 20);
  EXPECT_EQ(power.data()[2], std::lround(20 * std::pow(10, 0.25)));
  EXPECT_EQ(power.data()[3], 255);
  amplitude.data()[0] = -1;
  EXPECT_THROW(compress(amplitude, law), Error);
}

TEST(ScanConvert, PutsSimulatedLinesWhereTheSimulatorShowsThem) {
  for (const double radius : {0.0, 10.0}) {
    const BModeFrame frame = simulated(radius);
    const Volume<float> amplitude = envelope(stored(frame, EchoForm::iq_channels));
    GreyLaw law;
    law.white = BMode().white;
    const Volume<float> grey = converted_to<float>(AnyVolume(compress(amplitude, law)));
    Mask sector;
    const Volume<float> picture = scan_convert(grey, frame.lines, frame.picture.grid(), &sector);
    double largest = 0;
    for (std::int64_t i = 0; i < picture.size(); ++i) {
      ASSERT_EQ(sector.data()[i], frame.sector.data()[i]);
      largest = std::max(largest, std::abs(double{picture.data()[i]} - frame.picture.data()[i]));
    }
    EXPECT_LE(largest, 1.01);
  }
}

TEST(ScanConvert, PlacesAreTheInverseOfWhereTheyCameFrom) {
  for (const bool convex : {false, true}) {
    ScanLines lines{convex, 64, 200, 0.1, convex ? 0.02 : 0.3, convex ? 30.0 : 0.0, {25, 4}};
    for (const double line : {0.0, 7.25, 63.0})
      for (const double row : {0.0, 33.5, 199.0}) {
        const auto [x, y] = lines.place(line, row * lines.step);
        const auto back = lines.at(x, y);
        ASSERT_TRUE(back);
        EXPECT_NEAR((*back)[0], line, 1e-6);
        EXPECT_NEAR((*back)[1], row, 1e-6);
      }
    EXPECT_FALSE(lines.at(25, 3.9));
    EXPECT_FALSE(lines.at(25, 24.1));
  }
}

TEST(ScanConvert, LinesAreTurnedAsTheirFileSays) {
  Image image;
  Volume<float> rows = test::constant(5, 3, 0);  // three lines of five samples
  for (std::int64_t i = 0; i < 15; ++i) rows.data()[i] = static_cast<float>(i);
  Grid grid = rows.grid();
  grid.spacing = {0.1, 0.4, 1};
  rows.set_grid(grid);
  EXPECT_FALSE(line_order_of(image).along_x);
  for (const auto& [letters, first] : {std::pair{"FM", 0.0F}, {"NM", 4.0F}, {"FU", 10.0F}, {"NU", 14.0F}}) {
    image.metadata["UltrasoundImageOrientation"] = letters;
    const Volume<float> columns = columns_of(rows, line_order_of(image));
    EXPECT_EQ(columns.grid().size, (std::array<std::int64_t, 3>{3, 5, 1}));
    EXPECT_EQ(columns.grid().spacing.x, 0.4);
    EXPECT_EQ(columns.data()[0], first);
  }
  image.metadata["UltrasoundImageOrientation"] = "UNA";
  EXPECT_EQ(columns_of(rows, line_order_of(image)).data()[0], 14);
  image.metadata["UltrasoundImageOrientation"] = "MFA";
  EXPECT_TRUE(test::same(columns_of(rows, line_order_of(image)), rows));
}

TEST(ScanConvert, FramesMayBeSlicesOrTimes) {
  const BModeFrame one = simulated(10, 4), two = simulated(10, 5);
  const auto expected = envelope(stored(two, EchoForm::iq_lines), {EchoForm::iq_lines, EchoStart::probe});
  for (const bool slices : {false, true}) {
    const Image first = stored(one, EchoForm::iq_lines), second = stored(two, EchoForm::iq_lines);
    Grid grid = grid_of(first.voxels);
    if (slices) grid.size[2] = 2;
    Volume<float> both(grid, slices ? 1 : 2, slices ? OuterAxis::none : OuterAxis::time);
    const auto &a = std::get<Volume<float>>(first.voxels), &b = std::get<Volume<float>>(second.voxels);
    std::copy_n(a.data(), a.size(), both.data());
    std::copy_n(b.data(), b.size(), both.data() + a.size());
    Image image;
    image.voxels = std::move(both);
    const Volume<float> found = envelope(image, {EchoForm::iq_lines, EchoStart::probe});
    ASSERT_EQ(found.size(), 2 * expected.size());
    EXPECT_TRUE(
        std::equal(expected.data(), expected.data() + expected.size(), found.data() + expected.size()));
    const Volume<float> pictures = scan_convert(found, one.lines, one.picture.grid()),
                        alone = scan_convert(expected, one.lines, one.picture.grid());
    ASSERT_EQ(pictures.size(), 2 * alone.size());
    EXPECT_TRUE(std::equal(alone.data(), alone.data() + alone.size(), pictures.data() + alone.size()));
  }
}

TEST(ScanConvert, RefusesGeometryThatIsNone) {
  const Volume<float> image = test::constant(8, 10, 1);
  Grid grid;
  grid.size = {20, 20, 1};
  ScanLines lines{false, 8, 10, 1, 1, 0, {}};
  EXPECT_NO_THROW(scan_convert(image, lines, grid));
  lines.count = 9;
  EXPECT_THROW(scan_convert(image, lines, grid), Error);
  lines.count = 8;
  lines.step = 0;
  EXPECT_THROW(scan_convert(image, lines, grid), Error);
  lines.step = 1;
  lines.convex = true;
  lines.spread = 1;  // 7 radians in all
  EXPECT_THROW(scan_convert(image, lines, grid), Error);
}

TEST(Envelope, DespeckledAmplitudesComeNearerToTheTruth) {
  const BModeFrame frame = simulated();
  Image lines;
  lines.voxels = envelope(stored(frame, EchoForm::iq_channels));
  DespeckleOptions options;
  options.domain = Domain::amplitude;
  const Volume<float> before = despeckle(lines, options).frames[0].found.clone();
  const auto error = [&](const Volume<float>& found) {
    double sum = 0;
    for (std::int64_t i = 0; i < found.size(); ++i)
      sum += std::abs(
          std::log(std::max(found.data()[i], 1e-6F) / std::max(frame.echogenicity.data()[i], 1e-6F)));
    return sum / static_cast<double>(found.size());
  };
  EXPECT_LT(error(before), 0.75 * error(frame.intensity));
}

}  // namespace
}  // namespace sg::ultrasound

#include "ultrasound/despeckle.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "core/speckle.h"
#include "ultrasound/bmode.h"
#include "ultrasound/despeckle_report.h"
#include "ultrasound/phantom.h"
#include "ultrasound/quality.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

BModeFrame simulated(bool convex) {
  BMode scanner;
  if (convex) scanner.probe_radius = 10;
  return simulate_bmode(tissue_phantom({192, 192}, 0.2, Rng(3)).echogenicity, scanner, Rng(4));
}

Image image_of(AnyVolume voxels) {
  Image image;
  image.voxels = std::move(voxels);
  return image;
}

std::string refusal(const Image& image, const DespeckleOptions& options) {
  try {
    despeckle(image, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Context listening(std::vector<std::string>& said) {
  said.clear();
  Context context;
  context.on_log([&said](LogLevel, const std::string& text) { said.push_back(text); });
  return context;
}

/// A disc under speckle of `looks` looks.
Volume<float> speckled(std::int64_t side, double looks) {
  return add_speckle(test::phantom(side, side), looks, Rng(9));
}

TEST(Despeckle, LeavesWhatIsNoTissueBitForBit) {
  BModeFrame frame = simulated(true);
  for (std::int64_t y = 5; y < 15; ++y)  // a mark outside the sector
    for (std::int64_t x = 5; x < 7; ++x) frame.picture.at(x, y, 0) = 255;
  const Image image = image_of(frame.picture.clone());
  const Despeckled result = despeckle(image, {});
  EXPECT_EQ(result.domain, Domain::bmode);
  ASSERT_EQ(result.frames.size(), 1U);
  const auto& found = std::get<Volume<std::uint8_t>>(result.image.voxels);
  std::int64_t changed = 0;
  for (std::int64_t i = 0; i < found.size(); ++i) {
    if (result.frames[0].tissue.data()[i] == 0) {
      EXPECT_EQ(found.data()[i], frame.picture.data()[i]);
    }
    changed += found.data()[i] != frame.picture.data()[i];
  }
  EXPECT_GT(changed, found.size() / 5);
  EXPECT_NEAR(result.frames[0].looks, 1, 0.3);
  EXPECT_GT(despeckle_page(image, result, "diffusion").html().size(), 10000U);
}

TEST(Despeckle, MakesEvenRegionsMoreEvenAndKeepsTheirDifference) {
  const BModeFrame frame = simulated(false);
  const Despeckled result = despeckle(image_of(frame.picture.clone()), {});
  const Table boxes = box_table(result.frames[0]);
  ASSERT_GE(boxes.rows(), 2U);
  const auto column = [&](std::size_t c) { return std::get<0>(boxes.columns[c].values); };
  for (std::size_t row = 0; row < boxes.rows(); ++row) {
    EXPECT_GT(column(3)[row], 3 * column(2)[row]);
    EXPECT_GE(column(5)[row], column(4)[row]);
  }
}

TEST(Despeckle, EveryMethodComesNearerToTheTruth) {
  Grid grid;
  grid.size = {96, 80, 1};
  Volume<float> clean(grid);
  for (std::int64_t y = 0; y < 80; ++y)
    for (std::int64_t x = 0; x < 96; ++x)
      clean.at(x, y, 0) =
          std::hypot(static_cast<double>(x) - 40, static_cast<double>(y) - 40) < 20 ? 180 : 60;
  const Volume<float> noisy = add_speckle(clean, 4, Rng(1));
  for (const Method method : {Method::diffusion, Method::srad, Method::dpad, Method::obnlm, Method::lee,
                              Method::kuan, Method::frost, Method::mulog}) {
    DespeckleOptions options;
    options.method = method;
    const Despeckled result = despeckle(image_of(noisy.clone()), options);
    EXPECT_EQ(result.domain, Domain::intensity);
    EXPECT_NEAR(result.frames[0].looks, 4, 0.8);
    EXPECT_GT(psnr(std::get<Volume<float>>(result.image.voxels), clean), psnr(noisy, clean) + 4)
        << static_cast<int>(method);
    Volume<float> amplitude = noisy.clone();
    for (float& value : amplitude.values()) value = std::sqrt(value);
    options.domain = Domain::amplitude;
    const Despeckled same = despeckle(image_of(std::move(amplitude)), options);
    const auto& root = std::get<Volume<float>>(same.image.voxels);
    for (std::int64_t i = 0; i < root.size(); i += 97)
      EXPECT_NEAR(root.data()[i] * root.data()[i], result.frames[0].found.data()[i],
                  0.02 * result.frames[0].found.data()[i] + 0.02);
  }
}

TEST(Despeckle, TakesSeriesFrameByFrame) {
  Grid grid;
  grid.size = {64, 64, 1};
  Volume<float> flat(grid);
  for (float& value : flat.values()) value = 100;
  Volume<float> series(grid, 3, OuterAxis::time);
  for (std::int64_t t = 0; t < 3; ++t) {
    const Volume<float> frame = add_speckle(flat, 4, Rng(static_cast<std::uint64_t>(t)));
    std::copy_n(frame.data(), frame.size(), series.channel(t).data());
  }
  Volume<float> second(grid);
  std::copy_n(series.channel(1).data(), second.size(), second.data());
  const Despeckled all = despeckle(image_of(series.clone()), {}),
                   one = despeckle(image_of(std::move(second)), {});
  ASSERT_EQ(all.frames.size(), 3U);
  const auto& found = std::get<Volume<float>>(all.image.voxels);
  EXPECT_EQ(found.outer(), OuterAxis::time);
  const auto& alone = std::get<Volume<float>>(one.image.voxels);
  EXPECT_TRUE(std::equal(alone.data(), alone.data() + alone.size(), found.channel(1).data()));
}

TEST(Despeckle, SaysWhatItCannotTake) {
  Grid grid;
  grid.size = {32, 32, 1};
  DespeckleOptions options;
  options.domain = Domain::intensity;
  EXPECT_NE(refusal(image_of(Volume<std::uint8_t>(grid, 3, OuterAxis::channel)), options)
                .find("3 channels: colour is a B-mode picture"),
            std::string::npos);
  Volume<float> negative(grid);
  negative.data()[9] = -4;
  for (const Method method : {Method::diffusion, Method::lee, Method::obnlm}) {
    options.method = method;
    EXPECT_NE(refusal(image_of(negative.clone()), options).find("-4"), std::string::npos);
  }
  options.method = Method::network;
  Volume<float> ones(grid);
  for (float& value : ones.values()) value = 1;
  EXPECT_EQ(refusal(image_of(std::move(ones)), options), "no network was given, expected a despeckler");
}

TEST(Despeckle, ConstantImagesComeBackAsTheyAreAndSaySo) {
  for (const std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{16, 16, 1}, {16, 40, 1}, {64, 64, 1}})
    for (const int grey : {0, 100, 255})
      for (const Domain domain : {Domain::bmode, Domain::intensity, Domain::amplitude}) {
        Grid grid;
        grid.size = size;
        Volume<std::uint8_t> picture(grid);
        for (auto& value : picture.values()) value = static_cast<std::uint8_t>(grey);
        std::vector<std::string> said;
        DespeckleOptions options;
        options.domain = domain;
        const Despeckled result = despeckle(image_of(picture.clone()), options, listening(said));
        for (const auto value : std::get<Volume<std::uint8_t>>(result.image.voxels).values())
          EXPECT_EQ(value, grey);
        ASSERT_EQ(said.size(), 1U);
        EXPECT_EQ(said[0],
                  fmt::format("every value is {}: there is nothing to remove, so nothing was changed", grey));
        EXPECT_TRUE(std::isfinite(figures_of(result.frames[0]).ratio.variance));
      }
}

TEST(Despeckle, ScaleOfIntensitiesDoesNotMatter) {
  const Volume<float> noisy = speckled(48, 4);
  const auto despeckled = [&](double factor, Method method) {
    Volume<float> scaled = noisy.clone();
    for (float& value : scaled.values()) value = static_cast<float>(value * factor);
    DespeckleOptions options;
    options.method = method;
    return std::get<Volume<float>>(despeckle(image_of(std::move(scaled)), options).image.voxels).clone();
  };
  for (const Method method : {Method::diffusion, Method::srad, Method::dpad, Method::obnlm, Method::lee,
                              Method::kuan, Method::frost, Method::mulog}) {
    const Volume<float> usual = despeckled(1, method);
    for (const double factor : {0x1p-110, 0x1p110}) {
      const Volume<float> found = despeckled(factor, method);
      for (std::int64_t i = 0; i < found.size(); i += 7)
        ASSERT_NEAR(found.data()[i] / factor, usual.data()[i], 0.02 * usual.data()[i] + 0.5)
            << static_cast<int>(method);
    }
  }
}

TEST(Despeckle, OneHugeValueDoesNotSpoilTheRest) {
  for (const Method method : {Method::diffusion, Method::srad, Method::dpad, Method::obnlm, Method::lee,
                              Method::kuan, Method::frost, Method::mulog}) {
    Volume<float> noisy = speckled(48, 1);
    noisy.data()[700] = 3e38F;
    DespeckleOptions options;
    options.method = method;
    const Despeckled result = despeckle(image_of(std::move(noisy)), options);
    for (const float value : std::get<Volume<float>>(result.image.voxels).values())
      ASSERT_TRUE(std::isfinite(value) && value >= 0) << static_cast<int>(method) << " " << value;
  }
}

TEST(Despeckle, SixteenBitPicturesAreFilteredAsEightBitOnesAre) {
  const BModeFrame frame = simulated(true);
  Volume<std::uint16_t> deep(frame.picture.grid());
  for (std::int64_t i = 0; i < deep.size(); ++i)
    deep.data()[i] = static_cast<std::uint16_t>(frame.picture.data()[i] * 4095 / 255);
  Image image = image_of(deep.clone());
  image.metadata = {{"Modality", "US"}, {"BitsStored", "12"}};
  std::vector<std::string> said;
  const Despeckled found = despeckle(image, {}, listening(said)),
                   plain = despeckle(image_of(frame.picture.clone()), {});
  EXPECT_TRUE(said.empty());
  EXPECT_NEAR(found.dynamic_range, plain.dynamic_range, 1);
  const auto& voxels = std::get<Volume<std::uint16_t>>(found.image.voxels);
  const auto& bytes = std::get<Volume<std::uint8_t>>(plain.image.voxels);
  double difference = 0;
  for (std::int64_t i = 0; i < voxels.size(); ++i) {
    if (found.frames[0].tissue.data()[i] == 0) {
      ASSERT_EQ(voxels.data()[i], deep.data()[i]);
    }
    difference += std::abs(voxels.data()[i] / 4095.0 * 255 - bytes.data()[i]);
  }
  EXPECT_LT(difference / static_cast<double>(voxels.size()), 0.6);
  image.metadata.erase("BitsStored");
  despeckle(image, {}, listening(said));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("nothing says which are black and white"), std::string::npos);
}

TEST(Despeckle, WarnsOnceForASeriesAndNamesItsFrames) {
  Grid grid;
  grid.size = {48, 48, 1};
  Volume<float> series(grid, 5, OuterAxis::time);
  for (std::int64_t t = 0; t < 5; ++t) {
    const Volume<float> frame = speckled(48, 4);
    if (t != 1 && t != 2) std::copy_n(frame.data(), frame.size(), series.channel(t).data());
  }
  std::vector<std::string> said;
  despeckle(image_of(std::move(series)), {}, listening(said));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0], "frames 2 to 3: every value is 0: there is nothing to remove, so nothing was changed");
}

TEST(Despeckle, SaysThatItWasFilteredBefore) {
  const Despeckled once = despeckle(image_of(speckled(96, 4)), {});
  std::vector<std::string> said;
  despeckle(once.image, {}, listening(said));
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const std::string& text) {
    return text.find("hardly any speckle, or it was filtered before") != std::string::npos;
  }));
}

}  // namespace
}  // namespace sg::ultrasound

#include "image/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"

namespace sg::image {
namespace {

Image of(const std::vector<double>& values, OuterAxis outer = OuterAxis::none, std::int64_t channels = 1) {
  Grid grid;
  grid.size = {static_cast<std::int64_t>(values.size()) / channels, 1, 1};
  Volume<double> volume(grid, channels, outer);
  std::copy(values.begin(), values.end(), volume.data());
  Image image;
  image.voxels = std::move(volume);
  image.format = "NIfTI-1";
  image.metadata["descrip"] = "kept";
  return image;
}

template <class T>
std::vector<T> values_of(const Image& image) {
  const auto& v = std::get<Volume<T>>(image.voxels);
  return {v.values().begin(), v.values().end()};
}

TEST(Convert, RoundsClampsAndCounts) {
  const Image image = of({-1, 0, 1.5, 2.5, 254.4, 255.6, 1e9, std::nan(""), -INFINITY});
  const Converted result = convert(image, ScalarType::uint8);
  EXPECT_EQ(values_of<std::uint8_t>(result.image),
            (std::vector<std::uint8_t>{0, 0, 2, 2, 254, 255, 255, 0, 0}));
  EXPECT_EQ(result.clamped, 4);
  EXPECT_EQ(result.rounded, 3);
  EXPECT_EQ(result.not_a_number, 1);
  EXPECT_EQ(result.image.metadata.at("descrip"), "kept");
  EXPECT_EQ(result.image.format, "NIfTI-1");
}

TEST(Convert, EveryTypeKeepsWhatFits) {
  const Image image = of({0, 1, 127});
  for (int type = 0; type <= static_cast<int>(ScalarType::float64); ++type) {
    const Converted result = convert(image, static_cast<ScalarType>(type));
    EXPECT_EQ(converted_to<double>(result.image.voxels).at(2, 0, 0), 127) << type;
    EXPECT_EQ(result.clamped + result.rounded + result.not_a_number, 0) << type;
    if (type > 0) {
      EXPECT_EQ(static_cast<int>(result.image.voxels.index()), type - 1);
    }
  }
  EXPECT_EQ(convert(of({1e300}), ScalarType::float32).clamped, 1);
  EXPECT_TRUE(std::isnan(values_of<float>(convert(of({std::nan("")}), ScalarType::float32).image)[0]));
}

TEST(Convert, ChoosesATimePoint) {
  const Image series = of({1, 2, 3, 4, 5, 6}, OuterAxis::time, 3);
  const Image second = select(series, OuterAxis::time, 1);
  EXPECT_EQ(values_of<double>(second), (std::vector<double>{3, 4}));
  EXPECT_EQ(channels_of(second.voxels), 1);
  EXPECT_EQ(values_of<double>(select(of({7}), OuterAxis::time, 0)), std::vector<double>{7});
  try {
    select(series, OuterAxis::time, 3);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.field(), "time_point");
    EXPECT_NE(std::string(e.what()).find("0 to 2"), std::string::npos);
  }
  EXPECT_THROW(select(series, OuterAxis::channel, 1), Error);
}

}  // namespace
}  // namespace sg::image

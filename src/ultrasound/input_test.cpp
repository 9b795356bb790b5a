#include "ultrasound/input.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "ultrasound/ultrasound_fixture.h"

namespace sg::ultrasound {
namespace {

Image image_of(AnyVolume voxels) {
  Image image;
  image.voxels = std::move(voxels);
  return image;
}

std::string refusal(const Image& image, Values values) {
  try {
    look_at_input(image, values);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_input);
    EXPECT_EQ(error.field(), "image");
    return error.what();
  }
  return "";
}

Volume<float> ramp(std::int64_t width, std::int64_t height, std::int64_t frames = 1) {
  Grid grid;
  grid.size = {width, height, 1};
  Volume<float> image(grid, frames, frames > 1 ? OuterAxis::time : OuterAxis::none);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<float>(i);
  return image;
}

TEST(Input, NamesWhatCannotBeTakenAndWhere) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {300, 1}, {15, 16}})
    EXPECT_EQ(refusal(image_of(ramp(width, height)), Values::displayed),
              "the image is " + std::to_string(width) + "×" + std::to_string(height) +
                  " pixels, expected 16×16 or more: in less, speckle cannot be told from structure");
  Volume<float> bad = ramp(20, 16, 3);
  bad.at(3, 7, 0, 1) = -2.5;
  EXPECT_EQ(refusal(image_of(bad.clone()), Values::displayed), "");
  EXPECT_EQ(
      refusal(image_of(bad.clone()), Values::intensity),
      "pixel (3, 7) of frame 2 is -2.5, expected finite intensities of 0 or more (a picture as displayed "
      "has the domain bmode)");
  bad.at(3, 7, 0, 1) = std::numeric_limits<float>::infinity();
  EXPECT_EQ(refusal(image_of(bad.clone()), Values::amplitude),
            "pixel (3, 7) of frame 2 is inf, expected finite amplitudes of 0 or more");
  EXPECT_EQ(refusal(image_of(bad.clone()), Values::displayed),
            "pixel (3, 7) of frame 2 is inf, expected finite grey values");
  EXPECT_EQ(refusal(image_of(Volume<float>()), Values::displayed), "the image has no pixels");
}

TEST(Input, SaysWhatLooksClipped) {
  Volume<float> image = ramp(20, 20);
  EXPECT_TRUE(look_at_input(image_of(image.clone()), Values::intensity).empty());
  for (float& value : image.values()) value = std::min(value, 360.0F);
  const auto said = look_at_input(image_of(image.clone()), Values::intensity);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].substr(0, 30), "10 % of the values are 360, th");
  EXPECT_TRUE(look_at_input(image_of(test::constant(20, 20, 7)), Values::intensity).empty());
}

TEST(Input, FindsTheGreysOfPicturesOfAnyType) {
  EXPECT_TRUE(grey_scale_of(image_of(Volume<std::uint8_t>(test::constant(16, 16, 1).grid()))).identity());
  EXPECT_TRUE(grey_scale_of(image_of(ramp(16, 15))).identity());  // 0…239
  Image deep = image_of(converted_to<std::uint16_t>(AnyVolume(ramp(60, 60))));
  GreyScale scale = grey_scale_of(deep);
  EXPECT_DOUBLE_EQ(scale.factor, 255.0 / 3599);
  EXPECT_NE(scale.warning.find("go from 0 to 3599"), std::string::npos);
  deep.metadata["BitsStored"] = "12";
  scale = grey_scale_of(deep);
  EXPECT_DOUBLE_EQ(scale.factor, 255.0 / 4095);
  EXPECT_TRUE(scale.warning.empty());
  deep.metadata["RescaleSlope"] = "2";  // then the bits are those of other numbers
  EXPECT_FALSE(grey_scale_of(deep).warning.empty());
  const AnyVolume grey = grey_by(scale, deep.voxels);
  EXPECT_NEAR(std::get<Volume<float>>(grey).data()[3599], 3599 * 255.0 / 4095, 1e-3);
}

TEST(Input, BringsIntensitiesToAUsualScale) {
  EXPECT_EQ(usual_scale_of(ramp(16, 16)), 1);
  EXPECT_EQ(usual_scale_of(test::constant(16, 16, 0)), 1);
  for (const float value : {1e-44F, 1e-30F, 1e20F, 3e38F}) {
    const double scale = usual_scale_of(test::constant(16, 16, value));
    EXPECT_GT(value * scale, 50);
    EXPECT_LT(value * scale, 200);
    EXPECT_EQ(std::exp2(std::round(std::log2(scale))), scale);
    EXPECT_NEAR(intensity_of(test::constant(16, 16, value), true).data()[0], std::pow(value * scale, 2), 1);
  }
}

TEST(Input, MergesWhatIsSaidOfManyFrames) {
  EXPECT_EQ(merged_warnings({{"a", "b 1.5"}, {"a", "b 2"}}), (std::vector<std::string>{"a", "b 1.5"}));
  EXPECT_EQ(merged_warnings({{}, {"a"}, {"a"}, {"c"}, {"a"}}),
            (std::vector<std::string>{"frames 2 to 3, 5: a", "frame 4: c"}));
  EXPECT_TRUE(merged_warnings({}).empty());
}

}  // namespace
}  // namespace sg::ultrasound

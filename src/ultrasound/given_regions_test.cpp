#include "ultrasound/given_regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace sg::ultrasound {
namespace {

using testing::HasSubstr;

std::vector<double> column(const Table& table, const std::string& name) {
  for (const Column& c : table.columns)
    if (c.name == name) return std::get<std::vector<double>>(c.values);
  ADD_FAILURE() << "no column " << name;
  return {};
}

std::string refusal(const std::vector<int>& numbers) {
  try {
    given_regions(numbers, 40, 30);
  } catch (const Error& error) {
    return error.field() + ": " + error.what();
  }
  return "none";
}

TEST(GivenRegions, AreFourNumbersEach) {
  EXPECT_TRUE(given_regions({}, 40, 30).empty());
  const std::vector<Box> boxes = given_regions({1, 2, 3, 4, 0, 0, 40, 30}, 40, 30);
  ASSERT_EQ(boxes.size(), 2U);
  EXPECT_EQ(boxes[0].y, 2);
  EXPECT_EQ(boxes[1].height, 30);
  EXPECT_THAT(refusal({1, 2, 3}), HasSubstr("regions: regions has 3 numbers, expected four for each"));
  EXPECT_THAT(refusal({0, 0, 41, 2}),
              HasSubstr("the region 41×2 at (0, 0) is not within the image of 40×30"));
  EXPECT_THAT(refusal({5, 5, 0, 2}), HasSubstr("the region 0×2"));
  EXPECT_THAT(refusal({39, 29, 1, 2}), HasSubstr("at (39, 29)"));
}

/// A series of volumes whose values tell their place: t·100 + z·10, so that the frame that is measured shows.
Image series(Despeckled& result, bool by_slices) {
  Grid grid;
  grid.size = {8, 6, 3};
  Volume<float> before(grid, 5, OuterAxis::time);
  for (std::int64_t t = 0; t < 5; ++t)
    for (std::int64_t z = 0; z < 3; ++z)
      for (std::int64_t y = 0; y < 6; ++y)
        for (std::int64_t x = 0; x < 8; ++x)
          before.at(x, y, z, t) = static_cast<float>(t * 100 + z * 10 + x % 2);
  Grid one = grid;
  if (by_slices) one.size[2] = 1;
  for (int f = 0; f < (by_slices ? 15 : 5); ++f) {
    DespeckledFrame& frame = result.frames.emplace_back();
    frame.noisy = Volume<float>(one);
    frame.found = Volume<float>(one);
    for (std::int64_t i = 0; i < frame.noisy.size(); ++i) {
      frame.noisy.data()[i] = static_cast<float>(1 + i % 2);
      frame.found.data()[i] = 1.5F;
    }
  }
  Volume<float> after = before.clone();
  for (float& v : after.values()) v += 1000;
  result.image = {std::move(after), "", {}, {}};
  return {std::move(before), "", {}, {}};
}

TEST(GivenRegions, AreMeasuredInTheMiddleFrame) {
  for (const bool by_slices : {true, false}) {
    Despeckled result;
    const Image image = series(result, by_slices);
    // The middle of fifteen slices is the middle slice of the third volume, as that of five volumes is.
    result.frames[by_slices ? 7 : 2].boxes = {{2, 1, 4, 3, by_slices ? 0 : 1}};
    const Table table = region_table(image, result);
    EXPECT_EQ(column(table, "width"), std::vector<double>{4});
    EXPECT_EQ(column(table, "mean_before"), std::vector<double>{210.5});
    EXPECT_EQ(column(table, "mean_after"), std::vector<double>{1210.5});
    EXPECT_EQ(column(table, "enl_before"), std::vector<double>{9});  // 1.5² / 0.25
    EXPECT_NEAR(column(table, "ratio_mean").at(0), 1, 1e-6);
  }
}

}  // namespace
}  // namespace sg::ultrasound

#include "core/grey.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace sg {
namespace {

Volume<std::uint8_t> picture(std::int64_t channels, OuterAxis outer = OuterAxis::channel) {
  Grid grid;
  grid.size = {2, 1, 1};
  Volume<std::uint8_t> volume(grid, channels, outer);
  for (std::int64_t i = 0; i < volume.size(); ++i) volume.data()[i] = static_cast<std::uint8_t>(10 * (i + 1));
  return volume;
}

TEST(Grey, IsTheLumaOfColourAndTheFirstChannelElse) {
  EXPECT_EQ(grey_of(picture(1)).data()[1], 20);
  EXPECT_EQ(grey_of(picture(2)).data()[1], 20);
  // Channels lie one after the other: R 10 20, G 30 40, B 50 60, and transparency.
  for (const std::int64_t channels : {3, 4}) {
    const Volume<float> grey = grey_of(picture(channels));
    ASSERT_EQ(grey.channels(), 1);
    EXPECT_FLOAT_EQ(grey.data()[0], 0.299F * 10 + 0.587F * 30 + 0.114F * 50);
    EXPECT_FLOAT_EQ(grey.data()[1], 0.299F * 20 + 0.587F * 40 + 0.114F * 60);
  }
}

TEST(Grey, RefusesSeriesAndManyChannels) {
  EXPECT_THROW(grey_of(picture(3, OuterAxis::time)), Error);
  EXPECT_THROW(grey_of(picture(5)), Error);
}

}  // namespace
}  // namespace sg

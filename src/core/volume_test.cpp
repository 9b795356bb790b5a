#include "core/volume.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::noise;
using test::oblique_grid;

TEST(Buffer, IsZeroAlignedAndReadablePastItsEnd) {
  for (std::int64_t n : {0, 1, 63, 1000, 5000000}) {
    const Buffer<float> buffer(n);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0U);
    for (std::int64_t i = 0; i < n + 16; ++i) ASSERT_EQ(buffer.data()[i], 0);
  }
}

TEST(Buffer, RefusesMoreThanThereIs) {
  EXPECT_EQ(error_of([] { Buffer<double>(std::int64_t{1} << 58); }), ErrorCode::resource);
}

TEST(Volume, LaysOutXFastestThenYZAndChannels) {
  Volume<std::int16_t> volume(grid_of_size({4, 3, 2}), 5);
  for (std::int64_t i = 0; i < volume.size(); ++i) volume.data()[i] = static_cast<std::int16_t>(i);
  EXPECT_EQ(volume.at(1, 2, 1, 3), 1 + 4 * (2 + 3 * (1 + 2 * 3)));
  EXPECT_EQ(volume.channel(2).front(), 2 * 24);
  EXPECT_EQ(volume.outer(), OuterAxis::channel);
  EXPECT_EQ(Volume<float>(grid_of_size({2, 2, 2})).outer(), OuterAxis::none);
  EXPECT_EQ(Volume<float>(grid_of_size({2, 2, 2}), 3, OuterAxis::time).outer(), OuterAxis::time);
}

TEST(Volume, CloneIsEqualAndApart) {
  Volume<float> volume = noise(oblique_grid({4, 3, 2}), 2);
  volume.set_time_step(1.5);
  Volume<float> copy = volume.clone();
  EXPECT_EQ(copy.grid(), volume.grid());
  EXPECT_EQ(copy.time_step(), 1.5);
  EXPECT_TRUE(std::ranges::equal(copy.values(), volume.values()));
  copy.data()[0] = 99;
  EXPECT_NE(volume.data()[0], 99);
  EXPECT_TRUE(Volume<float>().clone().empty());
}

TEST(Volume, RefusesBadGridsAndChannels) {
  Grid flat = grid_of_size({4, 4, 4});
  flat.spacing.x = 0;
  EXPECT_EQ(error_of([&] { Volume<float> volume(flat); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { Volume<float> volume(grid_of_size({4, 4, 4}), 0); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] {
              Volume<float> volume(grid_of_size({1 << 20, 1 << 19, 1}), 4);
            }),
            ErrorCode::invalid_input);
  Volume<float> volume(grid_of_size({4, 4, 4}));
  EXPECT_EQ(error_of([&] { volume.set_grid(grid_of_size({4, 4, 5})); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { volume.set_grid(flat); }), ErrorCode::invalid_input);
  EXPECT_NO_THROW(volume.set_grid(oblique_grid({4, 4, 4})));
}

TEST(ConvertedTo, RoundsClampsAndTurnsNanToZero) {
  Volume<float> source(grid_of_size({6, 1, 1}));
  const float values[] = {
      1.6F, -2.4F, 300, -9, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  std::copy_n(values, 6, source.data());
  const Volume<std::uint8_t> bytes = converted_to<std::uint8_t>(AnyVolume(source.clone()));
  EXPECT_EQ(std::vector<int>(bytes.values().begin(), bytes.values().end()),
            (std::vector<int>{2, 0, 255, 0, 0, 255}));
  const Volume<std::int16_t> shorts = converted_to<std::int16_t>(AnyVolume(source.clone()));
  EXPECT_EQ(shorts.data()[1], -2);
  EXPECT_EQ(shorts.data()[5], 32767);
  const AnyVolume doubles = converted_to<double>(AnyVolume(std::move(source)));
  EXPECT_EQ(scalar_name(doubles), "float64");
  EXPECT_TRUE(std::isnan(std::get<Volume<double>>(doubles).data()[4]));
}

TEST(ConvertedTo, KeepsGridAndOuterAxis) {
  Volume<std::int32_t> series(oblique_grid({3, 2, 2}), 4, OuterAxis::time);
  series.set_time_step(0.72);
  series.at(2, 1, 1, 3) = -2147483647;
  const AnyVolume any = std::move(series);
  EXPECT_EQ(channels_of(any), 4);
  const Volume<double> result = converted_to<double>(any);
  EXPECT_EQ(result.grid(), grid_of(any));
  EXPECT_EQ(result.outer(), OuterAxis::time);
  EXPECT_EQ(result.time_step(), 0.72);
  EXPECT_EQ(result.at(2, 1, 1, 3), -2147483647.0);
}

TEST(ScalarName, NamesEveryType) {
  const Grid grid;
  EXPECT_EQ(scalar_name(Volume<std::uint8_t>(grid)), "uint8");
  EXPECT_EQ(scalar_name(Volume<std::int8_t>(grid)), "int8");
  EXPECT_EQ(scalar_name(Volume<std::uint16_t>(grid)), "uint16");
  EXPECT_EQ(scalar_name(Volume<std::int16_t>(grid)), "int16");
  EXPECT_EQ(scalar_name(Volume<std::uint32_t>(grid)), "uint32");
  EXPECT_EQ(scalar_name(Volume<std::int32_t>(grid)), "int32");
  EXPECT_EQ(scalar_name(Volume<float>(grid)), "float32");
}

}  // namespace
}  // namespace sg

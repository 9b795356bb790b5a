#include <gtest/gtest.h>

#include "io/gzip.h"
#include "io/image_io.h"
#include "io/io_fixture.h"

// Every format × every scalar type × shape: what is written is read back.

namespace sg::io {
namespace {

void expect_same_place(const Grid& expected, const Grid& actual) {
  EXPECT_TRUE(actual.same_as(expected, 1e-5)) << actual.describe() << " against " << expected.describe();
  for (int axis = 0; axis < 3; ++axis) EXPECT_NEAR(actual.spacing[axis], expected.spacing[axis], 1e-6);
}

template <class T>
class RoundTrip : public ::testing::Test {
 public:
  Image through(const Volume<T>& volume, const std::string& name) {
    write_image(volume, folder_ / name);
    return read_image(folder_ / name);
  }

 private:
  TemporaryFolder folder_;
};

using Scalars = ::testing::Types<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                                 std::int32_t, float, double>;
TYPED_TEST_SUITE(RoundTrip, Scalars);

const char* const volume_names[] = {"v.nii", "v.nii.gz", "v.nrrd", "v.mha", "v.mhd"};

TYPED_TEST(RoundTrip, Volume) {
  const auto volume = noise<TypeParam>(oblique_grid());
  for (const char* name : volume_names) {
    SCOPED_TRACE(name);
    const Image image = this->through(volume, name);
    expect_same_voxels(volume, image.voxels);
    expect_same_place(volume.grid(), grid_of(image.voxels));
    EXPECT_TRUE(image.warnings.empty()) << image.warnings.front();
  }
}

TYPED_TEST(RoundTrip, Slice) {
  const auto volume = noise<TypeParam>(oblique_grid({5, 4, 1}));
  for (const char* name : volume_names) {
    SCOPED_TRACE(name);
    const Image image = this->through(volume, name);
    expect_same_voxels(volume, image.voxels);
    expect_same_place(volume.grid(), grid_of(image.voxels));
  }
}

TYPED_TEST(RoundTrip, Channels) {
  for (const std::int64_t channels : {2, 3, 4, 7}) {
    const auto volume = noise<TypeParam>(oblique_grid(), channels, OuterAxis::channel);
    for (const char* name : volume_names) {
      SCOPED_TRACE(std::string(name) + " " + std::to_string(channels));
      const Image image = this->through(volume, name);
      expect_same_voxels(volume, image.voxels);
      expect_same_place(volume.grid(), grid_of(image.voxels));
    }
  }
}

TYPED_TEST(RoundTrip, TimeSeries) {
  auto volume = noise<TypeParam>(oblique_grid(), 6, OuterAxis::time);
  volume.set_time_step(2.5);
  for (const char* name : volume_names) {
    SCOPED_TRACE(name);
    const Image image = this->through(volume, name);
    expect_same_voxels(volume, image.voxels);
    expect_same_place(volume.grid(), grid_of(image.voxels));
    EXPECT_DOUBLE_EQ(std::visit([](const auto& v) { return v.time_step(); }, image.voxels), 2.5);
  }
}

TYPED_TEST(RoundTrip, Tiff) {
  Grid grid;
  grid.size = {37, 21, 3};
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    SCOPED_TRACE(channels);
    const auto volume = noise<TypeParam>(grid, channels, channels > 1 ? OuterAxis::channel : OuterAxis::none);
    expect_same_voxels(volume, this->through(volume, "v.tif").voxels);
  }
}

TYPED_TEST(RoundTrip, PngHoldsUnsigned8And16Only) {
  Grid grid;
  grid.size = {19, 11, 1};
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    SCOPED_TRACE(channels);
    const auto volume = noise<TypeParam>(grid, channels, channels > 1 ? OuterAxis::channel : OuterAxis::none);
    if constexpr (std::is_same_v<TypeParam, std::uint8_t> || std::is_same_v<TypeParam, std::uint16_t>) {
      expect_same_voxels(volume, this->through(volume, "v.png").voxels);
    } else {
      expect_error(ErrorCode::unsupported_format, "PNG cannot hold", [&] { this->through(volume, "v.png"); });
    }
  }
}

TEST(RoundTripShapes, TheSmallestAndTheLongest) {
  const TemporaryFolder folder;
  for (const std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{1, 1, 1}, {40000, 1, 1}, {1, 1, 7}}) {
    const auto volume = noise<std::int16_t>(oblique_grid(size));
    for (const char* name : volume_names) {
      SCOPED_TRACE(std::string(name) + " " + volume.grid().describe());
      write_image(volume, folder / name);
      const Image image = read_image(folder / name);
      expect_same_voxels(volume, image.voxels);
      expect_same_place(volume.grid(), grid_of(image.voxels));
      if (size[0] > 32767 && std::string(name) == "v.nii") {
        EXPECT_EQ(image.format, "NIfTI-2");
      }
    }
  }
}

TEST(RoundTripShapes, ShearedAxesAreKept) {
  const TemporaryFolder folder;
  Grid grid = oblique_grid();
  grid.direction = rotation({0.1, 0.2, 0.3}) * Mat3{{{{1, 0, 0.3}, {0, 1, 0}, {0, 0, std::sqrt(1 - 0.09)}}}};
  const auto volume = noise<std::int16_t>(grid);
  for (const char* name : volume_names) {
    SCOPED_TRACE(name);
    write_image(volume, folder / name);
    const Image image = read_image(folder / name);
    expect_same_place(grid, grid_of(image.voxels));
    ASSERT_EQ(image.warnings.size(), 1U);
    EXPECT_NE(image.warnings[0].find("not perpendicular"), std::string::npos);
  }
}

TEST(RoundTripShapes, MetadataSurvivesInItsOwnFormatOnly) {
  const TemporaryFolder folder;
  Image image{noise<std::uint8_t>(oblique_grid()),
              "NRRD",
              {{"Modality", "MR"}, {"two\nlines", "x"}, {"note", "a\nb"}},
              {}};
  write_image(image, folder / "a.nrrd");
  const auto back = read_image(folder / "a.nrrd").metadata;
  EXPECT_EQ(back.at("Modality"), "MR");
  EXPECT_EQ(back.at("note"), "a b");
  EXPECT_EQ(back.size(), 2U);
  write_image(image, folder / "a.mha");
  EXPECT_FALSE(read_image(folder / "a.mha").metadata.contains("Modality"));
  image.format = "MetaImage";
  write_image(image, folder / "a.mha");
  EXPECT_EQ(read_image(folder / "a.mha").metadata.at("Modality"), "MR");
  image.format = "NIfTI-1";
  image.metadata = {
      {"descrip", "made up"}, {"intent_code", "1002"}, {"intent_name", "labels"}, {"aux_file", "x"}};
  write_image(image, folder / "a.nii");
  for (const auto& [key, value] : image.metadata) {
    EXPECT_EQ(read_image(folder / "a.nii").metadata.at(key), value) << key;
  }
}

TEST(RoundTripShapes, PixelSizeOfPictures) {
  const TemporaryFolder folder;
  Grid grid;
  grid.size = {8, 6, 1};
  grid.spacing = {0.25, 0.5, 1};
  const auto picture = noise<std::uint8_t>(grid);
  for (const char* name : {"a.png", "a.tif"}) {
    write_image(picture, folder / name);
    const Image image = read_image(folder / name);
    EXPECT_EQ(grid_of(image.voxels).spacing, grid.spacing) << name;
    EXPECT_EQ(image.metadata.at("pixel_size"), "stated");
  }
  write_image(picture, folder / "a.jpg");
  Image unknown = read_image(folder / "a.jpg");
  EXPECT_EQ(grid_of(unknown.voxels).spacing, (Vec3{1, 1, 1}));
  EXPECT_EQ(unknown.metadata.at("pixel_size"), "unknown");
  EXPECT_EQ(unknown.warnings.size(), 1U);
}

TEST(RoundTripShapes, JpegIsCloseAtQuality95) {
  const TemporaryFolder folder;
  Grid grid;
  grid.size = {64, 48, 1};
  for (const std::int64_t channels : {1, 3}) {
    Volume<std::uint8_t> picture(grid, channels, channels > 1 ? OuterAxis::channel : OuterAxis::none);
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t y = 0; y < 48; ++y) {
        for (std::int64_t x = 0; x < 64; ++x)
          picture.at(x, y, 0, c) = static_cast<std::uint8_t>(2 * x + y + 30 * c);
      }
    }
    write_image(picture, folder / "a.jpg");
    const Image image = read_image(folder / "a.jpg");
    const auto& back = std::get<Volume<std::uint8_t>>(image.voxels);
    ASSERT_EQ(back.channels(), channels);
    for (std::int64_t i = 0; i < picture.size(); ++i) ASSERT_NEAR(back.data()[i], picture.data()[i], 6);
  }
}

}  // namespace
}  // namespace sg::io

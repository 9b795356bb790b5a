#include "io/image_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "io/image_io.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

void write_pixel(const fs::path& path, std::uint8_t value) {
  fs::create_directories(path.parent_path());
  Grid grid;
  grid.size = {1, 1, 1};
  Volume<std::uint8_t> pixel(grid);
  pixel.data()[0] = value;
  write_image(pixel, path);
}

TEST(ImageFolder, ListsImagesByNameBelowAFolderAndPassesOverTheRest) {
  const TemporaryFolder folder;
  write_pixel(folder / "b.png", 2);
  write_pixel(folder / "a/c.png", 1);
  write_pixel(folder / "z.nii.gz", 3);
  write_pixel(folder / ".hidden/d.png", 9);
  write_pixel(folder / ".e.png", 9);
  std::ofstream(folder / "notes.txt") << "no image";
  fs::create_symlink("nowhere.png", folder / "link.png");
  fs::create_symlink("b.png", folder / "other");  // told by content
  const ImageFolder images = ImageFolder::open(folder.path());
  ASSERT_EQ(images.size(), 4U);
  EXPECT_EQ(images.name(0), "a/c.png");
  EXPECT_EQ(images.name(1), "b.png");
  EXPECT_EQ(images.name(2), "other");
  EXPECT_EQ(images.format(3), "NIfTI");
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(images.image(0).voxels).data()[0], 1);
  EXPECT_EQ(images.labels(3).voxels.data()[0], 3);
}

TEST(ImageFolder, CountsAHeaderWithItsVoxelsOnce) {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.hdr") << "x";
  std::ofstream(folder / "a.img") << "x";
  std::ofstream(folder / "b.hdr.gz") << "x";
  std::ofstream(folder / "b.img.gz") << "x";
  const ImageFolder images = ImageFolder::open(folder.path());
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images.name(0), "a.hdr");
  EXPECT_EQ(images.name(1), "b.hdr.gz");
}

TEST(ImageFolder, TakesASingleFileAndRefusesWhatHoldsNone) {
  const TemporaryFolder folder;
  write_pixel(folder / "one.png", 7);
  EXPECT_EQ(ImageFolder::open(folder / "one.png").size(), 1U);
  EXPECT_EQ(ImageFolder::open(folder / "one.png").name(0), "one.png");
  std::ofstream(folder / "notes.txt") << "no image";
  fs::create_directory(folder / "empty");
  expect_error(ErrorCode::unsupported_format, "is no image that is known here",
               [&] { ImageFolder::open(folder / "notes.txt"); });
  expect_error(ErrorCode::invalid_input, "holds no image", [&] { ImageFolder::open(folder / "empty"); });
  expect_error(ErrorCode::not_found, "nowhere", [&] { ImageFolder::open(folder / "nowhere"); });
}

}  // namespace
}  // namespace sg::io

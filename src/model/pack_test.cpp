#include "model/pack.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"
#include "core/test_folder.h"
#include "io/image_io.h"

namespace sg::model {
namespace {

namespace fs = std::filesystem;

/// 2×3×4 voxels of 1 mm that are numbered, with axes to the left, back and up (LPS).
template <class T>
Volume<T> numbered(double spacing = 1) {
  Grid grid;
  grid.size = {2, 3, 4};
  grid.spacing = {spacing, spacing, spacing};
  Volume<T> volume(grid);
  for (std::int64_t i = 0; i < volume.size(); ++i) volume.data()[i] = static_cast<T>(i);
  return volume;
}

PackOptions with(PackContent content) {
  PackOptions options;
  options.content = content;
  options.source = "made up";
  options.licence = "CC0-1.0";
  return options;
}

std::string refusal(const fs::path& folder, const PackOptions& options) {
  try {
    pack(io::ImageFolder::open(folder), options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Pack, LaysLabelsFromLeftToRightBackToFrontBottomToTop) {
  const TestFolder folder;
  io::write_labels({converted_to<std::int32_t>(numbered<std::uint8_t>()), {}}, folder.at("a.nii.gz"));
  const TensorPack packed = pack(io::ImageFolder::open(folder.path), with(PackContent::labels));
  ASSERT_EQ(packed.items.size(), 1U);
  EXPECT_EQ(packed.items[0].name, "labels.a");
  EXPECT_EQ(packed.items[0].dtype, nn::DType::u8);
  EXPECT_EQ(packed.items[0].shape, (nn::Shape{4, 3, 2}));
  for (int z = 0, i = 0; z < 4; ++z)
    for (int y = 0; y < 3; ++y)
      for (int x = 0; x < 2; ++x, ++i) EXPECT_EQ(packed.items[0].bytes[i], (z * 3 + 2 - y) * 2 + 1 - x) << i;
  EXPECT_EQ(packed.metadata, (nn::Metadata{{"spacing", "1"}, {"source", "made up"}, {"licence", "CC0-1.0"}}));
}

TEST(Pack, RelabelsAndWidens) {
  const TestFolder folder;
  io::write_labels({converted_to<std::int32_t>(numbered<std::uint8_t>(2)), {}}, folder.at("a.nii.gz"));
  PackOptions options = with(PackContent::labels);
  options.becomes = {{3, 300}, {5, 7}};
  const TensorPack packed = pack(io::ImageFolder::open(folder.path), options);
  EXPECT_EQ(packed.items[0].dtype, nn::DType::i16);
  EXPECT_EQ(packed.items[0].shape, (nn::Shape{8, 6, 4}));  // 2 mm to 1 mm
  std::map<int, int> counts;
  for (std::size_t i = 0; i < packed.items[0].bytes.size(); i += 2) {
    std::int16_t label = 0;
    std::memcpy(&label, packed.items[0].bytes.data() + i, 2);
    ++counts[label];
  }
  EXPECT_EQ(counts, (std::map<int, int>{{0, 192 - 16}, {7, 8}, {300, 8}}));
  const Table table = contents(packed);
  ASSERT_EQ(table.columns.size(), 5U);
  EXPECT_EQ(std::get<0>(table.columns[4].values), std::vector<double>{2});
}

TEST(Pack, KeepsEightBitsAndMakesLargePicturesSmaller) {
  const TestFolder folder;
  Grid grid;
  grid.size = {64, 32, 1};
  Volume<std::uint8_t> grey(grid);
  for (std::uint8_t& value : grey.values()) value = 77;
  io::write_image(grey, folder.at("p.png"));
  io::write_image(numbered<float>(), folder.at("q.nii.gz"));
  fs::create_directory(folder.at("sub"));
  io::write_image(grey, folder.at("sub/p.png"));
  io::write_image(grey, folder.at("sub/p.jpg"));
  PackOptions options = with(PackContent::images);
  options.longest_side = 16;
  const TensorPack packed = pack(io::ImageFolder::open(folder.path), options);
  ASSERT_EQ(packed.items.size(), 4U);
  EXPECT_EQ(packed.items[0].name, "images.p");
  EXPECT_EQ(packed.items[0].shape, (nn::Shape{1, 8, 16}));
  EXPECT_EQ(packed.items[0].bytes, std::vector<std::uint8_t>(128, 77));
  EXPECT_EQ(packed.items[1].dtype, nn::DType::f32);
  EXPECT_EQ(packed.items[1].shape, (nn::Shape{4, 3, 2}));
  EXPECT_EQ(packed.items[2].name, "images.sub/p.jpg");
  EXPECT_EQ(packed.items[3].name, "images.sub/p.png");
  EXPECT_FALSE(packed.metadata.contains("spacing"));

  write_pack(packed, folder.at("pack.safetensors"));
  const nn::TensorFile file = nn::TensorFile::open(folder.at("pack.safetensors"));
  EXPECT_EQ(file.names().size(), 4U);
  EXPECT_EQ(file.metadata().at("licence"), "CC0-1.0");
  EXPECT_FLOAT_EQ(file.tensor("images.q").data()[23], 23);
}

TEST(Pack, NamesTheImageThatCannotBePacked) {
  const TestFolder folder;
  Volume<float> wrong = numbered<float>();
  wrong.data()[3] = -2;
  io::write_image(wrong, folder.at("a.nii.gz"));
  EXPECT_EQ(refusal(folder.path, with(PackContent::labels)),
            "a.nii.gz holds the label -2, expected 0 to 32767");
  wrong.data()[3] = std::numeric_limits<float>::infinity();
  io::write_image(wrong, folder.at("a.nii.gz"));
  EXPECT_EQ(refusal(folder.path, with(PackContent::images)), "a.nii.gz holds inf, expected finite values");
  PackOptions silent = with(PackContent::images);
  silent.licence = "";
  EXPECT_EQ(refusal(folder.path, silent), "licence is empty, expected under which licence they may be used");
}

}  // namespace
}  // namespace sg::model

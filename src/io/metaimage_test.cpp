#include "io/metaimage.h"

#include <gtest/gtest.h>

#include "io/image_io.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

Image read(const std::string& text) { return read_metaimage(as_bytes(text)); }

std::string header(const std::string& lines, const std::string& type = "MET_UCHAR",
                   const std::string& size = "2 3 1") {
  return "ObjectType = Image\nNDims = 3\nDimSize = " + size + "\n" + lines + "ElementType = " + type +
         "\nElementDataFile = LOCAL\nabcdef";
}
const std::string spaced = "ElementSpacing = 0.5 2 3\nOffset = 1 2 3\n";

TEST(MetaImage, ReadsAHandWrittenHeader) {
  const Image image = read(header(spaced + "Modality = MET_MOD_MR\n"));
  const auto& volume = std::get<Volume<std::uint8_t>>(image.voxels);
  EXPECT_EQ(volume.grid().spacing, (Vec3{0.5, 2, 3}));
  EXPECT_EQ(volume.grid().origin, (LpsPoint{1, 2, 3}));
  EXPECT_EQ(volume.at(1, 2, 0), 'f');
  EXPECT_EQ(image.metadata.at("Modality"), "MET_MOD_MR");
  EXPECT_EQ(image.metadata.size(), 1U);
  EXPECT_TRUE(image.warnings.empty());
}

TEST(MetaImage, OtherSpellingsOfKeys) {
  const Grid grid = grid_of(
      read(header("ElementSize = 0.5 2 3\nPosition = 1 2 3\nOrientation = 0 1 0 -1 0 0 0 0 1\n")).voxels);
  EXPECT_EQ(grid.spacing, (Vec3{0.5, 2, 3}));
  EXPECT_EQ(grid.origin, (LpsPoint{1, 2, 3}));
  EXPECT_EQ(grid.direction.column(0), (Vec3{0, 1, 0})) << "rows of the matrix are the axes' directions";
  EXPECT_EQ(grid.direction.column(1), (Vec3{-1, 0, 0}));
  EXPECT_EQ(grid_of(read(header("DistanceUnits = cm\n" + spaced)).voxels).spacing.x, 5);
  EXPECT_EQ(read(header("DistanceUnits = inch\n" + spaced)).warnings.size(), 1U);
  EXPECT_EQ(read(header("")).warnings.size(), 1U) << "no spacing";
}

TEST(MetaImage, Encodings) {
  const std::string big = "ObjectType = Image\nNDims = 2\nDimSize = 2 1\nElementSpacing = 1 1\n";
  const auto second = [](const Image& image) {
    return std::get<Volume<std::int16_t>>(image.voxels).data()[1];
  };
  const std::string tail = "ElementType = MET_SHORT\nElementDataFile = LOCAL\n";
  EXPECT_EQ(second(read(big + "BinaryDataByteOrderMSB = True\n" + tail + std::string("\x00\x01\x01\x2C", 4))),
            300);
  EXPECT_EQ(second(read(big + "ElementByteOrderMSB = True\nHeaderSize = 2\n" + tail +
                        std::string("xx\x00\x01\x01\x2C", 6))),
            300);
  EXPECT_EQ(second(read(big + "HeaderSize = -1\n" + tail + std::string("junk\x01\x00\x2C\x01", 8))), 300);
  EXPECT_EQ(second(read(big + "BinaryData = False\n" + tail + "1\n300\n")), 300);
}

TEST(MetaImage, DetachedData) {
  const TemporaryFolder folder;
  const auto volume = noise<std::int16_t>(oblique_grid());
  write_image(volume, folder / "a.mhd");
  EXPECT_TRUE(std::filesystem::exists(folder / "a.raw"));
  const std::string text(as_text(read_file(folder / "a.mhd")));
  expect_error(ErrorCode::unsupported_format, "'a.raw', which is out of reach", [&] { read(text); });
  const auto renamed = [&](const std::string& name) {
    std::string other = text;
    other.replace(other.find("a.raw"), 5, name);
    write_file(folder / "b.mhd", other);
    return read_image(folder / "b.mhd");
  };
  write_file(folder / "c.bin", read_file(folder / "a.raw"));
  expect_same_voxels(volume, renamed("c.bin").voxels);
  expect_error(ErrorCode::forbidden, "'/etc/passwd'", [&] { renamed("/etc/passwd"); });
  expect_error(ErrorCode::not_found, "d.raw", [&] { renamed("d.raw"); });
  expect_error(ErrorCode::unsupported_format, "several files (ElementDataFile = LIST)",
               [&] { renamed("LIST"); });
  expect_error(ErrorCode::unsupported_format, "several files", [&] { renamed("s%03d.raw 1 3 1"); });
}

TEST(MetaImage, CompressedDetachedData) {
  const TemporaryFolder folder;
  const auto volume = noise<std::int16_t>(oblique_grid());
  const Bytes local = write_metaimage(volume);
  std::string text(as_text(local));
  const std::size_t end = text.find("LOCAL\n");
  write_file(folder / "a.zraw", text.substr(end + 6));
  write_file(folder / "a.mhd", text.substr(0, end) + "a.zraw\n");
  expect_same_voxels(volume, read_image(folder / "a.mhd").voxels);
}

TEST(MetaImageErrors, NameTheKeyAndTheValue) {
  const auto bad = [](const std::string& part, const std::string& text,
                      ErrorCode code = ErrorCode::invalid_input) {
    expect_error(code, part, [&] { read(text); });
  };
  bad("no ElementDataFile", "NDims = 3\n");
  bad("line 'nonsense' is not", "NDims = 3\nnonsense\n");
  bad("no NDims", "ObjectType = Image\nElementDataFile = LOCAL\n");
  bad("no DimSize", "NDims = 3\nElementDataFile = LOCAL\n");
  bad("no ElementType", "NDims = 3\nDimSize = 1 1 1\nElementDataFile = LOCAL\n");
  bad("NDims = 7", "NDims = 7\nElementDataFile = LOCAL\n", ErrorCode::unsupported_format);
  bad("NDims is 'x'", "NDims = x\nElementDataFile = LOCAL\n");
  bad("ObjectType 'Tube'", "ObjectType = Tube\nElementDataFile = LOCAL\n", ErrorCode::unsupported_format);
  bad("ElementType is 'MET_STRANGE'", header(spaced, "MET_STRANGE"));
  bad("DimSize is '2 3'", header(spaced, "MET_UCHAR", "2 3"));
  bad("DimSize is '2 0 1'", header(spaced, "MET_UCHAR", "2 0 1"));
  bad("DimSize is '2 3.5 1'", header(spaced, "MET_UCHAR", "2 3.5 1"));
  bad("ElementSpacing is '0'", header("ElementSpacing = 1 0 1\n"));
  bad("ElementSpacing is 'nan'", header("ElementSpacing = 1 nan 1\n"));
  bad("ElementSpacing is '1 a 1'", header("ElementSpacing = 1 a 1\n"));
  bad("gives inf as origin along axis 3", header("Offset = 0 0 inf\n"));
  bad("not invertible", header("TransformMatrix = 1 0 0 1 0 0 0 0 1\n"));
  bad("expected 9 numbers", header("TransformMatrix = 1 0 0\n"));
  bad("HeaderSize is '-2'", header("HeaderSize = -2\n"));
  bad("0 values a voxel", header("ElementNumberOfChannels = 0\n"));
  bad("2 time points of 3 channels",
      "NDims = 4\nDimSize = 1 1 1 2\nElementNumberOfChannels = 3\nElementType = MET_UCHAR\nElementDataFile = "
      "LOCAL\n",
      ErrorCode::unsupported_format);
  bad("ElementDataFile is ''", "NDims = 3\nDimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile =\n");
}

TEST(MetaImageErrors, TruncationTellsExpectedAndPresentBytes) {
  std::string text = header(spaced);
  text.resize(text.size() - 2);
  expect_error(ErrorCode::invalid_input, "need 6 bytes, the file holds 4", [&] { read(text); });
  expect_error(ErrorCode::invalid_input, "need 1458000000 bytes, the file holds 6 compressed",
               [&] { read(header(spaced + "CompressedData = True\n", "MET_SHORT", "9000 9000 9")); });
}

}  // namespace
}  // namespace sg::io

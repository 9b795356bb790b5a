#include "io/nrrd.h"

#include <gtest/gtest.h>

#include <cstring>

#include "io/gzip.h"
#include "io/image_io.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

Image read(const std::string& text) { return read_nrrd(as_bytes(text)); }

/// A 2×3×1 uchar image with these further header lines and raw data "abcdef".
std::string header(const std::string& lines, const std::string& dimension = "dimension: 3\nsizes: 2 3 1\n") {
  return "NRRD0004\n# a comment\ntype: uchar\n" + dimension + lines + "encoding: raw\n\nabcdef";
}
const std::string placed =
    "space: left-posterior-superior\nspace directions: (0.5,0,0) (0,2,0) (0,0,3)\nspace origin: (1,2,3)\n";

void replace(std::string& text, const std::string& from, const std::string& to) {
  ASSERT_NE(text.find(from), std::string::npos);
  text.replace(text.find(from), from.size(), to);
}

TEST(Nrrd, ReadsAHandWrittenHeader) {
  const Image image = read(header(placed + "kinds: domain domain domain\nsome key:=its value\n"));
  const auto& volume = std::get<Volume<std::uint8_t>>(image.voxels);
  EXPECT_EQ(volume.grid().size, (std::array<std::int64_t, 3>{2, 3, 1}));
  EXPECT_EQ(volume.grid().spacing, (Vec3{0.5, 2, 3}));
  EXPECT_EQ(volume.grid().origin, (LpsPoint{1, 2, 3}));
  EXPECT_EQ(volume.at(1, 2, 0), 'f');
  EXPECT_EQ(image.metadata.at("some key"), "its value");
  EXPECT_TRUE(image.warnings.empty());
}

TEST(Nrrd, CarriageReturnsAndBlanksAreTolerated) {
  std::string text =
      header("space: RAS\nspace directions: (0.5, 0, 0)  (0,2,0) (0,0,3)\nspaceorigin: ( 1, 2,3 )\n");
  std::string dos;
  for (char c : text) dos += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::string& form : {text, dos}) {
    const Grid grid = grid_of(read(form).voxels);
    EXPECT_EQ(grid.origin, (LpsPoint{-1, -2, 3}));
    EXPECT_EQ(grid.orientation(), "RAS");
  }
}

TEST(Nrrd, SpacesBecomeLps) {
  const auto origin = [](const std::string& space) {
    return grid_of(read(header("space: " + space +
                               "\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (1,2,3)\n"))
                       .voxels)
        .origin;
  };
  EXPECT_EQ(origin("LPS"), (LpsPoint{1, 2, 3}));
  EXPECT_EQ(origin("right-anterior-superior"), (LpsPoint{-1, -2, 3}));
  EXPECT_EQ(origin("left-anterior-superior"), (LpsPoint{1, -2, 3}));
  const Image scanner = read(header("space: scanner-xyz\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"));
  ASSERT_EQ(scanner.warnings.size(), 1U);
  EXPECT_NE(scanner.warnings[0].find("'scanner-xyz' is not anatomical"), std::string::npos);
}

TEST(Nrrd, SpaceUnitsBecomeMillimetres) {
  const Grid grid = grid_of(read(header(placed + "space units: \"cm\" \"um\" \"mm\"\n")).voxels);
  EXPECT_NEAR(grid.spacing.x, 5, 1e-12);
  EXPECT_NEAR(grid.spacing.y, 0.002, 1e-12);
  EXPECT_EQ(grid.origin, (LpsPoint{10, 0.002, 3}));
  EXPECT_EQ(read(header(placed + "space units: \"furlong\" \"mm\" \"mm\"\n")).warnings.size(), 1U);
}

TEST(Nrrd, OlderFilesHaveSpacingsOrMinimaAndMaxima) {
  const Grid spaced = grid_of(read(header("spacings: 0.5 2 3\n")).voxels);
  EXPECT_EQ(spaced.spacing, (Vec3{0.5, 2, 3}));
  EXPECT_EQ(spaced.direction, Mat3{});
  const Grid cells = grid_of(read(header("axis mins: 0 0 0\naxis maxs: 1 6 3\n")).voxels);
  EXPECT_EQ(cells.spacing, (Vec3{0.5, 2, 3}));
  EXPECT_EQ(cells.origin, (LpsPoint{0.25, 1, 1.5}));
  const Grid nodes =
      grid_of(read(header("axis mins: 0 0 0\naxis maxs: 1 6 3\ncenterings: node node cell\n")).voxels);
  EXPECT_EQ(nodes.spacing, (Vec3{1, 3, 3}));
  EXPECT_EQ(nodes.origin, (LpsPoint{0, 0, 1.5}));
  EXPECT_EQ(grid_of(read(header("spacings: 0.5 2 3\nunits: \"cm\" \"mm\" \"mm\"\n")).voxels).spacing.x, 5);
  EXPECT_EQ(read(header("")).warnings.size(), 4U) << "no direction, and no spacing for each axis";
}

TEST(Nrrd, ListAxesFirstOrLast) {
  const std::string first = "dimension: 4\nsizes: 3 2 1 1\n";
  const std::string none_first =
      "space: LPS\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: RGB-color domain domain domain\n";
  const Image interleaved = read(header(none_first, first));
  const auto& colours = std::get<Volume<std::uint8_t>>(interleaved.voxels);
  EXPECT_EQ(colours.outer(), OuterAxis::channel);
  EXPECT_EQ(colours.channels(), 3);
  EXPECT_EQ(colours.at(1, 0, 0, 0), 'd');
  const std::string last = "dimension: 4\nsizes: 2 1 1 3\n";
  const std::string none_last = "space: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1) none\n";
  const Image planar = read(header(none_last + "kinds: domain domain domain list\n", last));
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(planar.voxels).at(1, 0, 0, 2), 'f');
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(planar.voxels).outer(), OuterAxis::channel);
  const Image time = read(header(
      none_last +
          "kinds: domain domain domain time\nspacings: nan nan nan 250\nunits: \"\" \"\" \"\" \"ms\"\n",
      last));
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(time.voxels).outer(), OuterAxis::time);
  EXPECT_DOUBLE_EQ(std::get<Volume<std::uint8_t>>(time.voxels).time_step(), 0.25);
  const Image four = read(header(
      "space: left-posterior-superior-time\nspace directions: (1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,2)\n"
      "kinds: space space space time\n",
      last));
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(four.voxels).outer(), OuterAxis::time);
  EXPECT_DOUBLE_EQ(std::get<Volume<std::uint8_t>>(four.voxels).time_step(), 2);
}

TEST(Nrrd, TwoDimensionsAreOneSlice) {
  const Grid flat = grid_of(read(header("spacings: 2 3\n", "dimension: 2\nsizes: 3 2\n")).voxels);
  EXPECT_TRUE(flat.is_2d());
  EXPECT_EQ(flat.spacing, (Vec3{2, 3, 1}));
  const Grid tilted = grid_of(
      read(header("space: LPS\nspace directions: (0,2,0) (0,0,3)\n", "dimension: 2\nsizes: 3 2\n")).voxels);
  EXPECT_EQ(tilted.direction.column(2), (Vec3{1, 0, 0}));
}

TEST(Nrrd, Encodings) {
  const std::string head = "NRRD0004\ntype: short\ndimension: 2\nsizes: 2 2\nspacings: 1 1\n";
  const auto values = [](const Image& image) {
    const auto& volume = std::get<Volume<std::int16_t>>(image.voxels);
    return std::vector<int>(volume.values().begin(), volume.values().end());
  };
  const std::vector<int> expected{1, -2, 300, 4};
  EXPECT_EQ(values(read(head + "encoding: ascii\n\n1 -2,300\n 4 ")), expected);
  const std::string big("\x00\x01\xFF\xFE\x01\x2C\x00\x04", 8);
  EXPECT_EQ(values(read(head + "endian: big\nencoding: raw\n\n" + big)), expected);
  EXPECT_EQ(values(read(head + "endian: big\nencoding: raw\nbyte skip: 3\nline skip: 1\n\nskipped line\nxyz" +
                        big)),
            expected);
  EXPECT_EQ(values(read(head + "endian: big\nencoding: raw\nbyte skip: -1\n\nanything" + big)), expected);
  const Bytes packed = compressed(as_bytes("xy" + big), Envelope::gzip);
  const std::string zipped(as_text(packed));
  EXPECT_EQ(values(read(head + "endian: big\nencoding: gzip\nbyte skip: 2\n\n" + zipped)), expected);
  EXPECT_EQ(values(read(head + "endian: big\nencoding: gz\nbyte skip: -1\n\n" + zipped)), expected);
  EXPECT_NE(read(head + "encoding: raw\n\n" + big).warnings.back().find("byte order"), std::string::npos);
}

TEST(Nrrd, DetachedData) {
  const TemporaryFolder folder;
  std::string text = header(placed);
  replace(text, "\n\nabcdef", "\ndata file: voxels.raw\n");
  write_file(folder / "a.nhdr", text);
  write_file(folder / "voxels.raw", "ABCDEF");
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(read_image(folder / "a.nhdr").voxels).at(1, 2, 0), 'F');
  expect_error(ErrorCode::unsupported_format, "'voxels.raw', which is out of reach", [&] { read(text); });
  replace(text, "voxels.raw", "../voxels.raw");
  write_file(folder / "a.nhdr", text);
  expect_error(ErrorCode::forbidden, "expected a file in the header's folder",
               [&] { read_image(folder / "a.nhdr"); });
  for (const char* several : {"LIST\na.raw", "slice%03d.raw 1 3 1"}) {
    std::string list = header(placed);
    replace(list, "\n\nabcdef", std::string("\ndata file: ") + several + "\n");
    expect_error(ErrorCode::unsupported_format, "several files", [&] { read(list); });
  }
}

TEST(NrrdErrors, NameTheFieldAndTheValue) {
  const auto bad = [](const std::string& part, const std::string& text,
                      ErrorCode code = ErrorCode::invalid_input) {
    expect_error(code, part, [&] { read(text); });
  };
  bad("it begins with 'no'", "no");
  bad("version 'NRRD0009'", "NRRD0009\n", ErrorCode::unsupported_format);
  bad("lacks the field 'dimension'", "NRRD0004\ntype: uchar\n\n");
  bad("line 'nonsense' is neither", "NRRD0004\nnonsense\n\n");
  bad("'dimension' is '99'", header("", "dimension: 99\nsizes: 1\n"));
  bad("lacks the field 'sizes'", header("", "dimension: 3\n"));
  bad("'sizes' is '2 3', expected 3 values", header("", "dimension: 3\nsizes: 2 3\n"));
  bad("'sizes' is '2 0 1'", header("", "dimension: 3\nsizes: 2 0 1\n"));
  bad("'sizes' is 'x'", header("", "dimension: 3\nsizes: x 3 1\n"));
  bad("'spacings' is 'wide'", header("spacings: 1 wide 1\n"));
  bad("a spacing of 0 along axis 2", header("spacings: 1 0 1\n"));
  bad("'space directions' is '(1,0,0) (0,1,0)', expected 3",
      header("space: LPS\nspace directions: (1,0,0) (0,1,0)\n"));
  bad("vectors of 3 numbers", header("space: LPS\nspace directions: (1,0) (0,1,0) (0,0,1)\n"));
  bad("holds nan in row 1, column 1", header("space: LPS\nspace directions: (nan,0,0) (0,1,0) (0,0,1)\n"));
  bad("not invertible", header("space: LPS\nspace directions: (1,0,0) (2,0,0) (0,0,1)\n"));
  bad("neither 'space' nor 'space dimension'", header("space origin: (1,2,3)\n"));
  bad("space dimension 7", header("space dimension: 7\n"), ErrorCode::unsupported_format);
  bad("'endian' is 'middle'", header("endian: middle\n"));
  bad("'byte skip' is '-2'", header("byte skip: -2\n"));
  bad("'line skip' is '-1'", header("line skip: -1\n"));
  bad("asks to skip 5 lines, the data has 0", header("line skip: 5\n"));
  bad("axes domain:2 complex:3 domain:1 are not read", header("kinds: domain complex domain\n"),
      ErrorCode::unsupported_format);
  bad("axes list:2 vector:3 domain:1", header("kinds: list vector domain\n"), ErrorCode::unsupported_format);
  std::string type = header("");
  replace(type, "uchar", "quaternion");
  bad("'type' is 'quaternion'", type);
  replace(type, "quaternion", "block");
  bad("type 'block'", type, ErrorCode::unsupported_format);
  std::string encoding = header("");
  replace(encoding, "raw", "bzip2");
  bad("encoding 'bzip2'", encoding, ErrorCode::unsupported_format);
}

TEST(NrrdErrors, TruncationTellsExpectedAndPresentBytes) {
  std::string text = header(placed);
  text.resize(text.size() - 2);
  expect_error(ErrorCode::invalid_input, "need 6 bytes, the file holds 4", [&] { read(text); });
  expect_error(ErrorCode::invalid_input, "need 8000000000 bytes, the file holds 6",
               [] { read(header("spacings: 1 1 1\n", "dimension: 3\nsizes: 2000 2000 2000\n")); });
  const std::string words = "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: ascii\n\n";
  expect_error(ErrorCode::invalid_input, "value 4 of 4 is 'four'", [&] { read(words + "1 2 3 four"); });
  expect_error(ErrorCode::invalid_input, "value 1 of 4 is '256", [&] { read(words + "256 2 3 4"); });
  expect_error(ErrorCode::invalid_input, "the file holds 1 of text", [&] { read(words + "1"); });
}

}  // namespace
}  // namespace sg::io

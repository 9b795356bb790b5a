#include "io/nifti.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "io/gzip.h"
#include "io/image_io.h"
#include "io/io_fixture.h"

namespace sg::io {
namespace {

/// A small valid file with some header fields overwritten.
class Header {
 public:
  Header() : bytes_(write_nifti(noise<std::int16_t>(oblique_grid()))) {}
  explicit Header(Bytes bytes) : bytes_(std::move(bytes)) {}
  template <class T>
  Header& set(std::size_t offset, T value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof value);
    return *this;
  }
  Image read() const { return read_nifti(bytes_); }
  Bytes& bytes() { return bytes_; }

 private:
  Bytes bytes_;
};

// Offsets of NIfTI-1 fields.
constexpr std::size_t dim = 40, datatype = 70, pixdim = 76, vox_offset = 108, scl_slope = 112,
                      scl_inter = 116, xyzt_units = 123, qform_code = 252, sform_code = 254, quatern_b = 256,
                      srow_x = 280, magic = 344;
using i16 = std::int16_t;

/// Reverses the bytes of `count` numbers of T at `offset`.
template <class T>
void swap_numbers(Bytes& bytes, std::size_t offset, std::size_t count = 1) {
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(offset + i * sizeof(T));
    std::reverse(at, at + sizeof(T));
  }
}

TEST(Nifti, BigEndianFilesReadTheSame) {
  Header header;
  const Image little = header.read();
  Bytes& bytes = header.bytes();
  swap_numbers<std::int32_t>(bytes, 0);
  swap_numbers<i16>(bytes, 40, 8);
  swap_numbers<float>(bytes, 56, 3);
  swap_numbers<i16>(bytes, 68, 4);
  swap_numbers<float>(bytes, 76, 11);
  swap_numbers<i16>(bytes, 252, 2);
  swap_numbers<float>(bytes, 256, 18);
  swap_numbers<i16>(bytes, 352, (bytes.size() - 352) / 2);
  const Image big = header.read();
  expect_same_voxels(std::get<Volume<i16>>(little.voxels), big.voxels);
  EXPECT_EQ(grid_of(big.voxels), grid_of(little.voxels));
  EXPECT_EQ(big.metadata.at("byte_order"), "big-endian");
}

TEST(Nifti, QformAloneSaysTheSameAsSform) {
  Grid grid = oblique_grid();
  const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    for (unsigned signs = 0; signs < 8; ++signs) {
      for (const double tilt : {0.0, 0.4}) {
        Mat3 m = Mat3::diagonal({0, 0, 0});
        for (unsigned axis = 0; axis < 3; ++axis) m[order[axis]][axis] = (signs >> axis & 1U) != 0 ? -1 : 1;
        grid.direction = rotation({tilt, -tilt, 2 * tilt}) * m;
        Header header(write_nifti(noise<i16>(grid)));
        EXPECT_TRUE(header.read().warnings.empty()) << "sform and qform agree";
        const Image image = header.set<i16>(sform_code, 0).read();
        EXPECT_TRUE(grid_of(image.voxels).same_as(grid, 1e-5)) << grid.orientation();
        EXPECT_EQ(image.metadata.at("position_from"), "qform (scanner)");
      }
    }
  }
}

TEST(Nifti, PixdimAloneRunsRightFrontUp) {
  const Image image =
      Header().set<i16>(sform_code, 0).set<i16>(qform_code, 0).set<float>(pixdim + 4, -0.5F).read();
  const Grid& grid = grid_of(image.voxels);
  EXPECT_EQ(grid.orientation(), "RAS");
  EXPECT_EQ(grid.origin, LpsPoint{});
  EXPECT_EQ(grid.spacing.x, 0.5);
  ASSERT_EQ(image.warnings.size(), 2U);
  EXPECT_NE(image.warnings[0].find("pixdim[1] is -0.5"), std::string::npos);
  EXPECT_NE(image.warnings[1].find("neither sform nor qform"), std::string::npos);
}

TEST(Nifti, ContradictingSformAndQformWarn) {
  const Image image = Header().set<float>(pixdim, -1.0F).read();
  ASSERT_EQ(image.warnings.size(), 1U);
  EXPECT_NE(image.warnings[0].find("sform and qform"), std::string::npos);
  const Image broken = Header().set(quatern_b, std::numeric_limits<float>::quiet_NaN()).read();
  ASSERT_EQ(broken.warnings.size(), 1U);
  EXPECT_NE(broken.warnings[0].find("qform is not usable"), std::string::npos);
}

TEST(Nifti, UnitsBecomeMillimetresAndSeconds) {
  const Grid reference = grid_of(Header().read().voxels);
  const auto spacing = [](std::uint8_t units) {
    return grid_of(Header().set<std::uint8_t>(xyzt_units, units).read().voxels).spacing.y / 1.3;
  };
  EXPECT_NEAR(spacing(1), 1000, 1e-4);
  EXPECT_NEAR(spacing(2), 1, 1e-7);
  EXPECT_NEAR(spacing(3), 1e-3, 1e-10);
  EXPECT_NEAR(grid_of(Header().set<std::uint8_t>(xyzt_units, 1).read().voxels).origin.x,
              1000 * reference.origin.x, 1e-2);
  EXPECT_EQ(Header().set<std::uint8_t>(xyzt_units, 7).read().warnings.size(), 1U);
  auto series = noise<i16>(oblique_grid(), 4, OuterAxis::time);
  series.set_time_step(2);
  const auto step = [&](std::uint8_t units, float stored = 2) {
    const Image image =
        Header(write_nifti(series)).set<std::uint8_t>(xyzt_units, units).set(pixdim + 16, stored).read();
    return std::get<Volume<i16>>(image.voxels).time_step();
  };
  EXPECT_DOUBLE_EQ(step(2 | 8), 2);
  EXPECT_DOUBLE_EQ(step(2 | 16), 0.002);
  EXPECT_DOUBLE_EQ(step(2 | 24), 2e-6);
  EXPECT_DOUBLE_EQ(step(2 | 32), 0) << "Hz is no time";
  EXPECT_DOUBLE_EQ(step(2 | 8, std::numeric_limits<float>::infinity()), 0);
}

TEST(Nifti, SlopeAndInterceptGiveFloats) {
  const auto stored = noise<i16>(oblique_grid());
  const Image scaled = Header().set<float>(scl_slope, 0.5F).set<float>(scl_inter, -3).read();
  const auto& values = std::get<Volume<float>>(scaled.voxels);
  for (std::int64_t i = 0; i < stored.size(); ++i) ASSERT_EQ(values.data()[i], 0.5F * stored.data()[i] - 3);
  EXPECT_EQ(scaled.metadata.at("stored_type"), "int16");
  EXPECT_TRUE(std::holds_alternative<Volume<i16>>(
      Header().set<float>(scl_slope, 0).set<float>(scl_inter, 7).read().voxels));
  const Image nan = Header().set(scl_slope, std::numeric_limits<float>::quiet_NaN()).read();
  EXPECT_TRUE(std::holds_alternative<Volume<i16>>(nan.voxels));
  EXPECT_EQ(nan.warnings.size(), 1U);
}

TEST(Nifti, SixtyFourBitIntegersBecomeDouble) {
  Header header(write_nifti(noise<double>(oblique_grid())));
  std::vector<std::int64_t> stored(60);
  for (std::size_t i = 0; i < stored.size(); ++i)
    stored[i] = (std::int64_t{1} << 40) * static_cast<int>(i) - 7;
  std::memcpy(header.bytes().data() + 352, stored.data(), 480);
  const Image image = header.set<i16>(datatype, 1024).read();
  const auto& values = std::get<Volume<double>>(image.voxels);
  for (std::size_t i = 0; i < stored.size(); ++i) ASSERT_EQ(values.data()[i], static_cast<double>(stored[i]));
}

TEST(Nifti, HeaderExtensionsArePassedOver) {
  const auto volume = noise<i16>(oblique_grid());
  Bytes bytes = write_nifti(volume);
  bytes[348] = 1;
  Bytes extension(32, 'x');
  const std::int32_t size_and_code[] = {32, 6};
  std::memcpy(extension.data(), size_and_code, 8);
  bytes.insert(bytes.begin() + 352, extension.begin(), extension.end());
  expect_same_voxels(volume, Header(bytes).set<float>(vox_offset, 384).read().voxels);
}

TEST(Nifti, VectorsInTheFourthDimensionByIntent) {
  Header header(write_nifti(noise<float>(oblique_grid(), 3, OuterAxis::time)));
  const Image image = header.set<i16>(68, 1007).read();
  EXPECT_EQ(std::get<Volume<float>>(image.voxels).outer(), OuterAxis::channel);
}

TEST(Nifti, PairsAndAnalyze) {
  const TemporaryFolder folder;
  const auto volume = noise<i16>(oblique_grid());
  Header header(write_nifti(volume));
  header.set<float>(vox_offset, 0);
  std::memcpy(header.bytes().data() + magic, "ni1", 4);
  const Bytes voxels(header.bytes().begin() + 352, header.bytes().end());
  write_file(folder / "a.hdr", ByteView(header.bytes()).first(348));
  write_file(folder / "a.img", voxels);
  for (const char* name : {"a.hdr", "a.img"}) {
    const Image image = read_image(folder / name);
    expect_same_voxels(volume, image.voxels);
    EXPECT_TRUE(grid_of(image.voxels).same_as(volume.grid(), 1e-5));
  }
  std::filesystem::remove(folder / "a.img");
  write_file(folder / "a.img.gz", compressed(voxels, Envelope::gzip));
  expect_same_voxels(volume, read_image(folder / "a.hdr").voxels);

  std::memset(header.bytes().data() + magic, 0, 4);
  write_file(folder / "a.hdr", ByteView(header.bytes()).first(348));
  const Image analyze = read_image(folder / "a.hdr");
  EXPECT_EQ(analyze.format, "Analyze 7.5");
  expect_same_voxels(volume, analyze.voxels);
  ASSERT_EQ(analyze.warnings.size(), 1U);
  EXPECT_NE(analyze.warnings[0].find("left from right"), std::string::npos);

  std::filesystem::remove(folder / "a.img.gz");
  expect_error(ErrorCode::invalid_input, ".img file beside it, which is missing",
               [&] { read_image(folder / "a.hdr"); });
  write_file(folder / "b.img", voxels);
  expect_error(ErrorCode::not_found, "the .hdr file of the same name, is missing",
               [&] { read_image(folder / "b.img"); });
}

TEST(Nifti, Nifti2PairsAreReadToo) {
  const auto volume = noise<i16>(oblique_grid({40000, 1, 1}));
  Bytes bytes = write_nifti(volume);
  ASSERT_EQ(bytes[4], 'n');
  bytes[5] = 'i';
  std::memset(bytes.data() + 168, 0, 8);
  expect_same_voxels(volume, read_nifti(ByteView(bytes).first(540), ByteView(bytes).subspan(544)).voxels);
}

TEST(Nifti, MissingSpacingOfASingleSliceIsRepaired) {
  Header header(write_nifti(noise<i16>(oblique_grid({5, 4, 1}))));
  for (std::size_t row = 0; row < 3; ++row) header.set<float>(srow_x + 16 * row + 8, 0);
  const Image image = header.set<i16>(qform_code, 0).read();
  const Grid& grid = grid_of(image.voxels);
  EXPECT_EQ(grid.spacing.z, 1);
  EXPECT_NEAR(std::abs(determinant(grid.direction)), 1, 1e-6);
  ASSERT_EQ(image.warnings.size(), 1U);
  EXPECT_NE(image.warnings[0].find("no spacing along axis 3; 1 mm taken"), std::string::npos);
}

constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();

TEST(NiftiErrors, NameTheFieldAndTheValue) {
  const auto bad = [](const std::string& part, const Header& header,
                      ErrorCode code = ErrorCode::invalid_input) {
    expect_error(code, part, [&] { header.read(); });
  };
  bad("its first number is 7, expected 348", Header().set<std::int32_t>(0, 7));
  bad("dim[0] is 9", Header().set<i16>(dim, 9));
  bad("dim[2] is 0", Header().set<i16>(dim + 4, 0));
  bad("dim[1] is -5", Header().set<i16>(dim + 2, -5));
  bad("datatype 5 does not exist", Header().set<i16>(datatype, 5));
  bad("datatype 32 (complex64)", Header().set<i16>(datatype, 32), ErrorCode::unsupported_format);
  bad("datatype 1536 (float128)", Header().set<i16>(datatype, 1536), ErrorCode::unsupported_format);
  bad("datatype 1 (1-bit)", Header().set<i16>(datatype, 1), ErrorCode::unsupported_format);
  bad("sform holds nan in row 1, column 2", Header().set(srow_x + 4, nan32));
  bad("sform gives nan as origin along axis 2", Header().set(srow_x + 28, nan32));
  bad("vox_offset is 7", Header().set<float>(vox_offset, 7));
  bad("vox_offset is nan", Header().set(vox_offset, nan32));
  bad("vox_offset is -352", Header().set<float>(vox_offset, -352));
  Header no_sform;
  no_sform.set<i16>(sform_code, 0);
  bad("quatern is (nan", Header(no_sform).set(quatern_b, nan32));
  bad("pixdim[2] is nan", Header(no_sform).set(pixdim + 8, nan32));
  bad("a spacing of 0 along axis 2 of 4 voxels", Header(no_sform).set<float>(pixdim + 8, 0));
  Header flat;
  for (std::size_t row = 0; row < 3; ++row) flat.set<float>(srow_x + 16 * row, 0);
  bad("sform gives a spacing of 0 along axis 1 of 5 voxels", flat);
  Header dependent;
  for (std::size_t row = 0; row < 3; ++row)
    dependent.set<float>(srow_x + 16 * row, 1).set<float>(srow_x + 16 * row + 4, 2);
  bad("not invertible", dependent);
  Header many;
  many.set<i16>(dim, 6).set<i16>(dim + 12, 2);
  bad("5×4×3×1×1×2×1", many, ErrorCode::unsupported_format);
}

TEST(NiftiErrors, TruncationTellsExpectedAndPresentBytes) {
  Bytes bytes = write_nifti(noise<i16>(oblique_grid()));
  ASSERT_EQ(bytes.size(), 352U + 120);
  expect_error(ErrorCode::invalid_input, "need 120 bytes, the file holds 119",
               [&] { read_nifti(ByteView(bytes).first(471)); });
  expect_error(ErrorCode::invalid_input, "needs 348 bytes, the file holds 100",
               [&] { read_nifti(ByteView(bytes).first(100)); });
  expect_error(ErrorCode::invalid_input, "needs 348 bytes, the file holds 0", [&] { read_nifti({}); });
  const Bytes large = write_nifti(noise<i16>(oblique_grid({50, 40, 30})));
  Bytes packed = compressed(large, Envelope::gzip);
  packed.resize(packed.size() / 2);
  expect_error(ErrorCode::invalid_input, "need 120000 bytes, the file holds", [&] { read_nifti(packed); });
  Bytes second = write_nifti(noise<std::uint8_t>(oblique_grid({40000, 1, 1})));
  expect_error(ErrorCode::invalid_input, "needs 540 bytes, the file holds 400",
               [&] { read_nifti(ByteView(second).first(400)); });
}

TEST(NiftiErrors, LyingHeadersCostNoMemory) {
  Header header;
  for (std::size_t i = 1; i <= 3; ++i) header.set<i16>(dim + 2 * i, 9000);
  expect_error(ErrorCode::invalid_input, "need 1458000000000 bytes, the file holds 120",
               [&] { header.read(); });
  const Bytes packed = compressed(header.bytes(), Envelope::gzip);
  expect_error(ErrorCode::invalid_input, "compressed ones", [&] { read_nifti(packed); });
  for (std::size_t i = 1; i <= 7; ++i) header.set<i16>(dim + 2 * i, i < 5 ? 32767 : 1);
  header.set<i16>(dim, 7);
  expect_error(ErrorCode::invalid_input, "", [&] { header.read(); });
}

TEST(Nifti, ContradictionInARealFileIsReported) {
  const std::string path = "/usr/share/mricron/templates/JHU-WhiteMatter-labels-2mm.nii.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs mricron-data";
  const Image image = read_image(path);
  EXPECT_EQ(grid_of(image.voxels).orientation(), "RAS");
  ASSERT_EQ(image.warnings.size(), 1U);
  EXPECT_NE(image.warnings[0].find("up to 360 apart"), std::string::npos) << image.warnings[0];
}

}  // namespace
}  // namespace sg::io

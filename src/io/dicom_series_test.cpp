#include <gmock/gmock.h>

#include <algorithm>
#include <numbers>

#include "core/error.h"
#include "io/dicom.h"
#include "io/dicom_fixture.h"

namespace sg::io {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string message_of(const std::filesystem::path& path, ErrorCode expected = ErrorCode::invalid_input) {
  try {
    read_dicom(path);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), expected) << e.what();
    EXPECT_THAT(e.what(), Not(HasSubstr("ecret")));
    return e.what();
  }
  ADD_FAILURE() << "expected an error";
  return "";
}

double value_at(const Image& image, std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c = 0) {
  return std::visit([&](const auto& v) { return static_cast<double>(v.at(x, y, z, c)); }, image.voxels);
}

TEST(DicomSeries, IsOrderedByPositionNotByInstanceNumber) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(6, {-10, -20, 30}, {0, 0, 2.5});
  const int shuffled[] = {4, 1, 6, 2, 5, 3};
  for (int i = 0; i < 6; ++i) slices[static_cast<std::size_t>(i)].instance = shuffled[i];
  std::swap(slices[0], slices[4]);
  std::swap(slices[1], slices[3]);
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  const Grid& g = grid_of(image.voxels);
  EXPECT_EQ(g.size, (std::array<std::int64_t, 3>{5, 4, 6}));
  EXPECT_DOUBLE_EQ(g.spacing.x, 0.5);
  EXPECT_DOUBLE_EQ(g.spacing.y, 0.75);
  EXPECT_DOUBLE_EQ(g.spacing.z, 2.5);
  EXPECT_EQ(g.origin, (LpsPoint{-10, -20, 30}));
  EXPECT_THAT(image.warnings, IsEmpty());
  for (int z = 0; z < 6; ++z) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(value_at(image, i % 5, i / 5, z), 100 * z + i);
  }
}

TEST(DicomSeries, DescendingPositionsGiveTheSameImage) {
  const TemporaryFolder up, down;
  std::vector<Slice> slices = even_slices(4, {0, 0, 0}, {0, 0, 3});
  write_series(up.path(), slices);
  std::reverse(slices.begin(), slices.end());
  write_series(down.path(), slices);
  const Image a = read_dicom(up.path()), b = read_dicom(down.path());
  EXPECT_EQ(grid_of(a.voxels), grid_of(b.voxels));
  EXPECT_EQ(value_at(a, 2, 1, 3), value_at(b, 2, 1, 3));
}

TEST(DicomSeries, ObliqueSlicesKeepEveryVoxelInPlace) {
  const TemporaryFolder folder;
  const Mat3 turn = rotation({0.3, -0.4, 1.1});
  const Vec3 row = turn.column(0), column = turn.column(1), normal = turn.column(2);
  std::vector<Slice> slices = even_slices(5, {12, -7, 40}, 1.5 * normal);
  for (Slice& s : slices) {
    s.along_row = row;
    s.along_column = column;
  }
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  const Grid& g = grid_of(image.voxels);
  for (int z = 0; z < 5; ++z) {
    const Vec3 expected =
        slices[static_cast<std::size_t>(z)].position + (3 * 0.5) * row + (2 * 0.75) * column;
    EXPECT_LT(norm(as_vector(g.to_lps({3, 2, static_cast<double>(z)})) - expected), 1e-6);
  }
  EXPECT_THAT(image.warnings, IsEmpty());
}

TEST(DicomSeries, GantryTiltStaysInTheThirdAxis) {
  const TemporaryFolder folder;
  const double tilt = 15 * std::numbers::pi / 180;
  std::vector<Slice> slices = even_slices(4, {0, 0, 0}, {0, 0, 5});
  for (Slice& s : slices) s.along_column = {0, std::cos(tilt), std::sin(tilt)};
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  const Grid& g = grid_of(image.voxels);
  EXPECT_THAT(image.warnings, Contains(HasSubstr("15.00 degrees (gantry tilt)")));
  for (int z = 0; z < 4; ++z) {
    EXPECT_LT(norm(g.to_lps({0, 0, static_cast<double>(z)}) - LpsPoint{0, 0, 5.0 * z}), 1e-6);
  }
}

TEST(DicomSeries, MissingSliceIsNamed) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(8, {0, 0, 0}, {0, 0, 2});
  slices.erase(slices.begin() + 3);
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  EXPECT_THAT(image.warnings, Contains(HasSubstr("4 mm between slices 3 and 4 (1 missing)")));
  EXPECT_THAT(image.warnings, Contains(HasSubstr("up to 2 mm")));
  EXPECT_DOUBLE_EQ(grid_of(image.voxels).spacing.z, 2);
}

TEST(DicomSeries, IrregularSpacingIsNamedButSmallJitterIsNot) {
  const TemporaryFolder uneven, jitter;
  std::vector<Slice> slices = even_slices(5, {0, 0, 0}, {0, 0, 2});
  slices[2].position.z += 0.3;
  write_series(uneven.path(), slices);
  EXPECT_THAT(read_dicom(uneven.path()).warnings, Contains(HasSubstr("2.3 mm between slices 2 and 3;")));
  slices[2].position.z = 4.004;
  write_series(jitter.path(), slices);
  EXPECT_THAT(read_dicom(jitter.path()).warnings, IsEmpty());
}

TEST(DicomSeries, SamePlaceWithNothingToTellApartIsAnError) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  for (Slice& s : even_slices(3, {0, 0, 0}, {0, 0, 2})) slices.push_back(s);
  for (std::size_t i = 3; i < 6; ++i) slices[i].instance += 3;
  write_series(folder.path(), slices);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("IM0.dcm and IM3.dcm lie at the same position"));
}

TEST(DicomSeries, OneDoubledSliceIsAnError) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  slices.push_back(slices[1]);
  slices[3].instance = 4;
  write_series(folder.path(), slices);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("expected equally many everywhere"));
}

TEST(DicomSeries, TemporalPositionAndTriggerTimeBecomeTheOuterAxis) {
  const TemporaryFolder temporal, trigger, echo;
  std::vector<Slice> slices;
  for (int t = 0; t < 3; ++t) {
    for (Slice& s : even_slices(2, {0, 0, 0}, {0, 0, 2})) {
      s.first_value += 1000 * t;
      s.instance += 10 * t;
      s.change = [t](DcmDataset& d) { put(d, DCM_TemporalPositionIdentifier, std::to_string(3 - t)); };
      slices.push_back(s);
    }
  }
  write_series(temporal.path(), slices);
  const Image image = read_dicom(temporal.path());
  ASSERT_EQ(channels_of(image.voxels), 3);
  EXPECT_EQ(value_at(image, 0, 0, 1, 0), 2100);  // the last written has the first temporal position
  EXPECT_EQ(value_at(image, 0, 0, 1, 2), 100);
  std::visit([](const auto& v) { EXPECT_EQ(v.outer(), OuterAxis::time); }, image.voxels);

  for (std::size_t i = 0; i < slices.size(); ++i) {
    const int t = static_cast<int>(i) / 2;
    slices[i].change = [t](DcmDataset& d) { put(d, DCM_TriggerTime, std::to_string(40 * t)); };
  }
  write_series(trigger.path(), slices);
  std::visit([](const auto& v) { EXPECT_NEAR(v.time_step(), 0.04, 1e-12); },
             read_dicom(trigger.path()).voxels);

  for (std::size_t i = 0; i < slices.size(); ++i) {
    const int t = static_cast<int>(i) / 2;
    slices[i].change = [t](DcmDataset& d) { put(d, DCM_EchoTime, std::to_string(10 + 20 * t)); };
  }
  write_series(echo.path(), slices);
  std::visit([](const auto& v) { EXPECT_EQ(v.outer(), OuterAxis::channel); }, read_dicom(echo.path()).voxels);
}

TEST(DicomSeries, SeveralSeriesAreListed) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  Slice other = slices[0];
  other.series = "1.2.3.5";
  other.description = "Localizer";
  slices.push_back(other);
  write_series(folder.path(), slices);
  const std::string message = message_of(folder.path());
  EXPECT_THAT(message, HasSubstr("holds 2 series"));
  EXPECT_THAT(message, HasSubstr("\"T1\" (MR, 3 images, first file IM0.dcm)"));
  EXPECT_THAT(message, HasSubstr("\"Localizer\" (MR, 1 images, first file IM3.dcm)"));
  const std::vector<DicomSeries> series = list_series(folder.path());
  ASSERT_EQ(series.size(), 2u);
  EXPECT_EQ(series[0].uid, "1.2.3.4");
  EXPECT_EQ(series[0].instances, 3);
  EXPECT_EQ(series[1].modality, "MR");
  EXPECT_EQ(series[1].transfer_syntax, "LittleEndianExplicit");
  // One file of a series is that image alone.
  EXPECT_EQ(grid_of(read_dicom(folder.path() / "IM1.dcm").voxels).size[2], 1);
}

TEST(DicomSeries, MixedOrientationsAndSizesAreErrors) {
  const TemporaryFolder turned, sized, spaced;
  std::vector<Slice> slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  slices[1].along_column = {0, 0, -1};
  write_series(turned.path(), slices);
  EXPECT_THAT(message_of(turned.path()), HasSubstr("not parallel"));
  slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  slices[2].rows = 6;
  write_series(sized.path(), slices);
  EXPECT_THAT(message_of(sized.path()), HasSubstr("5×6"));
  slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  slices[2].row_spacing = 1;
  write_series(spaced.path(), slices);
  EXPECT_THAT(message_of(spaced.path()), HasSubstr("pixel spacing differs"));
}

TEST(DicomSeries, TilesInOnePlaneAreAnError) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(2, {0, 0, 0}, {10, 0, 0});
  write_series(folder.path(), slices);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("one image a plane"));
}

TEST(DicomSeries, ImagesWithoutPositionAreAnError) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(2, {0, 0, 0}, {0, 0, 1});
  for (Slice& s : slices) s.change = [](DcmDataset& d) { d.findAndDeleteElement(DCM_ImagePositionPatient); };
  write_series(folder.path(), slices);
  EXPECT_THAT(message_of(folder.path()), HasSubstr("order is unknown"));
}

TEST(DicomSeries, SpacingOfTwoZerosIsUnknown) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) { put(d, DCM_PixelSpacing, "0\\0"); };
  write_slice(folder.path() / "one.dcm", s);
  const Image image = read_dicom(folder.path() / "one.dcm");
  EXPECT_EQ(grid_of(image.voxels).spacing.x, 1);
  EXPECT_THAT(image.warnings, testing::Contains(HasSubstr("no pixel spacing is stated")));
}

TEST(DicomSeries, UnusableAttributesAreNamed) {
  const TemporaryFolder folder;
  const auto with = [&](const DcmTagKey& key, const char* value) {
    Slice s;
    s.change = [=](DcmDataset& d) { put(d, key, value); };
    write_slice(folder.path() / "one.dcm", s);
    return message_of(folder.path() / "one.dcm");
  };
  EXPECT_THAT(with(DCM_PixelSpacing, "0\\1"), HasSubstr("pixel spacing 0\\1 mm is unusable"));
  EXPECT_THAT(with(DCM_PixelSpacing, "-1\\1"), HasSubstr("expected each > 0"));
  EXPECT_THAT(with(DCM_ImageOrientationPatient, "1\\0\\0\\1\\0\\0"),
              HasSubstr("two perpendicular unit vectors"));
  EXPECT_THAT(with(DCM_RescaleSlope, "0"), HasSubstr("RescaleSlope is 0"));
  EXPECT_THAT(with(DCM_NumberOfFrames, "5"), HasSubstr("pixel data hold 40 bytes, expected 200"));
  EXPECT_THAT(with(DCM_NumberOfFrames, "x"), HasSubstr("NumberOfFrames is \"x\""));
}

TEST(DicomSeries, RescaleIsPerSlice) {
  const TemporaryFolder folder;
  std::vector<Slice> slices = even_slices(3, {0, 0, 0}, {0, 0, 2});
  slices[1].slope = 2;
  slices[2].intercept = -300;
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  EXPECT_EQ(scalar_name(image.voxels), "int16");
  EXPECT_EQ(value_at(image, 1, 0, 0), 1);
  EXPECT_EQ(value_at(image, 1, 0, 1), 202);
  EXPECT_EQ(value_at(image, 1, 0, 2), -99);
  slices[0].slope = 0.5;
  write_series(folder.path(), slices);
  EXPECT_EQ(scalar_name(read_dicom(folder.path()).voxels), "float32");
}

TEST(DicomSeries, MetadataAndWarningsNeverNameThePatient) {
  const TemporaryFolder folder;
  write_series(folder.path(), even_slices(2, {0, 0, 0}, {0, 0, 2}));
  const Image image = read_dicom(folder.path());
  for (const auto& [name, value] : image.metadata) {
    EXPECT_THAT(value, Not(HasSubstr("ecret"))) << name;
    EXPECT_THAT(value, Not(HasSubstr("SECRET"))) << name;
    EXPECT_THAT(value, Not(HasSubstr("1970"))) << name;
  }
  EXPECT_EQ(image.metadata.at("Modality"), "MR");
  EXPECT_EQ(image.metadata.at("SeriesDescription"), "T1");
  EXPECT_EQ(image.format, "DICOM");
}

TEST(DicomSeries, EmptyAndMissingFolders) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of(folder.path()), HasSubstr("holds no DICOM image"));
  message_of(folder.path() / "nowhere", ErrorCode::not_found);
  EXPECT_THROW(list_series(folder.path() / "nowhere"), Error);
}

}  // namespace
}  // namespace sg::io

#include <gmock/gmock.h>

#include "core/error.h"
#include "io/dicom.h"
#include "io/dicom_fixture.h"

namespace sg::io {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

double value_at(const Image& image, std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c = 0) {
  return std::visit([&](const auto& v) { return static_cast<double>(v.at(x, y, z, c)); }, image.voxels);
}

void set_frames(DcmDataset& d, int frames, int pixels = 20) {
  put(d, DCM_NumberOfFrames, std::to_string(frames));
  std::vector<Uint16> values(static_cast<std::size_t>(frames * pixels));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<Uint16>(i);
  d.putAndInsertUint16Array(DCM_PixelData, values.data(), values.size());
}

DcmItem* new_item(DcmItem& parent, const DcmTagKey& key, long number = -2) {
  DcmItem* item = nullptr;
  parent.findOrCreateSequenceItem(key, item, number);
  return item;
}

/// Takes classic geometry away and puts functional groups in its place: frames at z = places[i], time index
/// times[i].
void make_enhanced(DcmDataset& d, const std::vector<double>& places, const std::vector<int>& times) {
  d.findAndDeleteElement(DCM_ImagePositionPatient);
  d.findAndDeleteElement(DCM_ImageOrientationPatient);
  d.findAndDeleteElement(DCM_PixelSpacing);
  d.findAndDeleteElement(DCM_RescaleSlope);
  d.findAndDeleteElement(DCM_RescaleIntercept);
  DcmItem* shared = new_item(d, DCM_SharedFunctionalGroupsSequence);
  put(*new_item(*shared, DCM_PlaneOrientationSequence), DCM_ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  DcmItem* measures = new_item(*shared, DCM_PixelMeasuresSequence);
  put(*measures, DCM_PixelSpacing, "0.75\\0.5");
  put(*measures, DCM_SliceThickness, "2");
  for (std::size_t i = 0; i < places.size(); ++i) {
    DcmItem* group = new_item(d, DCM_PerFrameFunctionalGroupsSequence);
    put(*new_item(*group, DCM_PlanePositionSequence), DCM_ImagePositionPatient,
        fmt::format("1\\2\\{}", places[i]));
    DcmItem* transformation = new_item(*group, DCM_PixelValueTransformationSequence);
    put(*transformation, DCM_RescaleSlope, "1");
    put(*transformation, DCM_RescaleIntercept, std::to_string(-10 * static_cast<int>(i)));
    DcmItem* content = new_item(*group, DCM_FrameContentSequence);
    content->putAndInsertUint32(DCM_TemporalPositionIndex, static_cast<Uint32>(times[i]));
  }
}

TEST(DicomMultiframe, EnhancedFramesLieWhereTheirGroupsSay) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    set_frames(d, 6);
    make_enhanced(d, {4, 0, 2, 4, 0, 2}, {1, 1, 1, 2, 2, 2});
  };
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit,
                                        EXS_BigEndianExplicit, EXS_DeflatedLittleEndianExplicit}) {
    write_slice(folder.path() / "enhanced.dcm", s, syntax);
    const Image image = read_dicom(folder.path() / "enhanced.dcm");
    const Grid& g = grid_of(image.voxels);
    EXPECT_EQ(g.size, (std::array<std::int64_t, 3>{5, 4, 3}));
    EXPECT_EQ(g.spacing, (Vec3{0.5, 0.75, 2}));
    EXPECT_EQ(g.origin, (LpsPoint{1, 2, 0}));
    ASSERT_EQ(channels_of(image.voxels), 2);
    EXPECT_EQ(value_at(image, 0, 0, 0, 0), 20 - 10);   // frame 2
    EXPECT_EQ(value_at(image, 0, 0, 2, 0), 0);         // frame 1
    EXPECT_EQ(value_at(image, 0, 0, 1, 1), 100 - 50);  // frame 6
    EXPECT_THAT(image.warnings, IsEmpty());
  }
}

TEST(DicomMultiframe, UndefinedLengthSequencesReadTheSame) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    set_frames(d, 2);
    make_enhanced(d, {0, 2}, {1, 1});
  };
  write_slice(folder.path() / "a.dcm", s);
  DcmFileFormat file;
  ASSERT_TRUE(file.loadFile((folder.path() / "a.dcm").c_str()).good());
  ASSERT_TRUE(
      file.saveFile((folder.path() / "b.dcm").c_str(), EXS_LittleEndianImplicit, EET_UndefinedLength).good());
  const Image a = read_dicom(folder.path() / "a.dcm"), b = read_dicom(folder.path() / "b.dcm");
  EXPECT_EQ(grid_of(a.voxels), grid_of(b.voxels));
  EXPECT_EQ(value_at(a, 3, 2, 1), value_at(b, 3, 2, 1));
}

TEST(DicomMultiframe, TooFewFunctionalGroupsIsAnError) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    set_frames(d, 3);
    make_enhanced(d, {0, 2}, {1, 1});
  };
  write_slice(folder.path() / "a.dcm", s);
  EXPECT_THROW(
      {
        try {
          read_dicom(folder.path() / "a.dcm");
        } catch (const Error& e) {
          EXPECT_THAT(e.what(), HasSubstr("2 per-frame functional groups for 3 frames"));
          throw;
        }
      },
      Error);
}

TEST(DicomMultiframe, CineIsTimeAndUltrasoundRegionsGiveTheSpacing) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    set_frames(d, 3);
    put(d, DCM_Modality, "US");
    put(d, DCM_FrameTime, "25");
    d.findAndDeleteElement(DCM_PixelSpacing);
    d.findAndDeleteElement(DCM_ImagePositionPatient);
    d.findAndDeleteElement(DCM_ImageOrientationPatient);
    DcmItem* region = new_item(d, DCM_SequenceOfUltrasoundRegions);
    region->putAndInsertUint16(DCM_PhysicalUnitsXDirection, 3);
    region->putAndInsertUint16(DCM_PhysicalUnitsYDirection, 3);
    region->putAndInsertFloat64(DCM_PhysicalDeltaX, 0.02);
    region->putAndInsertFloat64(DCM_PhysicalDeltaY, 0.03);
  };
  write_slice(folder.path() / "us.dcm", s);
  const Image image = read_dicom(folder.path() / "us.dcm");
  EXPECT_EQ(channels_of(image.voxels), 3);
  EXPECT_DOUBLE_EQ(grid_of(image.voxels).spacing.x, 0.2);
  EXPECT_DOUBLE_EQ(grid_of(image.voxels).spacing.y, 0.3);
  std::visit(
      [](const auto& v) {
        EXPECT_EQ(v.outer(), OuterAxis::time);
        EXPECT_DOUBLE_EQ(v.time_step(), 0.025);
      },
      image.voxels);
  EXPECT_THAT(image.warnings, IsEmpty());
}

TEST(DicomMultiframe, UltrasoundRegionsStandInTheMetadata) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    const auto add = [&](std::array<Uint32, 4> bounds, std::array<Uint16, 4> codes, double delta) {
      DcmItem* region = nullptr;
      ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_SequenceOfUltrasoundRegions, region, -2).good());
      const std::array keys{DCM_RegionLocationMinX0, DCM_RegionLocationMinY0, DCM_RegionLocationMaxX1,
                            DCM_RegionLocationMaxY1};
      for (std::size_t i = 0; i < 4; ++i) region->putAndInsertUint32(keys[i], bounds[i]);
      region->putAndInsertUint16(DCM_PhysicalUnitsXDirection, codes[0]);
      region->putAndInsertUint16(DCM_PhysicalUnitsYDirection, codes[1]);
      region->putAndInsertUint16(DCM_RegionSpatialFormat, codes[2]);
      region->putAndInsertUint16(DCM_RegionDataType, codes[3]);
      region->putAndInsertFloat64(DCM_PhysicalDeltaX, delta);
      region->putAndInsertFloat64(DCM_PhysicalDeltaY, -0.0125);
    };
    add({0, 1, 3, 2}, {3, 3, 1, 1}, 0.02);
    add({1, 3, 4, 3}, {4, 7, 3, 18}, 0.004);
    DcmItem* without_bounds = nullptr;
    ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_SequenceOfUltrasoundRegions, without_bounds, -2).good());
    without_bounds->putAndInsertUint16(DCM_PhysicalUnitsXDirection, 3);
  };
  write_slice(folder.path() / "us.dcm", s);
  EXPECT_EQ(read_dicom(folder.path() / "us.dcm").metadata.at("UltrasoundRegions"),
            "0,1,3,2,0.02,-0.0125,cm,cm,2D,tissue;1,3,4,3,0.004,-0.0125,s,cm/s,spectral,18");
  write_slice(folder.path() / "mr.dcm", Slice{});
  EXPECT_EQ(read_dicom(folder.path() / "mr.dcm").metadata.count("UltrasoundRegions"), 0U);
}

TEST(DicomMultiframe, NuclearTomogramStepsAlongItsNormal) {
  const TemporaryFolder folder;
  Slice s;
  s.position = {1, 2, 3};
  s.change = [](DcmDataset& d) {
    set_frames(d, 3);
    put(d, DCM_Modality, "NM");
    put(d, DCM_SpacingBetweenSlices, "-4");
  };
  write_slice(folder.path() / "nm.dcm", s);
  const Image image = read_dicom(folder.path() / "nm.dcm");
  EXPECT_EQ(grid_of(image.voxels).origin, (LpsPoint{1, 2, -5}));
  EXPECT_DOUBLE_EQ(grid_of(image.voxels).spacing.z, 4);
  EXPECT_EQ(value_at(image, 0, 0, 0), 40);  // the last frame lies lowest
}

TEST(DicomMultiframe, MissingSpacingIsWarnedOf) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) { d.findAndDeleteElement(DCM_PixelSpacing); };
  write_slice(folder.path() / "a.dcm", s);
  const Image image = read_dicom(folder.path() / "a.dcm");
  EXPECT_THAT(image.warnings, Contains(HasSubstr("no pixel spacing is stated")));
  s.change = [](DcmDataset& d) {
    d.findAndDeleteElement(DCM_PixelSpacing);
    put(d, DCM_ImagerPixelSpacing, "0.2\\0.1");
  };
  write_slice(folder.path() / "a.dcm", s);
  EXPECT_DOUBLE_EQ(grid_of(read_dicom(folder.path() / "a.dcm").voxels).spacing.x, 0.1);
}

TEST(DicomMultiframe, SegmentsBecomeChannelsAndGapsStayEmpty) {
  const TemporaryFolder folder;
  Slice s;
  s.columns = 8;
  s.rows = 2;
  s.change = [](DcmDataset& d) {
    put(d, DCM_SOPClassUID, UID_SegmentationStorage);
    put(d, DCM_Modality, "SEG");
    make_enhanced(d, {0, 2, 2}, {1, 1, 1});
    for (long i = 0; i < 3; ++i) {
      DcmItem* group = nullptr;
      d.findAndGetSequenceItem(DCM_PerFrameFunctionalGroupsSequence, group, i);
      group->findAndDeleteElement(DCM_PixelValueTransformationSequence);
      new_item(*group, DCM_SegmentIdentificationSequence)
          ->putAndInsertUint16(DCM_ReferencedSegmentNumber, i == 2 ? 2 : 1);
    }
    put(d, DCM_NumberOfFrames, "3");
    d.putAndInsertUint16(DCM_BitsAllocated, 1);
    d.putAndInsertUint16(DCM_BitsStored, 1);
    d.putAndInsertUint16(DCM_HighBit, 0);
    const Uint8 bits[6] = {0x01, 0x80, 0xFF, 0x00, 0x02, 0x00};
    d.putAndInsertUint8Array(DCM_PixelData, bits, 6);
  };
  write_slice(folder.path() / "seg.dcm", s);
  const Image image = read_dicom(folder.path() / "seg.dcm");
  ASSERT_EQ(channels_of(image.voxels), 2);
  EXPECT_EQ(scalar_name(image.voxels), "uint8");
  EXPECT_EQ(value_at(image, 0, 0, 0, 0), 1);
  EXPECT_EQ(value_at(image, 7, 1, 0, 0), 1);
  EXPECT_EQ(value_at(image, 3, 0, 1, 0), 1);
  EXPECT_EQ(value_at(image, 0, 0, 0, 1), 0);  // segment 2 has no frame there
  EXPECT_EQ(value_at(image, 1, 0, 1, 1), 1);
}

TEST(DicomMultiframe, FloatPixelDataAreReadAsFloats) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    d.findAndDeleteElement(DCM_PixelData);
    d.putAndInsertUint16(DCM_BitsAllocated, 32);
    Float32 values[20];
    for (int i = 0; i < 20; ++i) values[i] = static_cast<Float32>(i) * 0.25f;
    d.putAndInsertFloat32Array(DCM_FloatPixelData, values, 20);
  };
  for (const E_TransferSyntax syntax : {EXS_LittleEndianExplicit, EXS_BigEndianExplicit}) {
    write_slice(folder.path() / "f.dcm", s, syntax);
    const Image image = read_dicom(folder.path() / "f.dcm");
    EXPECT_EQ(scalar_name(image.voxels), "float32");
    EXPECT_EQ(value_at(image, 3, 0, 0), 0.75);
  }
}

}  // namespace
}  // namespace sg::io

#include "io/dicom_write.h"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>

#include "core/error.h"
#include "io/describe.h"
#include "io/dicom.h"
#include "io/dicom_fixture.h"
#include "io/image_io.h"

namespace sg::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A data set as DCMTK reads it.
class Parsed {
 public:
  explicit Parsed(const Bytes& bytes) {
    const TemporaryFolder folder;
    write_file(folder.path() / "x.dcm", bytes);
    const OFCondition status = file_.loadFile((folder.path() / "x.dcm").c_str());
    EXPECT_TRUE(status.good()) << status.text();
    file_.loadAllDataIntoMemory();
  }
  DcmDataset& set() { return *file_.getDataset(); }
  DcmMetaInfo& meta() { return *file_.getMetaInfo(); }
  bool has(const DcmTagKey& key) { return set().tagExists(key); }
  std::string text(const DcmTagKey& key) { return text_of(set(), key); }
  std::string text_of(DcmItem& item, const DcmTagKey& key) {
    OFString value;
    item.findAndGetOFStringArray(key, value);
    return value.c_str();
  }
  DcmItem& item(const DcmTagKey& key, long number = 0) {
    DcmItem* found = nullptr;
    EXPECT_TRUE(set().findAndGetSequenceItem(key, found, number).good()) << key.toString().c_str();
    static DcmItem none;
    return found == nullptr ? none : *found;
  }

 private:
  DcmFileFormat file_;
};

/// An 8-bit ultrasound picture of 5×4 pixels, 0.3 mm wide and 0.2 mm high, as a scanner would write it.
void make_ultrasound(DcmDataset& d, int frames) {
  put(d, DCM_SOPClassUID, frames > 1 ? UID_UltrasoundMultiframeImageStorage : UID_UltrasoundImageStorage);
  put(d, DCM_Modality, "US");
  put(d, DCM_SpecificCharacterSet, "ISO_IR 100");
  put(d, DCM_PatientName, "M\xFCller^Secret");
  put(d, DCM_ImageType, "ORIGINAL\\PRIMARY\\ABDOMINAL\\0001");
  put(d, DCM_Manufacturer, "Scanners");
  put(d, DCM_TransducerData, "L12\\3\\1");
  put(d, DCM_ImageComments, "left");
  d.putAndInsertString(DcmTag(0x0009, 0x0010, EVR_LO), "PRIVATE");
  d.putAndInsertString(DcmTag(0x0009, 0x1001, EVR_LO), "hidden name");
  for (const DcmTagKey& key : {DCM_PixelSpacing, DCM_ImagePositionPatient, DCM_ImageOrientationPatient,
                               DCM_RescaleSlope, DCM_RescaleIntercept, DCM_FrameOfReferenceUID})
    d.findAndDeleteElement(key);
  DcmItem* region = nullptr;
  ASSERT_TRUE(d.findOrCreateSequenceItem(DCM_SequenceOfUltrasoundRegions, region, -2).good());
  region->putAndInsertUint16(DCM_RegionSpatialFormat, 1);
  region->putAndInsertUint16(DCM_RegionDataType, 1);
  region->putAndInsertUint32(DCM_RegionFlags, 2);
  region->putAndInsertUint32(DCM_RegionLocationMinX0, 0);
  region->putAndInsertUint32(DCM_RegionLocationMinY0, 0);
  region->putAndInsertUint32(DCM_RegionLocationMaxX1, 4);
  region->putAndInsertUint32(DCM_RegionLocationMaxY1, 3);
  region->putAndInsertUint16(DCM_PhysicalUnitsXDirection, 3);
  region->putAndInsertUint16(DCM_PhysicalUnitsYDirection, 3);
  region->putAndInsertFloat64(DCM_PhysicalDeltaX, 0.03);
  region->putAndInsertFloat64(DCM_PhysicalDeltaY, 0.02);
  for (const DcmTagKey& key : {DCM_BitsAllocated, DCM_BitsStored}) d.putAndInsertUint16(key, 8);
  d.putAndInsertUint16(DCM_HighBit, 7);
  std::vector<Uint8> pixels(static_cast<std::size_t>(20 * frames));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<Uint8>(3 * i);
  d.putAndInsertUint8Array(DCM_PixelData, pixels.data(), pixels.size());
  if (frames == 1) return;
  put(d, DCM_NumberOfFrames, std::to_string(frames));
  put(d, DCM_FrameTime, "40");
  d.putAndInsertTagKey(DCM_FrameIncrementPointer, DCM_FrameTime);
}

Image ultrasound(int frames = 1, E_TransferSyntax syntax = EXS_LittleEndianExplicit,
                 const std::function<void(DcmDataset&)>& change = {}) {
  const TemporaryFolder folder;
  Slice slice;
  slice.change = [&](DcmDataset& d) {
    make_ultrasound(d, frames);
    if (change) change(d);
  };
  write_slice(folder.path() / "us.dcm", slice, syntax);
  return read_image(folder.path() / "us.dcm");
}

Image read_back(const Bytes& bytes) { return read_dicom(bytes, "written"); }

Bytes derived(Image& image, const std::string& how = "made brighter") {
  image.metadata["DerivationDescription"] = how;
  image.metadata["DerivationCode"] = "113087,DCM,Smoothing";
  image.metadata["ImageComments"] = "not for diagnosis alone";
  return write_dicom(image.voxels, &image);
}

std::string refusal(const AnyVolume& voxels) {
  try {
    write_dicom(voxels);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported_format);
    return error.what();
  }
  return "";
}

Grid grid_of_size(std::array<std::int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  return grid;
}

template <class T>
Volume<T> ramp(const Grid& grid, std::int64_t channels = 1, OuterAxis outer = OuterAxis::none,
               double from = 0) {
  Volume<T> volume(grid, channels, outer);
  for (std::int64_t i = 0; i < volume.size(); ++i)
    volume.data()[i] = static_cast<T>(from + static_cast<double>(i));
  return volume;
}

TEST(DicomWrite, KeepsWhoAndWhatWasImagedAndSaysThatItIsDerived) {
  for (const auto syntax : {EXS_LittleEndianExplicit, EXS_LittleEndianImplicit, EXS_BigEndianExplicit}) {
    Image image = ultrasound(1, syntax);
    auto& pixels = std::get<Volume<std::uint8_t>>(image.voxels);
    for (auto& value : pixels.values()) value = static_cast<std::uint8_t>(value + 1);
    const Bytes bytes = derived(image);
    Parsed d(bytes);
    EXPECT_EQ(d.text(DCM_SOPClassUID), UID_UltrasoundImageStorage);
    EXPECT_EQ(d.text(DCM_SpecificCharacterSet), "ISO_IR 100");
    EXPECT_EQ(d.text(DCM_PatientName), "M\xFCller^Secret");
    EXPECT_EQ(d.text(DCM_PatientID), "SECRET-ID");
    EXPECT_EQ(d.text(DCM_StudyInstanceUID), "1.2.3");
    EXPECT_NE(d.text(DCM_SeriesInstanceUID), "1.2.3.4");
    EXPECT_NE(d.text(DCM_SOPInstanceUID), "1.2.3.4.1");
    EXPECT_EQ(d.text(DCM_ImageType), "DERIVED\\SECONDARY\\ABDOMINAL\\0001");
    EXPECT_EQ(d.text(DCM_DerivationDescription), "made brighter");
    EXPECT_EQ(d.text(DCM_ImageComments), "left; not for diagnosis alone");
    EXPECT_EQ(d.text(DCM_SeriesDescription), "T1; derived");
    EXPECT_EQ(d.text(DCM_TransducerData), "L12\\3\\1");
    EXPECT_EQ(d.text(DCM_Manufacturer), "Shaoguang");
    EXPECT_EQ(d.text_of(d.item(DCM_ContributingEquipmentSequence), DCM_Manufacturer), "Scanners");
    EXPECT_EQ(d.text_of(d.item(DCM_DerivationCodeSequence), DCM_CodeValue), "113087");
    DcmItem& source = d.item(DCM_SourceImageSequence);
    EXPECT_EQ(d.text_of(source, DCM_ReferencedSOPInstanceUID), "1.2.3.4.1");
    EXPECT_EQ(d.text_of(source, DCM_ReferencedSOPClassUID), UID_UltrasoundImageStorage);
    Float64 delta = 0;
    d.item(DCM_SequenceOfUltrasoundRegions).findAndGetFloat64(DCM_PhysicalDeltaX, delta);
    EXPECT_EQ(delta, 0.03);
    EXPECT_FALSE(d.has(DCM_PixelSpacing));
    EXPECT_FALSE(d.has(DcmTagKey(0x0009, 0x1001)));
    EXPECT_EQ(d.text_of(d.meta(), DCM_MediaStorageSOPInstanceUID), d.text(DCM_SOPInstanceUID));
    const Image again = read_back(bytes);
    EXPECT_EQ(grid_of(again.voxels), grid_of(image.voxels));
    EXPECT_EQ(again.metadata.at("UltrasoundRegions"), image.metadata.at("UltrasoundRegions"));
    EXPECT_TRUE(std::ranges::equal(std::get<Volume<std::uint8_t>>(again.voxels).values(), pixels.values()));
  }
}

TEST(DicomWrite, NamesOfPatientsStayOutOfEverythingThatIsShown) {
  Image image = ultrasound();
  for (const auto& [key, text] : image.metadata)
    for (const char* secret : {"Secret", "SECRET", "hidden"})
      EXPECT_THAT(text, testing::Not(HasSubstr(secret)));
  const TemporaryFolder folder;
  for (const char* name : {"x.nrrd", "x.nii", "x.mha", "x.png", "x.tif"}) {
    write_image(image, folder.path() / name);
    const Bytes bytes = read_file(folder.path() / name);
    EXPECT_THAT(std::string(bytes.begin(), bytes.end()), testing::Not(HasSubstr("ecret"))) << name;
  }
}

TEST(DicomWrite, KeepsTheTimesOfASeries) {
  Image image = ultrasound(3);
  EXPECT_EQ(std::get<Volume<std::uint8_t>>(image.voxels).time_step(), 0.04);
  const Bytes bytes = derived(image);
  Parsed d(bytes);
  EXPECT_EQ(d.text(DCM_SOPClassUID), UID_UltrasoundMultiframeImageStorage);
  EXPECT_EQ(d.text(DCM_NumberOfFrames), "3");
  EXPECT_EQ(d.text(DCM_FrameTime), "40");
  EXPECT_EQ(d.text(DCM_FrameIncrementPointer), "(0018,1063)");
  const Image again = read_back(bytes);
  const auto& voxels = std::get<Volume<std::uint8_t>>(again.voxels);
  EXPECT_EQ(voxels.outer(), OuterAxis::time);
  EXPECT_EQ(voxels.time_step(), 0.04);
  EXPECT_TRUE(std::ranges::equal(voxels.values(), std::get<Volume<std::uint8_t>>(image.voxels).values()));
  // One of the frames is no series any more.
  Image one = ultrasound(3);
  one.voxels = ramp<std::uint8_t>(grid_of(one.voxels));
  Parsed single(derived(one));
  EXPECT_EQ(single.text(DCM_SOPClassUID), UID_UltrasoundImageStorage);
  for (const DcmTagKey& key : {DCM_NumberOfFrames, DCM_FrameTime, DCM_FrameIncrementPointer})
    EXPECT_FALSE(single.has(key)) << key.toString().c_str();
}

TEST(DicomWrite, RegionsHoldOnlyForThePixelsTheyWereMadeFor) {
  Image image = ultrasound();
  Grid grid = grid_of(image.voxels);
  grid.size = {10, 8, 1};
  grid.spacing = {0.15, 0.1, 1};
  image.voxels = ramp<std::uint8_t>(grid);
  Parsed d(derived(image));
  EXPECT_FALSE(d.has(DCM_SequenceOfUltrasoundRegions));
  EXPECT_EQ(d.text(DCM_PixelSpacing), "0.1\\0.15");
}

TEST(DicomWrite, FramesOfAVolumeLieWhereTheirVoxelsLie) {
  const TemporaryFolder folder;
  const Mat3 turn = rotation({0.3, -0.4, 0.6});
  std::vector<Slice> slices = even_slices(4, {10, -20, 30}, 2.5 * turn.column(2));
  for (Slice& s : slices) {
    s.along_row = turn.column(0);
    s.along_column = turn.column(1);
    s.intercept = -50;
  }
  write_series(folder.path(), slices);
  const Image image = read_dicom(folder.path());
  ASSERT_TRUE(std::holds_alternative<Volume<std::int16_t>>(image.voxels));
  write_image(image, folder.path() / "volume.dcm");
  const Image again = read_image(folder.path() / "volume.dcm");
  EXPECT_THAT(again.warnings, IsEmpty());
  EXPECT_TRUE(grid_of(again.voxels).same_as(grid_of(image.voxels), 1e-6));
  EXPECT_TRUE(std::ranges::equal(std::get<Volume<std::int16_t>>(again.voxels).values(),
                                 std::get<Volume<std::int16_t>>(image.voxels).values()));
  Parsed d(read_file(folder.path() / "volume.dcm"));
  EXPECT_EQ(d.text(DCM_SOPClassUID), UID_MultiframeGrayscaleWordSecondaryCaptureImageStorage);
  EXPECT_EQ(d.text(DCM_PatientID), "SECRET-ID");
  EXPECT_EQ(d.text(DCM_Modality), "MR");
  EXPECT_EQ(d.text(DCM_FrameOfReferenceUID), "1.2.3.9");
  EXPECT_EQ(d.text(DCM_RescaleIntercept), "-32768");
  EXPECT_EQ(d.text_of(d.item(DCM_SourceImageSequence, 3), DCM_ReferencedSOPInstanceUID), "1.2.3.4.4");
}

TEST(DicomWrite, APlacedSliceKeepsItsPlace) {
  const TemporaryFolder folder;
  Slice slice;
  slice.position = {1.5, -2, 3};
  slice.along_row = {0, 1, 0};
  slice.along_column = {0, 0, -1};
  write_slice(folder.path() / "s.dcm", slice);
  const Image image = read_image(folder.path() / "s.dcm");
  write_image(image, folder.path() / "again.dcm");
  const Image again = read_image(folder.path() / "again.dcm");
  EXPECT_TRUE(grid_of(again.voxels).same_as(grid_of(image.voxels), 1e-9));
  EXPECT_EQ(again.metadata.at("SOPClass"), "SecondaryCaptureImageStorage");
}

TEST(DicomWrite, ColourAndDeepPicturesComeBack) {
  Grid grid = grid_of_size({7, 5, 1});
  const auto colour = ramp<std::uint8_t>(grid, 3, OuterAxis::channel);
  const Image rgb = read_back(write_dicom(colour));
  EXPECT_TRUE(std::ranges::equal(std::get<Volume<std::uint8_t>>(rgb.voxels).values(), colour.values()));
  EXPECT_EQ(channels_of(rgb.voxels), 3);
  const auto deep = ramp<std::uint16_t>(grid, 1, OuterAxis::none, 65500);
  EXPECT_TRUE(std::ranges::equal(
      std::get<Volume<std::uint16_t>>(read_back(write_dicom(deep)).voxels).values(), deep.values()));
  const auto negative = ramp<std::int16_t>(grid, 1, OuterAxis::none, -32768);
  const Image signed_back = read_back(write_dicom(negative));
  EXPECT_TRUE(
      std::ranges::equal(std::get<Volume<std::int16_t>>(signed_back.voxels).values(), negative.values()));
  grid.size[2] = 3;
  const auto stack = ramp<std::uint8_t>(grid, 3, OuterAxis::channel);
  const Image stack_back = read_back(write_dicom(stack));
  EXPECT_TRUE(std::ranges::equal(std::get<Volume<std::uint8_t>>(stack_back.voxels).values(), stack.values()));
}

TEST(DicomWrite, BitsSayWhatIsWhite) {
  const TemporaryFolder folder;
  Slice slice;
  slice.change = [](DcmDataset& d) {
    d.putAndInsertUint16(DCM_BitsStored, 12);
    d.putAndInsertUint16(DCM_HighBit, 11);
  };
  write_slice(folder.path() / "s.dcm", slice);
  Image image = read_image(folder.path() / "s.dcm");
  EXPECT_EQ(read_back(derived(image)).metadata.at("BitsStored"), "12");
  std::get<Volume<std::uint16_t>>(image.voxels).data()[7] = 4096;
  EXPECT_EQ(read_back(derived(image)).metadata.at("BitsStored"), "16");
}

TEST(DicomWrite, MakesUpNoPatientAndNoSize) {
  Image image;
  image.format = "PNG";
  image.metadata = {{"pixel_size", "unknown"}};
  image.voxels = ramp<std::uint8_t>(grid_of_size({6, 4, 1}));
  const Bytes bytes = write_dicom(image.voxels, &image);
  Parsed d(bytes);
  EXPECT_EQ(d.text(DCM_SOPClassUID), UID_SecondaryCaptureImageStorage);
  for (const DcmTagKey& key : {DCM_PatientName, DCM_PatientID, DCM_PatientSex, DCM_PatientBirthDate,
                               DCM_StudyDate, DCM_AccessionNumber}) {
    EXPECT_TRUE(d.has(key));
    EXPECT_EQ(d.text(key), "");
  }
  for (const DcmTagKey& key : {DCM_PixelSpacing, DCM_SourceImageSequence, DCM_FrameOfReferenceUID,
                               DCM_ImagePositionPatient, DCM_LossyImageCompression})
    EXPECT_FALSE(d.has(key)) << key.toString().c_str();
  const std::regex uid("2\\.25\\.[1-9][0-9]{30,38}");
  for (const DcmTagKey& key : {DCM_StudyInstanceUID, DCM_SeriesInstanceUID, DCM_SOPInstanceUID})
    EXPECT_TRUE(std::regex_match(d.text(key), uid)) << d.text(key);
  image.format = "JPEG";
  EXPECT_EQ(Parsed(write_dicom(image.voxels, &image)).text(DCM_LossyImageCompression), "01");
  image.metadata = {{"pixel_size", "stated"}};
  EXPECT_EQ(Parsed(write_dicom(image.voxels, &image)).text(DCM_PixelSpacing), "1\\1");
}

TEST(DicomWrite, EqualImagesAreOneInstanceAndOneSeriesHoldsWhatWasMadeAlike) {
  Image a = ultrasound(), b = ultrasound();
  const Bytes first = derived(a), same = derived(a);
  EXPECT_EQ(first, same);
  std::get<Volume<std::uint8_t>>(b.voxels).data()[3] = 77;
  Parsed one(first), other(derived(b)), otherwise(derived(a, "made darker"));
  EXPECT_NE(one.text(DCM_SOPInstanceUID), other.text(DCM_SOPInstanceUID));
  EXPECT_EQ(one.text(DCM_SeriesInstanceUID), other.text(DCM_SeriesInstanceUID));
  EXPECT_NE(one.text(DCM_SeriesInstanceUID), otherwise.text(DCM_SeriesInstanceUID));
}

TEST(DicomWrite, WhatIsDerivedTwiceTellsBoth) {
  Image image = ultrasound();
  const Bytes once = derived(image, "first");
  Image second = read_back(once);
  Parsed d(derived(second, "then ×2"));
  EXPECT_EQ(d.text(DCM_DerivationDescription), "first; then x2");
  EXPECT_EQ(d.text(DCM_ImageComments), "left; not for diagnosis alone");
  EXPECT_EQ(d.text_of(d.item(DCM_SourceImageSequence), DCM_ReferencedSOPInstanceUID),
            Parsed(once).text(DCM_SOPInstanceUID));
  Image third = read_back(once);  // passed on without a word of its own
  EXPECT_EQ(Parsed(write_dicom(third.voxels, &third)).text(DCM_DerivationDescription), "first");
}

TEST(DicomWrite, LossyPixelsStayLossy) {
  Image image = ultrasound(1, EXS_LittleEndianExplicit, [](DcmDataset& d) {
    put(d, DCM_LossyImageCompression, "01");
    put(d, DCM_LossyImageCompressionRatio, "12.5");
  });
  Parsed d(derived(image));
  EXPECT_EQ(d.text(DCM_LossyImageCompression), "01");
  EXPECT_EQ(d.text(DCM_LossyImageCompressionRatio), "12.5");
}

TEST(DicomWrite, SaysWhatItCannotHold) {
  const Grid flat = grid_of_size({4, 4, 1}), deep = grid_of_size({4, 4, 2});
  EXPECT_EQ(refusal(Volume<float>(flat)), "DICOM holds uint8, uint16 and int16, the image is float32");
  EXPECT_EQ(refusal(Volume<std::uint8_t>(flat, 4, OuterAxis::channel)),
            "DICOM holds one channel, or three of uint8 as colour; the image has 4 of uint8");
  EXPECT_EQ(refusal(Volume<std::uint8_t>(deep, 3, OuterAxis::time)),
            "DICOM files hold one axis of frames, the image has 3 time points of 2 slices");
  EXPECT_THAT(refusal(Volume<std::uint8_t>(grid_of_size({70000, 1, 1}))),
              HasSubstr("65535×65535 pixels at most"));
}

TEST(DicomWrite, HostileHeadersArePassedOnInPartOrNotAtAll) {
  // 20 levels of codes within codes, and a comment longer than is carried.
  Image image = ultrasound(1, EXS_LittleEndianImplicit, [](DcmDataset& d) {
    DcmItem* item = &d;
    for (int level = 0; level < 20; ++level) {
      DcmItem* inner = nullptr;
      item->findOrCreateSequenceItem(DCM_ViewCodeSequence, inner, -2);
      item = inner;
    }
    put(d, DCM_ImageComments, std::string(100000, 'x'));
  });
  const Bytes bytes = derived(image);
  EXPECT_LT(bytes.size(), 20000U);
  EXPECT_EQ(Parsed(bytes).text(DCM_ImageComments), "not for diagnosis alone");
}

}  // namespace
}  // namespace sg::io

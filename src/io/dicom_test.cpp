#include "io/dicom.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "core/rng.h"
#include "core/stats.h"
#include "io/dicom_dataset.h"
#include "io/dicom_fixture.h"
#include "io/dicom_tags.h"
#include "io/files.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const fs::path& samples() {
  static const fs::path folder = "/usr/lib/python3/dist-packages/pydicom/data/test_files";
  return folder;
}

class PydicomFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(samples())) GTEST_SKIP() << "python3-pydicom is not installed";
  }
};

Image sample(const std::string& name) { return read_dicom(samples() / name); }
std::vector<double> values_of(const Image& image) {
  const Volume<double> v = converted_to<double>(image.voxels);
  return {v.values().begin(), v.values().end()};
}

/// What each file without a readable image must say.
const std::map<std::string, std::string>& refused() {
  static const std::map<std::string, std::string> table = {
      {"ExplVR_BigEndNoMeta.dcm", "holds no image: it is RTIonPlanStorage"},
      {"ExplVR_LitEndNoMeta.dcm", "holds no image: it is RTIonPlanStorage"},
      {"JPEG2000-embedded-sequence-delimiter.dcm", "JPEG 2000 data"},
      {"MR_truncated.dcm", "pixel data hold 8130 bytes, expected 8192"},
      {"UN_sequence.dcm", "does not say what it is"},
      {"badVR.dcm", "NumberOfFrames is \"1A\""},
      {"empty_charset_LEI.dcm", "does not say what it is"},
      {"meta_missing_tsyntax.dcm", "Rows is missing"},
      {"nested_priv_SQ.dcm", "Rows is missing"},
      {"no_meta.dcm", "not DICOM"},  // begins with a stray byte
      {"no_meta_group_length.dcm", "does not say what it is"},
      {"priv_SQ.dcm", "does not say what it is"},
      {"reportsi.dcm", "BasicTextSRStorage"},
      {"reportsi_with_empty_number_tags.dcm", "BasicTextSRStorage"},
      {"rtplan.dcm", "RTPlanStorage"},
      {"rtplan_truncated.dcm", "truncated"},
      {"rtstruct.dcm", "RTStructureSetStorage"},
      {"test-SR.dcm", "ComprehensiveSRStorage"},
      {"waveform_ecg.dcm", "TwelveLeadECGWaveformStorage"}};
  return table;
}

TEST_F(PydicomFiles, EachGivesAnImageOrItsNamedError) {
  int images = 0;
  for (const auto& entry : fs::directory_iterator(samples())) {
    if (entry.path().extension() != ".dcm") continue;
    const std::string name = entry.path().filename().string();
    const auto expected = refused().find(name);
    try {
      const Image image = read_dicom(entry.path());
      EXPECT_EQ(expected, refused().end()) << name << " was read, expected an error";
      EXPECT_GE(grid_of(image.voxels).voxel_count(), 9) << name;
      ++images;
    } catch (const Error& e) {
      ASSERT_NE(expected, refused().end()) << e.what();
      EXPECT_THAT(e.what(), HasSubstr(expected->second));
      EXPECT_THAT(e.what(), HasSubstr(name));
    }
  }
  EXPECT_EQ(images, 49);
}

TEST_F(PydicomFiles, UncompressedValuesAreThoseDcmtkReads) {
  for (const char* name : {"MR_small.dcm", "CT_small.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm"}) {
    DcmFileFormat file;
    ASSERT_TRUE(file.loadFile((samples() / name).c_str()).good());
    DcmDataset& d = *file.getDataset();
    Float64 slope = 1, intercept = 0;
    if (d.tagExists(DCM_RescaleSlope)) d.findAndGetFloat64(DCM_RescaleSlope, slope);
    if (d.tagExists(DCM_RescaleIntercept)) d.findAndGetFloat64(DCM_RescaleIntercept, intercept);
    const Uint16* words = nullptr;
    const Uint8* bytes = nullptr;
    unsigned long count = 0;
    Uint16 allocated = 0;
    d.findAndGetUint16(DCM_BitsAllocated, allocated);
    if (allocated == 16) d.findAndGetUint16Array(DCM_PixelData, words, &count);
    if (allocated == 8) d.findAndGetUint8Array(DCM_PixelData, bytes, &count);
    ASSERT_TRUE(words != nullptr || bytes != nullptr) << name;
    const std::vector<double> values = values_of(sample(name));
    ASSERT_LE(values.size(), count);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double stored = words != nullptr ? static_cast<std::int16_t>(words[i]) : bytes[i];
      ASSERT_EQ(values[i], slope * stored + intercept) << name << " " << i;
    }
  }
}

TEST_F(PydicomFiles, EveryEncodingOfTheSameImageGivesTheSameValues) {
  const Image reference = sample("MR_small.dcm");
  EXPECT_EQ(scalar_name(reference.voxels), "int16");
  EXPECT_EQ(grid_of(reference.voxels).describe(), "64×64×1, 0.3125×0.3125×0.8 mm");
  for (const char* name :
       {"MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_expb.dcm", "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_padded.dcm"}) {
    const Image other = sample(name);
    EXPECT_EQ(values_of(other), values_of(reference)) << name;
    EXPECT_EQ(grid_of(other.voxels), grid_of(reference.voxels)) << name;
    EXPECT_EQ(scalar_name(other.voxels), "int16") << name;
  }
  EXPECT_EQ(values_of(sample("JPEG-lossy.dcm")), values_of(sample("JPGExtended.dcm")));
  EXPECT_EQ(values_of(sample("liver_1frame.dcm")), values_of(sample("liver_expb_1frame.dcm")));
}

TEST_F(PydicomFiles, LossyAndJpeg2000VersionsOfOneScanAgree) {
  const Volume<float> jpeg = converted_to<float>(sample("JPEG-lossy.dcm").voxels);
  const Volume<float> jpeg2000 = converted_to<float>(sample("JPEG2000.dcm").voxels);
  ASSERT_EQ(jpeg.size(), jpeg2000.size());
  double ab = 0, aa = 0, bb = 0;
  for (std::int64_t i = 0; i < jpeg.size(); ++i) {
    const double a = jpeg.data()[i], b = jpeg2000.data()[i];
    ab += a * b;
    aa += a * a;
    bb += b * b;
  }
  EXPECT_GT(ab / std::sqrt(aa * bb), 0.96);
}

TEST_F(PydicomFiles, ColourBarsComeOutRight) {
  const double bars[10][3] = {{255, 0, 0},     {255, 128, 128}, {0, 255, 0}, {128, 255, 128},
                              {0, 0, 255},     {128, 128, 255}, {0, 0, 0},   {64, 64, 64},
                              {192, 192, 192}, {255, 255, 255}};
  const auto check = [&](const char* name, double scale, double tolerance) {
    const Volume<double> v = converted_to<double>(sample(name).voxels);
    ASSERT_EQ(v.channels(), 3) << name;
    for (int bar = 0; bar < 10; ++bar) {
      for (int c = 0; c < 3; ++c) {
        EXPECT_NEAR(v.at(50, 10 * bar + 5, 0, c) / scale, bars[bar][c], tolerance)
            << name << " bar " << bar << " channel " << c;
      }
    }
  };
  for (const char* exact :
       {"SC_rgb_rle.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_gdcm_KY.dcm"}) {
    check(exact, 1, 0);
  }
  check("SC_rgb_rle_16bit.dcm", 257, 0);
  check("SC_rgb_rle_16bit_2frame.dcm", 257, 0);
  check("SC_rgb_rle_32bit.dcm", 257.0 * 65537, 0);
  check("SC_rgb_rle_32bit_2frame.dcm", 257.0 * 65537, 0);
  for (const char* lossy :
       {"SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+n1.dcm", "SC_rgb_dcmtk_+eb+cy+n2.dcm",
        "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_dcmtk_+eb+cy+s2.dcm", "SC_rgb_dcmtk_+eb+cy+s4.dcm",
        "SC_rgb_jpeg_dcmtk.dcm", "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_jpeg_lossy_gdcm.dcm"}) {  // says RGB, holds subsampled YCbCr
    check(lossy, 1, 5);
  }
}

TEST_F(PydicomFiles, JpegOddSizeIsNearItsOriginal) {
  const std::vector<double> a = values_of(sample("SC_rgb_small_odd.dcm")),
                            b = values_of(sample("SC_rgb_small_odd_jpeg.dcm"));
  ASSERT_EQ(a.size(), 27u);
  for (std::size_t i = 0; i < 27; ++i) EXPECT_NEAR(a[i], b[i], 12);
}

TEST_F(PydicomFiles, DoseIsScaledAndStacked) {
  const Image dose = sample("rtdose.dcm");
  const Grid& g = grid_of(dose.voxels);
  EXPECT_EQ(g.size, (std::array<std::int64_t, 3>{10, 10, 15}));
  EXPECT_EQ(g.spacing, (Vec3{10, 10, 5}));
  EXPECT_NEAR(g.origin.z, -761.87, 1e-9);
  for (const char* other : {"rtdose_expb.dcm", "rtdose_rle.dcm"})
    EXPECT_EQ(values_of(sample(other)), values_of(dose));
  for (const char* other : {"rtdose_1frame.dcm", "rtdose_expb_1frame.dcm", "rtdose_rle_1frame.dcm"}) {
    const std::vector<double> one = values_of(sample(other)), all = values_of(dose);
    ASSERT_EQ(one.size(), 100u);
    EXPECT_TRUE(std::equal(one.begin(), one.end(), all.begin()));
  }
  const Bytes bytes = read_file(samples() / "rtdose.dcm");
  const DicomFile file = parse_dicom(bytes);
  const auto* pixels = file.dataset.find(tag::pixel_data);
  std::uint32_t first = 0;
  std::memcpy(&first, pixels->value.data(), 4);
  EXPECT_FLOAT_EQ(static_cast<float>(values_of(dose)[0]),
                  static_cast<float>(first * *file.dataset.number(tag::dose_grid_scaling)));
}

TEST_F(PydicomFiles, FoldersOfADicomdirReadAsSeries) {
  const fs::path folder = samples() / "dicomdirtests" / "98892001" / "CT5N";
  const Image image = read_dicom(folder);
  EXPECT_EQ(grid_of(image.voxels).size[2], 5);
  EXPECT_EQ(list_series(folder).size(), 1u);
}

TEST_F(PydicomFiles, DamagedBytesNeverCrash) {
  Rng rng(7);
  const char* seeds[] = {"MR_small_RLE.dcm",
                         "MR_small_jpeg_ls_lossless.dcm",
                         "MR_small_jp2klossless.dcm",
                         "SC_rgb_small_odd_jpeg.dcm",
                         "SC_rgb_jpeg_gdcm.dcm",
                         "rtdose.dcm",
                         "image_dfl.dcm",
                         "liver_1frame.dcm"};
  int refused_count = 0;
  for (const char* seed : seeds) {
    const Bytes original = read_file(samples() / seed);
    for (int round = 0; round < 150; ++round) {
      Bytes bytes = original;
      if (round % 3 == 0) bytes.resize(rng.below(bytes.size()));
      for (int hit = 0; hit < 1 + round % 5 && !bytes.empty(); ++hit) {
        bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.below(256));
      }
      try {
        read_dicom(bytes, "mutant");
      } catch (const Error& e) {
        ++refused_count;
        EXPECT_NE(e.code(), ErrorCode::internal);
      }
    }
  }
  EXPECT_GT(refused_count, 100);
}

TEST(Dicom, NestingBombsAndEmptyFilesAreRefused) {
  EXPECT_THROW(read_dicom(Bytes{}, "empty"), Error);
  // 200,000 nested sequences of undefined length.
  Bytes bytes(128, 0);
  for (const char c : {'D', 'I', 'C', 'M'}) bytes.push_back(static_cast<std::uint8_t>(c));
  const std::uint8_t level[] = {0x08, 0x00, 0x40, 0x11, 'S',  'Q',  0,    0,    0xFF, 0xFF,
                                0xFF, 0xFF, 0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF};
  for (int i = 0; i < 200000; ++i) bytes.insert(bytes.end(), std::begin(level), std::end(level));
  try {
    read_dicom(bytes, "bomb");
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("nested more than 64 deep"));
  }
}

TEST(Dicom, UnknownTransferSyntaxIsNamed) {
  const TemporaryFolder folder;
  write_slice(folder.path() / "a.dcm", Slice{});
  Bytes bytes = read_file(folder.path() / "a.dcm");
  const std::string from = "1.2.840.10008.1.2.1", to = "1.2.840.10008.1.2.4";
  const auto at = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
  ASSERT_NE(at, bytes.end());
  // The same length, so that no header length needs to change.
  std::copy(to.begin(), to.end(), at);
  try {
    read_dicom(bytes, "a.dcm");
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::unsupported_format);
    EXPECT_THAT(e.what(), HasSubstr("transfer syntax 1.2.840.10008.1.2.4 is not read"));
  }
}

TEST(Dicom, CharacterSetsBecomeUtf8) {
  EXPECT_EQ(to_utf8("abc", ""), "abc");
  EXPECT_EQ(to_utf8("Sch\xE4"
                    "del",
                    "ISO_IR 100"),
            "Schädel");
  EXPECT_EQ(to_utf8("\xC9\xCF\xBA\xA3", "GB18030"), "上海");
  EXPECT_EQ(to_utf8("上海", "ISO_IR 192"), "上海");
  EXPECT_EQ(to_utf8("a\xFF"
                    "b",
                    "ISO_IR 192"),
            "a?b");
  EXPECT_EQ(to_utf8("a\xE4"
                    "b",
                    ""),
            "a?b");
}

TEST(Dicom, PaletteBecomesColour) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    put(d, DCM_PhotometricInterpretation, "PALETTE COLOR");
    const Uint16 descriptor[3] = {20, 0, 8};
    Uint16 table[20];
    for (int c = 0; c < 3; ++c) {
      for (int i = 0; i < 20; ++i) table[i] = static_cast<Uint16>(10 * c + i);
      d.putAndInsertUint16Array(c == 0   ? DCM_RedPaletteColorLookupTableDescriptor
                                : c == 1 ? DCM_GreenPaletteColorLookupTableDescriptor
                                         : DCM_BluePaletteColorLookupTableDescriptor,
                                descriptor, 3);
      d.putAndInsertUint16Array(c == 0   ? DCM_RedPaletteColorLookupTableData
                                : c == 1 ? DCM_GreenPaletteColorLookupTableData
                                         : DCM_BluePaletteColorLookupTableData,
                                table, 20);
    }
    const Uint16 beyond[20] = {0, 1, 2, 99};
    d.putAndInsertUint16Array(DCM_PixelData, beyond, 20);
  };
  write_slice(folder.path() / "p.dcm", s);
  const Image image = read_dicom(folder.path() / "p.dcm");
  EXPECT_EQ(scalar_name(image.voxels), "uint8");
  const Volume<double> v = converted_to<double>(image.voxels);
  ASSERT_EQ(v.channels(), 3);
  EXPECT_EQ(v.at(2, 0, 0, 0), 2);
  EXPECT_EQ(v.at(2, 0, 0, 2), 22);
  EXPECT_EQ(v.at(3, 0, 0, 1), 29);  // beyond the table: its last entry
}

TEST(Dicom, StoredBitsAreMaskedAndSigned) {
  const TemporaryFolder folder;
  Slice s;
  s.change = [](DcmDataset& d) {
    d.putAndInsertUint16(DCM_BitsStored, 12);
    d.putAndInsertUint16(DCM_HighBit, 11);
    d.putAndInsertUint16(DCM_PixelRepresentation, 1);
    const Uint16 values[20] = {0x0FFF, 0xF001, 0x0800, 0x07FF};  // overlay bits above
    d.putAndInsertUint16Array(DCM_PixelData, values, 20);
  };
  write_slice(folder.path() / "m.dcm", s);
  const std::vector<double> values = values_of(read_dicom(folder.path() / "m.dcm"));
  EXPECT_EQ(values[0], -1);
  EXPECT_EQ(values[1], 1);
  EXPECT_EQ(values[2], -2048);
  EXPECT_EQ(values[3], 2047);
}

TEST(Dicom, ContradictoryLayoutsAreNamed) {
  const TemporaryFolder folder;
  const auto with = [&](const std::function<void(DcmDataset&)>& change) -> std::string {
    Slice s;
    s.change = change;
    write_slice(folder.path() / "x.dcm", s);
    try {
      read_dicom(folder.path() / "x.dcm");
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  const auto number = [](const DcmTagKey& key, int value) {
    return [=](DcmDataset& d) { d.putAndInsertUint16(key, static_cast<Uint16>(value)); };
  };
  EXPECT_THAT(with(number(DCM_BitsStored, 17)), HasSubstr("bits stored 17"));
  EXPECT_THAT(with(number(DCM_BitsAllocated, 12)), HasSubstr("12 bits allocated are not read"));
  EXPECT_THAT(with(number(DCM_SamplesPerPixel, 2)), HasSubstr("2 samples a pixel"));
  EXPECT_THAT(with(number(DCM_Rows, 0)), HasSubstr("Rows is 0"));
  EXPECT_THAT(with([](DcmDataset& d) { d.findAndDeleteElement(DCM_Rows); }), HasSubstr("Rows is missing"));
  EXPECT_THAT(with([](DcmDataset& d) { put(d, DCM_PhotometricInterpretation, "HSV"); }),
              HasSubstr("\"HSV\""));
  EXPECT_THAT(with([](DcmDataset& d) { put(d, DCM_PhotometricInterpretation, "PALETTE COLOR"); }),
              HasSubstr("palette"));
}

}  // namespace
}  // namespace sg::io

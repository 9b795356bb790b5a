#pragma once
// Writes small DICOM objects with DCMTK, for tests only.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dctk.h"

#include "core/geometry.h"
#include "io/io_fixture.h"

namespace sg::io {

struct Slice {
  Vec3 position;
  Vec3 along_row{1, 0, 0}, along_column{0, 1, 0};
  int instance = 1;
  std::string series = "1.2.3.4";
  std::string description = "T1";
  double slope = 1, intercept = 0;
  int columns = 5, rows = 4;
  double row_spacing = 0.75, column_spacing = 0.5;
  /// value = first_value + index in the plane
  int first_value = 0;
  std::function<void(DcmDataset&)> change;
};

inline std::string decimal_string(std::initializer_list<double> values) {
  std::string text;
  for (const double v : values) {
    char number[40];
    std::snprintf(number, sizeof number, "%.10g", v);
    if (!text.empty()) text += '\\';
    text += number;
  }
  return text;
}

inline void put(DcmItem& item, const DcmTagKey& key, const std::string& value) {
  ASSERT_TRUE(item.putAndInsertString(key, value.c_str()).good()) << key.toString().c_str();
}

inline void put_plane(DcmDataset& d, const Slice& s) {
  put(d, DCM_ImagePositionPatient, decimal_string({s.position.x, s.position.y, s.position.z}));
  put(d, DCM_ImageOrientationPatient,
      decimal_string({s.along_row.x, s.along_row.y, s.along_row.z, s.along_column.x, s.along_column.y,
                      s.along_column.z}));
}

/// A 16-bit MR image.
inline void write_slice(const std::filesystem::path& path, const Slice& s,
                        E_TransferSyntax syntax = EXS_LittleEndianExplicit) {
  DcmFileFormat file;
  DcmDataset& d = *file.getDataset();
  put(d, DCM_SOPClassUID, UID_MRImageStorage);
  put(d, DCM_SOPInstanceUID, fmt::format("{}.{}", s.series, s.instance));
  put(d, DCM_StudyInstanceUID, "1.2.3");
  put(d, DCM_SeriesInstanceUID, s.series);
  put(d, DCM_FrameOfReferenceUID, "1.2.3.9");
  put(d, DCM_SeriesDescription, s.description);
  put(d, DCM_PatientName, "Secret^Patient");
  put(d, DCM_PatientID, "SECRET-ID");
  put(d, DCM_PatientBirthDate, "19700101");
  put(d, DCM_Modality, "MR");
  put(d, DCM_InstanceNumber, std::to_string(s.instance));
  put_plane(d, s);
  put(d, DCM_PixelSpacing, decimal_string({s.row_spacing, s.column_spacing}));
  put(d, DCM_RescaleSlope, decimal_string({s.slope}));
  put(d, DCM_RescaleIntercept, decimal_string({s.intercept}));
  put(d, DCM_PhotometricInterpretation, "MONOCHROME2");
  const auto number = [&](const DcmTagKey& key, int value) {
    ASSERT_TRUE(d.putAndInsertUint16(key, static_cast<Uint16>(value)).good());
  };
  number(DCM_SamplesPerPixel, 1);
  number(DCM_Rows, s.rows);
  number(DCM_Columns, s.columns);
  number(DCM_BitsAllocated, 16);
  number(DCM_BitsStored, 16);
  number(DCM_HighBit, 15);
  number(DCM_PixelRepresentation, 0);
  std::vector<Uint16> pixels(static_cast<std::size_t>(s.rows * s.columns));
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<Uint16>(s.first_value + static_cast<int>(i));
  ASSERT_TRUE(d.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
  if (s.change) s.change(d);
  const OFCondition status = file.saveFile(path.c_str(), syntax);
  ASSERT_TRUE(status.good()) << status.text();
}

/// Writes `count` slices, `step` mm apart along the normal, file names and instance numbers in the given
/// order.
inline std::vector<Slice> even_slices(int count, Vec3 origin, Vec3 step) {
  std::vector<Slice> slices;
  for (int i = 0; i < count; ++i) {
    Slice s;
    s.position = origin + static_cast<double>(i) * step;
    s.instance = i + 1;
    s.first_value = 100 * i;
    slices.push_back(s);
  }
  return slices;
}

inline void write_series(const std::filesystem::path& folder, const std::vector<Slice>& slices) {
  for (std::size_t i = 0; i < slices.size(); ++i) write_slice(folder / fmt::format("IM{}.dcm", i), slices[i]);
}

}  // namespace sg::io

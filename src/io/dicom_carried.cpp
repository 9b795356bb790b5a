#include "io/dicom_carried.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "io/dicom_elements.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

/// Top level first; what follows `nested` occurs in sequences only.
constexpr DicomTag tags[] = {
    // SOP common, patient, study (PS3.3 C.7.1, C.7.2)
    {0x0008, 0x0005, "CS"},
    {0x0008, 0x0008, "CS"},
    {0x0008, 0x0016, "UI"},
    {0x0008, 0x0018, "UI"},
    {0x0008, 0x0020, "DA"},
    {0x0008, 0x0021, "DA"},
    {0x0008, 0x0022, "DA"},
    {0x0008, 0x0023, "DA"},
    {0x0008, 0x002A, "DT"},
    {0x0008, 0x0030, "TM"},
    {0x0008, 0x0031, "TM"},
    {0x0008, 0x0032, "TM"},
    {0x0008, 0x0033, "TM"},
    {0x0008, 0x0050, "SH"},
    {0x0008, 0x0051, "SQ"},
    {0x0008, 0x0060, "CS"},
    {0x0008, 0x0070, "LO"},
    {0x0008, 0x0080, "LO"},
    {0x0008, 0x0090, "PN"},
    {0x0008, 0x0201, "SH"},
    {0x0008, 0x1010, "SH"},
    {0x0008, 0x1030, "LO"},
    {0x0008, 0x1032, "SQ"},
    {0x0008, 0x103E, "LO"},
    {0x0008, 0x1090, "LO"},
    {0x0008, 0x2111, "ST"},
    {0x0008, 0x2120, "SH"},
    {0x0008, 0x2122, "IS"},
    {0x0008, 0x2124, "IS"},
    {0x0008, 0x2127, "SH"},
    {0x0008, 0x2128, "IS"},
    {0x0008, 0x2129, "IS"},
    {0x0008, 0x212A, "IS"},
    {0x0008, 0x2142, "IS"},
    {0x0008, 0x2143, "IS"},
    {0x0008, 0x2144, "IS"},
    {0x0008, 0x2218, "SQ"},
    {0x0010, 0x0010, "PN"},
    {0x0010, 0x0020, "LO"},
    {0x0010, 0x0021, "LO"},
    {0x0010, 0x0024, "SQ"},
    {0x0010, 0x0030, "DA"},
    {0x0010, 0x0032, "TM"},
    {0x0010, 0x0040, "CS"},
    {0x0010, 0x1010, "AS"},
    {0x0010, 0x1020, "DS"},
    {0x0010, 0x1030, "DS"},
    {0x0010, 0x2201, "LO"},
    {0x0010, 0x2202, "SQ"},
    {0x0010, 0x2292, "LO"},
    {0x0010, 0x2293, "SQ"},
    {0x0012, 0x0062, "CS"},
    {0x0012, 0x0063, "LO"},
    {0x0012, 0x0064, "SQ"},
    // acquisition and ultrasound (C.8.5.6, C.8.5.5, C.7.6.5)
    {0x0018, 0x0015, "CS"},
    {0x0018, 0x0040, "IS"},
    {0x0018, 0x0050, "DS"},
    {0x0018, 0x0060, "DS"},
    {0x0018, 0x0072, "DS"},
    {0x0018, 0x0080, "DS"},
    {0x0018, 0x0081, "DS"},
    {0x0018, 0x0082, "DS"},
    {0x0018, 0x0087, "DS"},
    {0x0018, 0x1000, "LO"},
    {0x0018, 0x1020, "LO"},
    {0x0018, 0x1030, "LO"},
    {0x0018, 0x1060, "DS"},
    {0x0018, 0x1062, "IS"},
    {0x0018, 0x1063, "DS"},
    {0x0018, 0x1065, "DS"},
    {0x0018, 0x1066, "DS"},
    {0x0018, 0x1088, "IS"},
    {0x0018, 0x1164, "DS"},
    {0x0018, 0x1242, "IS"},
    {0x0018, 0x1244, "US"},
    {0x0018, 0x1314, "DS"},
    {0x0018, 0x5000, "SH"},
    {0x0018, 0x5010, "LO"},
    {0x0018, 0x5012, "DS"},
    {0x0018, 0x5020, "LO"},
    {0x0018, 0x5021, "LO"},
    {0x0018, 0x5022, "DS"},
    {0x0018, 0x5024, "DS"},
    {0x0018, 0x5026, "DS"},
    {0x0018, 0x5027, "DS"},
    {0x0018, 0x5028, "DS"},
    {0x0018, 0x5029, "DS"},
    {0x0018, 0x5050, "IS"},
    {0x0018, 0x5100, "CS"},
    {0x0018, 0x6011, "SQ"},
    {0x0018, 0x6031, "CS"},
    // relationship and pixels (C.7.4.1, C.7.6.1, C.7.6.3)
    {0x0020, 0x000D, "UI"},
    {0x0020, 0x000E, "UI"},
    {0x0020, 0x0010, "SH"},
    {0x0020, 0x0011, "IS"},
    {0x0020, 0x0012, "IS"},
    {0x0020, 0x0013, "IS"},
    {0x0020, 0x0020, "CS"},
    {0x0020, 0x0032, "DS"},
    {0x0020, 0x0037, "DS"},
    {0x0020, 0x0052, "UI"},
    {0x0020, 0x0060, "CS"},
    {0x0020, 0x0062, "CS"},
    {0x0020, 0x0100, "IS"},
    {0x0020, 0x0200, "UI"},
    {0x0020, 0x1040, "LO"},
    {0x0020, 0x4000, "LT"},
    {0x0028, 0x0004, "CS"},
    {0x0028, 0x0008, "IS"},
    {0x0028, 0x0009, "AT"},
    {0x0028, 0x0014, "US"},
    {0x0028, 0x0030, "DS"},
    {0x0028, 0x0034, "IS"},
    {0x0028, 0x0101, "US"},
    {0x0028, 0x0301, "CS"},
    {0x0028, 0x0302, "CS"},
    {0x0028, 0x0A02, "CS"},
    {0x0028, 0x0A04, "LO"},
    {0x0028, 0x1050, "DS"},
    {0x0028, 0x1051, "DS"},
    {0x0028, 0x1054, "LO"},
    {0x0028, 0x1055, "LO"},
    {0x0028, 0x1056, "CS"},
    {0x0028, 0x2110, "CS"},
    {0x0028, 0x2112, "DS"},
    {0x0028, 0x2114, "CS"},
    {0x0054, 0x0220, "SQ"},
};

/// Inside sequences: codes (8.8), regions (C.8.5.5), identifiers.
constexpr DicomTag nested[] = {
    {0x0008, 0x0100, "SH"}, {0x0008, 0x0102, "SH"}, {0x0008, 0x0103, "SH"}, {0x0008, 0x0104, "LO"},
    {0x0008, 0x2220, "SQ"}, {0x0018, 0x6012, "US"}, {0x0018, 0x6014, "US"}, {0x0018, 0x6016, "UL"},
    {0x0018, 0x6018, "UL"}, {0x0018, 0x601A, "UL"}, {0x0018, 0x601C, "UL"}, {0x0018, 0x601E, "UL"},
    {0x0018, 0x6020, "SL"}, {0x0018, 0x6022, "SL"}, {0x0018, 0x6024, "US"}, {0x0018, 0x6026, "US"},
    {0x0018, 0x6028, "FD"}, {0x0018, 0x602A, "FD"}, {0x0018, 0x602C, "FD"}, {0x0018, 0x602E, "FD"},
    {0x0018, 0x6030, "UL"}, {0x0018, 0x6032, "UL"}, {0x0018, 0x6034, "FD"}, {0x0018, 0x6036, "FD"},
    {0x0018, 0x6039, "SL"}, {0x0018, 0x603B, "SL"}, {0x0018, 0x603D, "SL"}, {0x0018, 0x603F, "SL"},
    {0x0018, 0x6041, "SL"}, {0x0018, 0x6043, "SL"}, {0x0018, 0x6044, "US"}, {0x0018, 0x6046, "UL"},
    {0x0018, 0x6048, "UL"}, {0x0018, 0x604A, "UL"}, {0x0018, 0x604C, "US"}, {0x0018, 0x604E, "US"},
    {0x0018, 0x6050, "UL"}, {0x0018, 0x6052, "UL"}, {0x0018, 0x6054, "FD"}, {0x0018, 0x6056, "UL"},
    {0x0018, 0x6058, "UL"}, {0x0018, 0x605A, "FL"}, {0x0040, 0x0031, "UT"}, {0x0040, 0x0032, "UT"},
    {0x0040, 0x0033, "CS"}, {0x0054, 0x0222, "SQ"},
};

/// Those tables together, for what `DicomElements::copy` finds below an element.
std::span<const DicomTag> known_tags() {
  static const std::vector<DicomTag> all = [] {
    std::vector<DicomTag> both(std::begin(tags), std::end(tags));
    both.insert(both.end(), std::begin(nested), std::end(nested));
    return both;
  }();
  return all;
}

bool is_lossy(std::string_view transfer_syntax) {
  constexpr std::array<std::string_view, 5> lossy{"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
                                                  "1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55",
                                                  "1.2.840.10008.1.2.4.81"};
  return std::find(lossy.begin(), lossy.end(), transfer_syntax) != lossy.end();
}

}  // namespace

std::span<const DicomTag> carried_tags() { return tags; }

std::shared_ptr<const SourceHeader> source_header(const DicomFile& first,
                                                  const std::vector<ObjectInfo>& objects, const Grid& grid) {
  DicomElements header;
  for (const DicomTag& each : tags) header.copy(first.dataset, each, known_tags());
  // What multi-frame objects say in functional groups, a derived image says plainly.
  const FrameInfo& frame = objects.front().frames.front();
  const bool calibrated = header.has(tag::pixel_spacing) || header.has(tag::imager_pixel_spacing) ||
                          header.has(tag::ultrasound_regions);
  if (frame.spacing && !calibrated)
    header.numbers(tag::pixel_spacing, std::array{frame.spacing->y, frame.spacing->x});
  if (frame.position && frame.axes && !header.has(tag::image_position)) {
    const Vec3 &at = *frame.position, &x = (*frame.axes)[0], &y = (*frame.axes)[1];
    header.numbers(tag::image_position, std::array{at.x, at.y, at.z});
    header.numbers(tag::image_orientation, std::array{x.x, x.y, x.z, y.x, y.y, y.z});
  }
  std::vector<DicomElements> instances;
  for (const ObjectInfo& object : objects) {
    if (object.sop_class.empty() || object.sop_instance.empty()) continue;
    DicomElements& instance = instances.emplace_back();
    instance.text(tag::referenced_sop_class_uid, object.sop_class);
    instance.text(tag::referenced_sop_instance_uid, object.sop_instance);
  }
  if (!instances.empty()) header.sequence(tag::source_image, instances);
  if (is_lossy(first.transfer_syntax)) header.text(tag::lossy_image_compression, "01");
  auto result = std::make_shared<SourceHeader>();
  result->bytes = header.encoded();
  result->grid = grid;
  return result;
}

}  // namespace sg::io

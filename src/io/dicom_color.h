#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/dicom_dataset.h"

namespace sg::io {

/// YBR_FULL, YBR_FULL_422, YBR_PARTIAL_422 (ITU-R BT.601; PS3.3 C.7.6.3.1.2) to RGB in place, three planes of
/// `bits`-bit values.
void ybr_to_rgb(std::span<std::int32_t> planes, const std::string& photometric, int bits);

/// The lookup table of a PALETTE COLOR image, plain or segmented (discrete and linear segments).
struct DicomPalette {
  std::int64_t first = 0;  // stored value of the first entry
  int bits = 8;            // of the colours: 8 or 16
  std::vector<std::uint16_t> color[3];
};
/// Throws invalid_input if the tables are missing or damaged.
DicomPalette read_palette(const DicomDataset& dataset, bool is_signed);
/// Indices in the first plane become colours in three planes; indices beyond the table take its ends.
void apply_palette(const DicomPalette& palette, std::span<std::int32_t> planes);

}  // namespace sg::io

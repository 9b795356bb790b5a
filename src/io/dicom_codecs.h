#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "io/jpeg2000.h"

namespace sg::io {

/// What the data set says a compressed frame holds; every decoder checks its data against it before it
/// allocates.
struct FrameShape {
  std::int64_t columns = 0, rows = 0;
  int components = 1;
  int bytes_per_sample = 1;
};

/// Each throws invalid_input for data that are damaged or of another shape.
/// DICOM run-length encoding (PS3.5 annex G).
DecodedPicture decode_rle(std::span<const std::uint8_t> bytes, const FrameShape& shape);
/// JPEG, any Huffman process: 8 bits by libjpeg, 12-bit and lossless ones by DCMTK. Colour that the stream
/// holds as YCbCr comes back as RGB, and `rgb` says so; `stated_rgb` is what the data set claims, used when
/// the stream has no marker of its own.
DecodedPicture decode_jpeg(std::span<const std::uint8_t> bytes, const FrameShape& shape, bool stated_rgb,
                           bool& rgb);
/// JPEG-LS, lossless and near-lossless (DCMTK).
DecodedPicture decode_jpeg_ls(std::span<const std::uint8_t> bytes, const FrameShape& shape);

}  // namespace sg::io

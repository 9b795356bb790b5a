#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace sg::io {

/// A decoded picture as a codec gives it: samples interleaved, pixel by pixel.
struct DecodedPicture {
  std::int64_t columns = 0, rows = 0;
  int components = 1;
  int precision = 8;  // bits a sample
  bool is_signed = false;
  std::vector<std::int32_t> samples;
};

/// Decodes a JPEG 2000 codestream, bare or in a JP2 container (OpenJPEG). The size the codestream states must
/// be `columns` × `rows` with `components` equal, unsubsampled components; otherwise, and for damaged data,
/// throws invalid_input before anything large is allocated.
DecodedPicture decode_jpeg2000(std::span<const std::uint8_t> bytes, std::int64_t columns, std::int64_t rows,
                               int components);

}  // namespace sg::io

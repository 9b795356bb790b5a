#include <algorithm>

#include "core/error.h"
#include "io/dicom_codecs.h"

// The first byte chooses codec, samples and their width; the size comes from the stream's own header so that
// the check of the shape lets it through to the decoder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  const int choice = data[0];
  sg::io::FrameShape shape{16, 16, choice & 4 ? 3 : 1, choice & 8 ? 2 : 1};
  for (std::size_t i = 0; i + 9 < bytes.size(); ++i) {
    const bool frame =
        bytes[i] == 0xFF && (bytes[i + 1] == 0xF7 || (bytes[i + 1] >= 0xC0 && bytes[i + 1] <= 0xC3));
    if (!frame) continue;
    shape.rows = std::clamp(bytes[i + 5] << 8 | bytes[i + 6], 1, 2048);
    shape.columns = std::clamp(bytes[i + 7] << 8 | bytes[i + 8], 1, 2048);
    break;
  }
  try {
    bool rgb = false;
    switch (choice & 3) {
      case 0: sg::io::decode_rle(bytes, shape); break;
      case 1: sg::io::decode_jpeg(bytes, shape, choice & 16, rgb); break;
      case 2: sg::io::decode_jpeg_ls(bytes, shape); break;
      default: sg::io::decode_jpeg2000(bytes, 16, 16, shape.components);
    }
  } catch (const sg::Error&) {
  }
  return 0;
}

#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/dicom_color.h"
#include "io/dicom_dataset.h"

namespace sg::io {

/// How the pixel data of a data set are laid out (DICOM PS3.3 C.7.6.3).
struct PixelFormat {
  std::int64_t columns = 0, rows = 0, frames = 1;
  int samples = 1;     // per pixel, as stored
  int allocated = 16;  // 1, 8, 16 or 32 bits; 32 or 64 with `floating`
  int stored = 16, high = 15;
  bool is_signed = false;
  bool floating = false;    // FloatPixelData or DoubleFloatPixelData
  bool planar = false;      // colour by colour
  std::string photometric;  // "MONOCHROME2", "RGB", …
  std::string transfer_syntax;

  std::int64_t pixels() const { return columns * rows; }
  friend bool operator==(const PixelFormat&, const PixelFormat&) = default;
};

/// Reads and checks the layout. Throws unsupported_format for an object without pixel data (naming its SOP
/// class) or an encoding or sample size that is not read, invalid_input where attributes are missing or
/// contradict each other.
PixelFormat pixel_format(const DicomFile& file);

/// Hands out frames of one file, each decoded, unpacked, and turned to RGB where it is colour. `file` must
/// outlive it.
class FrameDecoder {
 public:
  /// Throws invalid_input if the pixel data cannot hold the frames.
  FrameDecoder(const DicomFile& file, const PixelFormat& format);
  /// 1 or 3.
  int channels() const { return format_.photometric == "PALETTE COLOR" ? 3 : format_.samples == 1 ? 1 : 3; }
  /// Bits of the values decode gives: allocated ones, or those of the palette's colours.
  int bits() const;
  bool is_signed() const { return format_.is_signed && channels() == 1; }
  /// Values of one frame, channel by channel: pixels() · channels() of them. 32-bit unsigned values keep
  /// their bits. Thread-safe.
  void decode(std::int64_t frame, std::span<std::int32_t> out) const;
  /// Values of one frame of floating pixel data.
  void decode(std::int64_t frame, std::span<double> out) const;

 private:
  void decode_native(std::int64_t frame, std::span<std::int32_t> out) const;
  void decode_compressed(std::int64_t frame, std::span<std::int32_t> out, bool& rgb) const;

  void split_fragments(const DicomDataset& dataset);
  void check_compression() const;

  PixelFormat format_;
  const DicomDataset::Element* data_ = nullptr;
  bool compressed_ = false;
  std::vector<std::vector<std::span<const std::uint8_t>>> frames_;  // fragments of each compressed frame
  DicomPalette palette_;
};

}  // namespace sg::io

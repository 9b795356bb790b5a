#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

#include <jpeglib.h>  // after <cstdio>, which it needs

#include "dcmtk/config/osconfig.h"

#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djcparam.h"
#include "dcmtk/dcmjpeg/djdijg12.h"
#include "dcmtk/dcmjpeg/djdijg16.h"
#include "dcmtk/dcmjpeg/djdijg8.h"
#include "dcmtk/dcmjpls/djdecode.h"
#include "dcmtk/oflog/oflog.h"

#include "core/error.h"
#include "io/dicom_codecs.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

[[noreturn]] void damaged(const std::string& what) {
  throw Error(ErrorCode::invalid_input, "JPEG data: " + what);
}

/// What the markers before the first scan say.
struct JpegHeader {
  int process = -1;  // the SOF number: 0 baseline, 1 extended, 2 progressive, 3 lossless, 55 JPEG-LS
  int precision = 0;
  std::int64_t columns = 0, rows = 0;
  int components = 0;
  std::vector<std::uint8_t> component_ids;
  std::optional<int> adobe_transform;
  bool jfif = false;
  bool subsampled = false;  // the first component is finer than the others
};

void read_frame_header(Bytes segment, JpegHeader& header) {
  if (segment.size() < 6 || segment.size() < 6 + 3u * segment[5]) damaged("the frame header is truncated");
  header.precision = segment[0];
  header.rows = segment[1] << 8 | segment[2];
  header.columns = segment[3] << 8 | segment[4];
  header.components = segment[5];
  for (std::size_t c = 0; c < segment[5]; ++c) {
    header.component_ids.push_back(segment[6 + 3 * c]);
    header.subsampled = header.subsampled || segment[7 + 3 * c] != segment[7];
  }
}

JpegHeader read_jpeg_header(Bytes bytes) {
  if (bytes.size() < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8) damaged("does not start with the SOI marker");
  JpegHeader header;
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != 0xFF) damaged(fmt::format("no marker at byte {}", at));
    const int marker = bytes[at + 1];
    if (marker == 0xFF) {
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) break;
    const std::size_t length = static_cast<std::size_t>(bytes[at + 2] << 8 | bytes[at + 3]);
    if (length < 2 || at + 2 + length > bytes.size())
      damaged(fmt::format("the segment at byte {} is truncated", at));
    const Bytes segment = bytes.subspan(at + 4, length - 2);
    const bool frame =
        (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC);
    if (frame || marker == 0xF7) {
      if (header.process >= 0) damaged("two frame headers, expected one");
      header.process = marker == 0xF7 ? 55 : marker - 0xC0;
      read_frame_header(segment, header);
    } else if (marker == 0xEE && segment.size() >= 12 && std::memcmp(segment.data(), "Adobe", 5) == 0) {
      header.adobe_transform = segment[11];
    } else if (marker == 0xE0 && segment.size() >= 5 && std::memcmp(segment.data(), "JFIF", 4) == 0) {
      header.jfif = true;
    }
    at += 2 + length;
  }
  if (header.process < 0) damaged("no frame header before the first scan");
  return header;
}

void check_shape(const JpegHeader& header, const FrameShape& shape) {
  if (header.columns != shape.columns || header.rows != shape.rows || header.components != shape.components) {
    damaged(fmt::format("picture is {}×{} with {} components, expected {}×{} with {}", header.columns,
                        header.rows, header.components, shape.columns, shape.rows, shape.components));
  }
}

bool holds_ycc(const JpegHeader& header, bool stated_rgb) {
  if (header.components != 3) return false;
  if (header.adobe_transform) return *header.adobe_transform == 1;
  if (header.component_ids == std::vector<std::uint8_t>{'R', 'G', 'B'}) return false;
  // Nobody subsamples red, green and blue, so such data are YCbCr whatever the data set says.
  return header.jfif || header.subsampled || !stated_rgb;
}

struct JumpOut {
  jpeg_error_mgr manager;
  std::jmp_buf target;
};

void jump_out(j_common_ptr common) { std::longjmp(reinterpret_cast<JumpOut*>(common->err)->target, 1); }
void no_message(j_common_ptr) {}
// Corrupt data make libjpeg warn for every block; after the first warning of that kind the picture is not to
// be trusted.
void warn_or_trace(j_common_ptr common, int level) {
  if (level < 0) ++common->err->num_warnings;
}

/// libjpeg; nothing in here may own memory across the calls that can jump out.
bool decode_8bit(Bytes bytes, bool ycc, JSAMPLE* out, std::size_t stride) {
  jpeg_decompress_struct cinfo;
  JumpOut errors;
  cinfo.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jump_out;
  errors.manager.output_message = no_message;
  errors.manager.emit_message = warn_or_trace;
  if (setjmp(errors.target) != 0) {
    jpeg_destroy_decompress(&cinfo);
    return false;
  }
  jpeg_create_decompress(&cinfo);
  cinfo.mem->max_memory_to_use = 1L << 30;
  jpeg_mem_src(&cinfo, bytes.data(), bytes.size());
  jpeg_read_header(&cinfo, TRUE);
  if (cinfo.num_components == 3) {
    cinfo.jpeg_color_space = ycc ? JCS_YCbCr : JCS_RGB;
    cinfo.out_color_space = JCS_RGB;
  } else {
    cinfo.out_color_space = cinfo.jpeg_color_space;
  }
  cinfo.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&cinfo);
  bool complete = true;
  while (cinfo.output_scanline < cinfo.output_height) {
    JSAMPROW row = out + stride * cinfo.output_scanline;
    jpeg_read_scanlines(&cinfo, &row, 1);
    // A progressive file of 65500 empty scans would take hours.
    if (cinfo.input_scan_number > 500) complete = false;
    if (!complete) break;
  }
  complete = complete && cinfo.err->num_warnings == 0;
  jpeg_abort_decompress(&cinfo);
  jpeg_destroy_decompress(&cinfo);
  return complete;
}

void silence_dcmtk() {
  static std::once_flag once;
  std::call_once(once, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
}

template <class Decoder>
bool decode_dcmtk(Bytes bytes, std::vector<std::uint8_t>& out) {
  const DJCodecParameter parameter(ECC_lossyRGB, EDC_never, EUC_never, EPC_default);
  Decoder decoder(parameter, OFFalse);
  std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());  // its interface is not const
  return decoder.init().good() && decoder
                                      .decode(copy.data(), static_cast<Uint32>(copy.size()), out.data(),
                                              static_cast<Uint32>(out.size()), OFFalse)
                                      .good();
}

template <class T>
void widen(const std::vector<std::uint8_t>& raw, std::vector<std::int32_t>& samples) {
  for (std::size_t i = 0; i < samples.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    samples[i] = value;
  }
}

}  // namespace

DecodedPicture decode_jpeg(Bytes bytes, const FrameShape& shape, bool stated_rgb, bool& rgb) {
  const JpegHeader header = read_jpeg_header(bytes);
  check_shape(header, shape);
  const bool lossless = header.process == 3;
  if (header.process > 3 || header.precision > 16 || header.precision < 2) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format("JPEG process {} with {} bits is not read, expected a Huffman process with 2 to 16 bits",
                    header.process, header.precision));
  }
  DecodedPicture picture{shape.columns, shape.rows, shape.components, header.precision, false, {}};
  const auto count = static_cast<std::size_t>(shape.columns * shape.rows * shape.components);
  const std::size_t width = header.precision <= 8 ? 1 : 2;
  std::vector<std::uint8_t> raw(count * width);
  bool good = false;
  rgb = false;
  if (!lossless && header.precision == 8) {
    good = decode_8bit(bytes, holds_ycc(header, stated_rgb), raw.data(),
                       static_cast<std::size_t>(shape.columns * shape.components));
    rgb = true;
  } else {
    silence_dcmtk();
    if (header.precision <= 8) {
      good = decode_dcmtk<DJDecompressIJG8Bit>(bytes, raw);
    } else if (header.precision <= 12) {
      good = decode_dcmtk<DJDecompressIJG12Bit>(bytes, raw);
    } else {
      good = decode_dcmtk<DJDecompressIJG16Bit>(bytes, raw);
    }
  }
  if (!good) damaged("decoding failed, the data are truncated or damaged");
  picture.samples.resize(count);
  if (width == 1) {
    widen<std::uint8_t>(raw, picture.samples);
  } else {
    widen<std::uint16_t>(raw, picture.samples);
  }
  return picture;
}

DecodedPicture decode_jpeg_ls(Bytes bytes, const FrameShape& shape) {
  const JpegHeader header = read_jpeg_header(bytes);
  if (header.process != 55) damaged("no JPEG-LS frame header");
  check_shape(header, shape);
  if (header.precision < 2 || header.precision > 8 * shape.bytes_per_sample || shape.bytes_per_sample > 2) {
    damaged(
        fmt::format("samples have {} bits, expected 2 to {}", header.precision, 8 * shape.bytes_per_sample));
  }
  silence_dcmtk();
  static std::once_flag once;
  std::call_once(once, [] { DJLSDecoderRegistration::registerCodecs(); });
  // DCMTK decodes JPEG-LS only as pixel data of a data set, so it gets a minimal one of this single frame.
  DcmDataset dataset;
  const auto put = [&](const DcmTagKey& key, int value) {
    auto element = std::make_unique<DcmUnsignedShort>(DcmTag(key, DcmVR(EVR_US)));
    element->putUint16(static_cast<Uint16>(value), 0);
    if (dataset.insert(element.get()).good()) static_cast<void>(element.release());
  };
  const int bits = 8 * shape.bytes_per_sample;
  put(DCM_Rows, static_cast<int>(shape.rows));
  put(DCM_Columns, static_cast<int>(shape.columns));
  put(DCM_SamplesPerPixel, shape.components);
  put(DCM_BitsAllocated, bits);
  put(DCM_BitsStored, bits);
  put(DCM_HighBit, bits - 1);
  put(DCM_PixelRepresentation, 0);
  put(DCM_PlanarConfiguration, 0);
  auto photometric = std::make_unique<DcmCodeString>(DcmTag(DCM_PhotometricInterpretation, DcmVR(EVR_CS)));
  photometric->putOFStringArray(shape.components == 3 ? "RGB" : "MONOCHROME2");
  if (dataset.insert(photometric.get()).good()) static_cast<void>(photometric.release());

  auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, DcmVR(EVR_OB)));
  sequence->insert(std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, DcmVR(EVR_OB))).release());
  auto fragment = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, DcmVR(EVR_OB)));
  std::vector<std::uint8_t> even(bytes.begin(), bytes.end());
  if (even.size() % 2 != 0) even.push_back(0);
  fragment->putUint8Array(even.data(), static_cast<unsigned long>(even.size()));
  sequence->insert(fragment.release());
  DcmPixelData pixels(DcmTag(DCM_PixelData, DcmVR(EVR_OB)));
  pixels.putOriginalRepresentation(EXS_JPEGLSLossless, nullptr, sequence.release());

  const auto count = static_cast<std::size_t>(shape.columns * shape.rows * shape.components);
  std::vector<std::uint8_t> raw(count * static_cast<std::size_t>(shape.bytes_per_sample) + 1);
  Uint32 start = 0;
  OFString model;
  const OFCondition status =
      pixels.getUncompressedFrame(&dataset, 0, start, raw.data(), static_cast<Uint32>(raw.size()), model);
  if (status.bad()) damaged("JPEG-LS decoding failed, the data are truncated or damaged");
  DecodedPicture picture{shape.columns, shape.rows, shape.components, header.precision, false, {}};
  picture.samples.resize(count);
  if (shape.bytes_per_sample == 1) {
    widen<std::uint8_t>(raw, picture.samples);
  } else {
    widen<std::uint16_t>(raw, picture.samples);
  }
  return picture;
}

}  // namespace sg::io

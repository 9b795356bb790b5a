#include <cstddef>
#include <cstdio>
// jpeglib.h needs size_t and FILE declared before it.
#include <fmt/format.h>
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "io/raster.h"

namespace sg::io {
namespace {

/// libjpeg reports errors by longjmp, which must not skip destructors: the functions that call setjmp hold
/// plain data only.
struct ErrorTrap {
  jpeg_error_mgr manager{};  // first, so that a pointer to it is a pointer to this
  std::jmp_buf jump{};
  char message[JMSG_LENGTH_MAX] = {};
  bool unsupported = false;

  jpeg_error_mgr* install() {
    jpeg_std_error(&manager);
    manager.error_exit = on_error;
    manager.emit_message = on_message;
    manager.output_message = [](j_common_ptr) {};
    return &manager;
  }
  static void on_error(j_common_ptr info) {
    auto* trap = reinterpret_cast<ErrorTrap*>(info->err);
    info->err->format_message(info, trap->message);
    const int code = info->err->msg_code;
    trap->unsupported =
        code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_CONVERSION_NOTIMPL;
    std::longjmp(trap->jump, 1);
  }
  /// Warnings that mean lost pixels are errors here: a reader of medical images does not fill in grey.
  static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
      case JWRN_JPEG_EOF:
      case JWRN_HIT_MARKER:
      case JWRN_HUFF_BAD_CODE:
      case JWRN_BOGUS_PROGRESSION:
      case JWRN_MUST_RESYNC:
      case JWRN_NOT_SEQUENTIAL: on_error(info); break;
      default: break;
    }
  }
};

struct Decoder {
  explicit Decoder(ByteView data) : file(data) {
    info.err = trap.install();
    monitor.progress_monitor = on_progress;
  }
  ~Decoder() {
    if (created) jpeg_destroy_decompress(&info);
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// A progressive file may hold thousands of scans that each cost a pass over the picture.
  static void on_progress(j_common_ptr common) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(common);
    if (decompress->input_scan_number > 200) {
      auto* trap = reinterpret_cast<ErrorTrap*>(common->err);
      std::strcpy(trap->message, "more than 200 scans");
      std::longjmp(trap->jump, 1);
    }
  }
  [[noreturn]] void fail() const {
    throw Error(trap.unsupported ? ErrorCode::unsupported_format : ErrorCode::invalid_input,
                fmt::format("{} JPEG: {}", trap.unsupported ? "unsupported" : "damaged", trap.message));
  }

  jpeg_decompress_struct info{};
  ErrorTrap trap;
  jpeg_progress_mgr monitor{};
  ByteView file;
  bool created = false;
};

bool read_header(Decoder& d) {
  if (setjmp(d.trap.jump) != 0) return false;
  jpeg_create_decompress(&d.info);
  d.created = true;
  d.info.progress = &d.monitor;
  jpeg_mem_src(&d.info, d.file.data(), static_cast<unsigned long>(d.file.size()));
  jpeg_read_header(&d.info, TRUE);
  const bool inks = d.info.jpeg_color_space == JCS_CMYK || d.info.jpeg_color_space == JCS_YCCK;
  d.info.out_color_space = inks                                       ? JCS_CMYK
                           : d.info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE
                                                                      : JCS_RGB;
  d.info.dct_method = JDCT_ISLOW;
  jpeg_calc_output_dimensions(&d.info);
  return true;
}

bool read_rows(Decoder& d, std::uint8_t* pixels, std::size_t row_length) {
  if (setjmp(d.trap.jump) != 0) return false;
  jpeg_start_decompress(&d.info);
  while (d.info.output_scanline < d.info.output_height) {
    JSAMPROW row = pixels + d.info.output_scanline * row_length;
    jpeg_read_scanlines(&d.info, &row, 1);
  }
  jpeg_finish_decompress(&d.info);
  return true;
}

/// Adobe's files hold the inks inverted.
Bytes inks_to_rgb(ByteView cmyk, bool inverted) {
  Bytes rgb(cmyk.size() / 4 * 3);
  const auto light = [inverted](std::uint8_t ink) { return inverted ? ink : 255U - ink; };
  for (std::size_t i = 0; i < cmyk.size() / 4; ++i) {
    const unsigned black = light(cmyk[4 * i + 3]);
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[3 * i + c] = static_cast<std::uint8_t>((light(cmyk[4 * i + c]) * black + 127) / 255);
    }
  }
  return rgb;
}

struct Encoder {
  Encoder() { info.err = trap.install(); }
  ~Encoder() {
    if (created) jpeg_destroy_compress(&info);
    std::free(data);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  jpeg_compress_struct info{};
  ErrorTrap trap;
  unsigned char* data = nullptr;
  unsigned long length = 0;
  bool created = false;
};

struct Pixels {
  std::uint8_t* data;
  unsigned width, height;
  int channels;
};

bool write_rows(Encoder& e, const Pixels& pixels, int quality) {
  if (setjmp(e.trap.jump) != 0) return false;
  jpeg_create_compress(&e.info);
  e.created = true;
  jpeg_mem_dest(&e.info, &e.data, &e.length);
  e.info.image_width = pixels.width;
  e.info.image_height = pixels.height;
  e.info.input_components = pixels.channels;
  e.info.in_color_space = pixels.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&e.info);
  jpeg_set_quality(&e.info, quality, TRUE);
  e.info.optimize_coding = TRUE;
  e.info.comp_info[0].h_samp_factor = e.info.comp_info[0].v_samp_factor = 1;  // colours at full resolution
  jpeg_start_compress(&e.info, TRUE);
  const std::size_t row_length = std::size_t{pixels.width} * static_cast<std::size_t>(pixels.channels);
  while (e.info.next_scanline < e.info.image_height) {
    JSAMPROW row = pixels.data + e.info.next_scanline * row_length;
    jpeg_write_scanlines(&e.info, &row, 1);
  }
  jpeg_finish_compress(&e.info);
  return true;
}

}  // namespace

bool looks_like_jpeg(ByteView head) {
  return head.size() >= 3 && head[0] == 0xFF && head[1] == 0xD8 && head[2] == 0xFF;
}

Image read_jpeg(ByteView file) {
  Decoder d(file);
  if (!read_header(d)) d.fail();
  if (d.info.arith_code) throw Error(ErrorCode::unsupported_format, "unsupported JPEG: arithmetic coding");
  VoxelLayout layout;
  layout.grid.size = {d.info.output_width, d.info.output_height, 1};
  const int stored = d.info.output_components;
  layout.channels = stored == 4 ? 3 : stored;
  layout.outer = layout.channels > 1 ? OuterAxis::channel : OuterAxis::none;
  layout.interleaved = true;
  Image image;
  image.format = "JPEG";
  image.metadata["pixel_size"] = "unknown";
  if (d.info.saw_JFIF_marker && d.info.density_unit == 2 && d.info.X_density > 0 && d.info.Y_density > 0) {
    layout.grid.spacing = {10.0 / d.info.X_density, 10.0 / d.info.Y_density, 1};
    image.metadata["pixel_size"] = "stated";
  } else {
    image.warnings.push_back("JPEG states no pixel size; 1 mm taken");
    if (d.info.saw_JFIF_marker && d.info.density_unit == 1) {
      image.metadata["dots_per_inch"] = fmt::format("{} × {}", d.info.X_density, d.info.Y_density);
    }
  }
  // A block of 64 pixels takes a bit at least.
  require_content(layout, static_cast<double>(file.size()) * 512 * static_cast<double>(layout.channels),
                  false);
  const std::size_t row_length = std::size_t{d.info.output_width} * static_cast<std::size_t>(stored);
  Bytes pixels(row_length * d.info.output_height);
  if (!read_rows(d, pixels.data(), row_length)) d.fail();
  if (stored == 4) pixels = inks_to_rgb(pixels, d.info.saw_Adobe_marker != 0);
  image.voxels = decode_voxels(pixels, layout);
  return image;
}

Bytes write_jpeg(const VolumeView& volume, int quality) {
  const Grid& grid = volume.grid();
  const bool shape =
      grid.is_2d() && grid.size[0] <= 65500 && grid.size[1] <= 65500 &&
      (volume.channels() == 1 || (volume.channels() == 3 && volume.outer() == OuterAxis::channel));
  if (volume.scalar() != Scalar::u8 || !shape) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "JPEG cannot hold {} × {} {}, expected one slice of at most 65500×65500 uint8 with 1 or 3 "
            "channels",
            grid.describe(), volume.channels(), name_of(volume.scalar())));
  }
  Bytes pixels = encode_voxels(volume, true);
  Encoder e;
  const Pixels view{pixels.data(), static_cast<unsigned>(grid.size[0]), static_cast<unsigned>(grid.size[1]),
                    static_cast<int>(volume.channels())};
  if (!write_rows(e, view, quality)) {
    throw Error(ErrorCode::internal, fmt::format("libjpeg could not encode the picture: {}", e.trap.message));
  }
  return {e.data, e.data + e.length};
}

}  // namespace sg::io

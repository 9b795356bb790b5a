#include <fmt/format.h>
#include <libdeflate.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstring>

#include "core/error.h"
#include "io/gzip.h"
#include "io/raster.h"

namespace sg::io {
namespace {

constexpr std::uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

/// libpng reports errors by longjmp, which must not skip destructors: the functions that call setjmp hold
/// plain data only, and everything else lives here.
struct Decoder {
  explicit Decoder(ByteView file) : rest(file) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    info = png != nullptr ? png_create_info_struct(png) : nullptr;
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw Error(ErrorCode::resource, "not enough memory to read a PNG");
    }
  }
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  static void on_error(png_structp png, png_const_charp text) {
    auto* self = static_cast<Decoder*>(png_get_error_ptr(png));
    std::strncpy(self->message, text, sizeof self->message - 1);
    png_longjmp(png, 1);
  }
  static void on_read(png_structp png, png_bytep out, std::size_t count) {
    auto* self = static_cast<Decoder*>(png_get_io_ptr(png));
    if (count > self->rest.size()) png_error(png, "cut off");
    std::memcpy(out, self->rest.data(), count);
    self->rest = self->rest.subspan(count);
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::invalid_input, fmt::format("damaged PNG: {}", message));
  }

  png_structp png = nullptr;
  png_infop info = nullptr;
  ByteView rest;
  double stored_length = 0;  // bytes of the rows before a palette or small samples are expanded
  char message[128] = {};
};

bool read_header(Decoder& d) {
  if (setjmp(png_jmpbuf(d.png)) != 0) return false;
  png_set_read_fn(d.png, &d, Decoder::on_read);
  png_set_user_limits(d.png, 1U << 20, 1U << 20);
  png_set_chunk_malloc_max(d.png, 1U << 20);
  // Texts and colour profiles are of no use here, may name a patient, and are compressed data to be wary of.
  static const png_byte ignored[] = "iCCP\0tEXt\0zTXt\0iTXt\0sPLT\0hIST\0eXIf";
  png_set_keep_unknown_chunks(d.png, PNG_HANDLE_CHUNK_NEVER, ignored, 7);
  png_read_info(d.png, d.info);
  d.stored_length =
      static_cast<double>(png_get_rowbytes(d.png, d.info)) * png_get_image_height(d.png, d.info);
  png_set_expand(d.png);
  png_set_interlace_handling(d.png);
  png_read_update_info(d.png, d.info);
  return true;
}

bool read_rows(Decoder& d, png_bytepp rows) {
  if (setjmp(png_jmpbuf(d.png)) != 0) return false;
  png_read_image(d.png, rows);
  png_read_end(d.png, nullptr);
  return true;
}

void put_big_endian(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_chunk(Bytes& out, const char* type, ByteView data) {
  put_big_endian(out, static_cast<std::uint32_t>(data.size()));
  const std::size_t begin = out.size();
  out.insert(out.end(), type, type + 4);
  out.insert(out.end(), data.begin(), data.end());
  put_big_endian(out, libdeflate_crc32(0, out.data() + begin, out.size() - begin));
}

/// Sum of the bytes taken as signed: the usual guess of how well a filtered row will compress.
std::uint64_t roughness(ByteView row) {
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : row) sum += byte < 128 ? byte : 256U - byte;
  return sum;
}

/// Rows with their filter byte in front: each the smoothest of none, difference to the left, difference to
/// above.
Bytes filtered(ByteView pixels, std::size_t row_length, std::size_t pixel_length) {
  const std::size_t rows = pixels.size() / row_length;
  Bytes out;
  out.reserve(pixels.size() + rows);
  Bytes left(row_length), above(row_length);
  for (std::size_t y = 0; y < rows; ++y) {
    const ByteView row = pixels.subspan(y * row_length, row_length);
    for (std::size_t i = 0; i < row_length; ++i) {
      left[i] = static_cast<std::uint8_t>(row[i] - (i < pixel_length ? 0 : row[i - pixel_length]));
      above[i] = static_cast<std::uint8_t>(row[i] - (y == 0 ? 0 : pixels[(y - 1) * row_length + i]));
    }
    const ByteView choices[] = {row, left, above};
    std::size_t best = 0;
    for (std::size_t filter = 1; filter < 3; ++filter) {
      if (roughness(choices[filter]) < roughness(choices[best])) best = filter;
    }
    out.push_back(static_cast<std::uint8_t>(best));
    out.insert(out.end(), choices[best].begin(), choices[best].end());
  }
  return out;
}

void require_writable(const VolumeView& volume) {
  const bool type = volume.scalar() == Scalar::u8 || volume.scalar() == Scalar::u16;
  const bool shape = volume.grid().is_2d() && volume.channels() <= 4 &&
                     (volume.outer() != OuterAxis::time || volume.channels() == 1);
  if (!type || !shape) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format("PNG cannot hold {} × {} {}, expected one slice of uint8 or uint16 with 1 to 4 channels",
                    volume.grid().describe(), volume.channels(), name_of(volume.scalar())));
  }
}

Bytes encode(const VolumeView& volume, int level, bool with_size) {
  require_writable(volume);
  const Grid& grid = volume.grid();
  if (grid.size[0] > 0x7FFFFFFF || grid.size[1] > 0x7FFFFFFF) {
    throw Error(ErrorCode::unsupported_format, fmt::format("{} is too large for PNG", grid.describe()));
  }
  Bytes pixels = encode_voxels(volume, true);
  const std::size_t scalar_size = size_of(volume.scalar());
  if (scalar_size == 2) {
    for (std::size_t i = 0; i < pixels.size(); i += 2) std::swap(pixels[i], pixels[i + 1]);
  }
  const std::size_t pixel_length = scalar_size * static_cast<std::size_t>(volume.channels());
  const std::size_t row_length = pixel_length * static_cast<std::size_t>(grid.size[0]);
  constexpr std::uint8_t colour_types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                           PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
  Bytes file(std::begin(signature), std::end(signature));
  Bytes header;
  put_big_endian(header, static_cast<std::uint32_t>(grid.size[0]));
  put_big_endian(header, static_cast<std::uint32_t>(grid.size[1]));
  header.insert(header.end(), {static_cast<std::uint8_t>(8 * scalar_size),
                               colour_types[static_cast<std::size_t>(volume.channels())], 0, 0, 0});
  put_chunk(file, "IHDR", header);
  if (with_size) {
    Bytes size;
    for (const double mm : {grid.spacing.x, grid.spacing.y}) {
      put_big_endian(size, static_cast<std::uint32_t>(std::clamp(std::round(1000 / mm), 1.0, 2147483647.0)));
    }
    size.push_back(PNG_RESOLUTION_METER);
    put_chunk(file, "pHYs", size);
  }
  const Bytes data = compressed(filtered(pixels, row_length, pixel_length), Envelope::zlib, level);
  for (std::size_t at = 0; at < data.size(); at += 1U << 30) {
    put_chunk(file, "IDAT", ByteView(data).subspan(at, std::min<std::size_t>(1U << 30, data.size() - at)));
  }
  put_chunk(file, "IEND", {});
  return file;
}

}  // namespace

bool looks_like_png(ByteView head) {
  return head.size() >= 8 && std::equal(std::begin(signature), std::end(signature), head.begin());
}

Image read_png(ByteView file) {
  Decoder d(file);
  if (!read_header(d)) d.fail();
  VoxelLayout layout;
  layout.grid.size = {png_get_image_width(d.png, d.info), png_get_image_height(d.png, d.info), 1};
  layout.channels = png_get_channels(d.png, d.info);
  layout.outer = layout.channels > 1 ? OuterAxis::channel : OuterAxis::none;
  layout.scalar = png_get_bit_depth(d.png, d.info) == 16 ? Scalar::u16 : Scalar::u8;
  layout.big_endian = layout.interleaved = true;
  Image image;
  image.format = "PNG";
  image.metadata["pixel_size"] = "unknown";
  const auto x = png_get_x_pixels_per_meter(d.png, d.info), y = png_get_y_pixels_per_meter(d.png, d.info);
  if (x > 0 && y > 0) {
    layout.grid.spacing = {1000.0 / x, 1000.0 / y, 1};
    image.metadata["pixel_size"] = "stated";
  } else {
    image.warnings.push_back("PNG states no pixel size; 1 mm taken");
  }
  if (d.stored_length > max_inflation * static_cast<double>(file.size())) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("damaged PNG: {}×{} pixels do not fit into a file of {} bytes",
                            layout.grid.size[0], layout.grid.size[1], file.size()));
  }
  require_memory(2 * static_cast<double>(layout.byte_count()),
                 fmt::format("a PNG of {}", layout.grid.describe()));
  Bytes pixels(layout.byte_count());
  const std::size_t row_length = pixels.size() / static_cast<std::size_t>(layout.grid.size[1]);
  if (png_get_rowbytes(d.png, d.info) != row_length) {
    throw Error(ErrorCode::internal, fmt::format("PNG rows of {} bytes, expected {}",
                                                 png_get_rowbytes(d.png, d.info), row_length));
  }
  std::vector<png_bytep> rows(static_cast<std::size_t>(layout.grid.size[1]));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = pixels.data() + i * row_length;
  if (!read_rows(d, rows.data())) d.fail();
  image.voxels = decode_voxels(pixels, layout);
  return image;
}

Bytes write_png(const VolumeView& volume, const std::map<std::string, std::string>& metadata, int level) {
  const auto found = metadata.find("pixel_size");
  return encode(volume, level, found == metadata.end() || found->second != "unknown");
}

Bytes encode_png(const Volume<std::uint8_t>& picture) { return encode(picture, 1, false); }

}  // namespace sg::io

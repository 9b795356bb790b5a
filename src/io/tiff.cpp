#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "core/error.h"
#include "io/raster.h"
#include "io/text.h"
#include "io/tiff_file.h"

namespace sg::io {
namespace {

struct Page {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, kind = SAMPLEFORMAT_UINT, photometric = PHOTOMETRIC_MINISBLACK,
                planar = PLANARCONFIG_CONTIG, compression = COMPRESSION_NONE;

  bool is_palette() const { return photometric == PHOTOMETRIC_PALETTE; }
  std::uint64_t row_length() const { return (std::uint64_t{width} * samples * bits + 7) / 8; }
  std::uint64_t length() const { return row_length() * height; }
  friend bool operator==(const Page&, const Page&) = default;
};

[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorCode::unsupported_format, fmt::format("TIFF with {} is not read", what));
}

template <class T>
T field(TIFF* tiff, std::uint32_t tag, T fallback) {
  T value = fallback;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

Page page_of(TIFF* tiff) {
  Page page;
  page.width = field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH, 0);
  page.height = field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH, 0);
  page.bits = field<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  page.samples = field<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  page.kind = field<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  page.photometric = field<std::uint16_t>(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  page.planar = field<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  page.compression = field<std::uint16_t>(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  return page;
}

void check_page(const Page& page) {
  if (page.width == 0 || page.height == 0) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("damaged TIFF: a page of {}×{} pixels", page.width, page.height));
  }
  switch (page.compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_JPEG: break;
    default: unsupported(fmt::format("compression {}", page.compression));
  }
  const bool ycbcr_jpeg = page.photometric == PHOTOMETRIC_YCBCR && page.compression == COMPRESSION_JPEG;
  if (page.photometric > PHOTOMETRIC_PALETTE && !ycbcr_jpeg) {
    unsupported(fmt::format("photometric interpretation {}", page.photometric));
  }
  if (page.samples < 1 || page.samples > 1024) unsupported(fmt::format("{} samples a pixel", page.samples));
  const bool small = page.bits == 1 || page.bits == 2 || page.bits == 4;
  const bool whole = page.bits == 8 || page.bits == 16 || page.bits == 32 || page.bits == 64;
  const bool is_float = page.kind == SAMPLEFORMAT_IEEEFP;
  const bool is_integer =
      page.kind == SAMPLEFORMAT_UINT || page.kind == SAMPLEFORMAT_INT || page.kind == SAMPLEFORMAT_VOID;
  if (!(small && is_integer && page.samples == 1) && !(whole && is_integer) &&
      !(is_float && page.bits >= 32 && whole)) {
    unsupported(fmt::format("{} samples of {} bits, format {}", page.samples, page.bits, page.kind));
  }
  if (page.is_palette() && (page.samples != 1 || page.bits > 16 || is_float)) {
    unsupported(fmt::format("a palette for {} samples of {} bits", page.samples, page.bits));
  }
}

Scalar scalar_of(const Page& page) {
  if (page.is_palette() || page.bits < 8) return Scalar::u8;
  if (page.kind == SAMPLEFORMAT_IEEEFP) return page.bits == 32 ? Scalar::f32 : Scalar::f64;
  const int log_size = page.bits == 8 ? 0 : page.bits == 16 ? 1 : page.bits == 32 ? 2 : 3;
  return static_cast<Scalar>(2 * log_size + (page.kind == SAMPLEFORMAT_INT ? 1 : 0));
}

/// A block of decoded rows: a strip, or a tile, of all samples or of one plane.
struct Block {
  std::uint32_t x, y, width, height;
  std::uint16_t sample, samples;  // first sample and how many lie side by side
  std::uint64_t row_length;       // bytes
};

/// Copies the part of a decoded block that lies inside the page to `out`, pixel-interleaved; bits are
/// unpacked to bytes.
void place_block(const Page& page, const Block& block, ByteView decoded, std::uint8_t* out) {
  const std::uint32_t columns = std::min(block.width, page.width - block.x);
  const std::uint32_t rows = std::min(block.height, page.height - block.y);
  const std::size_t size = page.bits < 8 ? 1 : page.bits / 8U;
  for (std::uint32_t r = 0; r < rows; ++r) {
    const std::uint8_t* from = decoded.data() + r * block.row_length;
    std::uint8_t* to =
        out + ((std::uint64_t{block.y + r} * page.width + block.x) * page.samples + block.sample) * size;
    if (page.bits < 8) {
      const unsigned per_byte = 8U / page.bits, most = (1U << page.bits) - 1;
      for (std::uint32_t c = 0; c < columns; ++c) {
        to[c] =
            static_cast<std::uint8_t>((from[c / per_byte] >> (8 - page.bits * (c % per_byte + 1))) & most);
      }
    } else if (block.samples == page.samples) {
      std::memcpy(to, from, columns * size * page.samples);
    } else {
      for (std::uint32_t c = 0; c < columns; ++c)
        std::memcpy(to + c * size * page.samples, from + c * size, size);
    }
  }
}

/// Bytes that a page of these sizes may take from a file of this length under its compression.
double most_content(const Page& page, std::size_t file_length) {
  // LZW: 12-bit codes for strings of up to 4096 bytes; Deflate 1032; PackBits 64; JPEG about 1 bit a block.
  const double factor = page.compression == COMPRESSION_NONE ? 1 : 2800;
  return factor * static_cast<double>(file_length);
}

class PageReader {
 public:
  PageReader(TiffFile& file, const Page& page, std::size_t file_length)
      : file_(file), page_(page), most_(most_content(page, file_length)) {}

  /// width × height × samples, pixel-interleaved.
  void read(std::uint8_t* out) {
    TIFF* tiff = file_.get();
    const bool tiled = TIFFIsTiled(tiff) != 0;
    const tmsize_t block_length = tiled ? TIFFTileSize(tiff) : TIFFStripSize(tiff);
    if (block_length <= 0) file_.fail("damaged TIFF");
    if (static_cast<double>(block_length) > std::max(most_, 16.0 * (1 << 20))) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("damaged TIFF: a {} of {} bytes", tiled ? "tile" : "strip", block_length));
    }
    buffer_.resize(static_cast<std::size_t>(block_length));
    const std::uint16_t planes = page_.planar == PLANARCONFIG_SEPARATE ? page_.samples : 1;
    for (std::uint16_t plane = 0; plane < planes; ++plane) {
      const auto samples = static_cast<std::uint16_t>(planes > 1 ? 1 : page_.samples);
      tiled ? read_tiles(plane, samples, out) : read_strips(plane, samples, out);
    }
  }

 private:
  void read_tiles(std::uint16_t plane, std::uint16_t samples, std::uint8_t* out) {
    TIFF* tiff = file_.get();
    const auto width = field<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH, 0);
    const auto height = field<std::uint32_t>(tiff, TIFFTAG_TILELENGTH, 0);
    if (width == 0 || height == 0) file_.fail("damaged TIFF: a tile without size");
    for (std::uint64_t y = 0; y < page_.height; y += height) {
      for (std::uint64_t x = 0; x < page_.width; x += width) {
        const auto bx = static_cast<std::uint32_t>(x), by = static_cast<std::uint32_t>(y);
        const std::uint32_t index = TIFFComputeTile(tiff, bx, by, 0, plane);
        const tmsize_t got =
            TIFFReadEncodedTile(tiff, index, buffer_.data(), static_cast<tmsize_t>(buffer_.size()));
        place(Block{bx, by, width, height, plane, samples, packed_length(width, samples)}, got, out);
      }
    }
  }

  void read_strips(std::uint16_t plane, std::uint16_t samples, std::uint8_t* out) {
    TIFF* tiff = file_.get();
    const auto rows = std::min(page_.height, field<std::uint32_t>(tiff, TIFFTAG_ROWSPERSTRIP, page_.height));
    if (rows == 0) file_.fail("damaged TIFF: strips without rows");
    for (std::uint64_t y = 0; y < page_.height; y += rows) {
      const auto by = static_cast<std::uint32_t>(y);
      const std::uint32_t index = TIFFComputeStrip(tiff, by, plane);
      const tmsize_t got =
          TIFFReadEncodedStrip(tiff, index, buffer_.data(), static_cast<tmsize_t>(buffer_.size()));
      place(Block{0, by, page_.width, rows, plane, samples, packed_length(page_.width, samples)}, got, out);
    }
  }

  std::uint64_t packed_length(std::uint32_t width, std::uint16_t samples) const {
    return (std::uint64_t{width} * samples * page_.bits + 7) / 8;
  }

  void place(const Block& block, tmsize_t got, std::uint8_t* out) {
    const std::uint64_t needed = block.row_length * std::min(block.height, page_.height - block.y);
    if (got < 0) file_.fail(fmt::format("damaged TIFF at row {}", block.y));
    if (static_cast<std::uint64_t>(got) < needed) {
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("damaged TIFF at row {}: {} bytes of pixels, expected {}", block.y, got, needed));
    }
    place_block(page_, block, buffer_, out);
  }

  TiffFile& file_;
  const Page& page_;
  double most_;
  Bytes buffer_;
};

/// 1, 2 and 4 bit grey to the full range of a byte.
void stretch(std::span<std::uint8_t> pixels, unsigned bits) {
  const unsigned most = (1U << bits) - 1;
  for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(pixel * 255U / most);
}

Bytes apply_palette(TiffFile& file, const Page& page, ByteView indices) {
  std::uint16_t* maps[3] = {};
  if (TIFFGetField(file.get(), TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) == 0) {
    file.fail("damaged TIFF: a palette picture without its palette");
  }
  const std::size_t count = std::size_t{page.width} * page.height;
  Bytes rgb(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t index = indices[i];
    if (page.bits == 16) {
      std::uint16_t wide = 0;
      std::memcpy(&wide, &indices[2 * i], 2);
      index = wide;
    }
    for (std::size_t c = 0; c < 3; ++c) rgb[3 * i + c] = static_cast<std::uint8_t>(maps[c][index] >> 8);
  }
  return rgb;
}

/// Values of ImageJ's "key=value" description.
std::optional<std::string> imagej_value(std::string_view description, std::string_view key) {
  if (!description.starts_with("ImageJ=")) return std::nullopt;
  while (!description.empty()) {
    const std::string_view line = description.substr(0, description.find('\n'));
    description.remove_prefix(std::min(description.size(), line.size() + 1));
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      return clean_text(line.substr(key.size() + 1), 64);
    }
  }
  return std::nullopt;
}

double imagej_unit(const std::string& unit) {
  if (unit == "mm") return 1;
  if (unit == "cm") return 10;
  if (unit == "micron" || unit == "um" || unit == "µm" || unit == "\\u00B5m") return 1e-3;
  return 0;
}

void set_spacing(TIFF* tiff, Grid& grid, Image& image) {
  float across = 0, down = 0;
  TIFFGetField(tiff, TIFFTAG_XRESOLUTION, &across);
  TIFFGetField(tiff, TIFFTAG_YRESOLUTION, &down);
  const bool usable = std::isfinite(across) && std::isfinite(down) && across > 1e-9F && down > 1e-9F &&
                      across < 1e9F && down < 1e9F;
  const auto unit = field<std::uint16_t>(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
  const char* text = nullptr;
  TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text);
  const std::string description = text == nullptr ? "" : std::string(text).substr(0, 4096);
  const double imagej = imagej_unit(imagej_value(description, "unit").value_or(""));
  const double mm = imagej > 0 ? imagej : unit == RESUNIT_CENTIMETER ? 10 : 0;
  image.metadata["pixel_size"] = usable && mm > 0 ? "stated" : "unknown";
  if (usable && mm > 0) {
    grid.spacing.x = mm / static_cast<double>(across);
    grid.spacing.y = mm / static_cast<double>(down);
  } else {
    image.warnings.push_back("TIFF states no pixel size; 1 mm taken");
    if (usable && unit == RESUNIT_INCH)
      image.metadata["dots_per_inch"] = fmt::format("{} × {}", across, down);
  }
  if (grid.size[2] == 1) return;
  const auto spacing = parse_number(imagej_value(description, "spacing").value_or(""));
  if (spacing && imagej > 0 && std::abs(*spacing) > 1e-9 && std::abs(*spacing) < 1e9) {
    grid.spacing.z = std::abs(*spacing) * imagej;
  } else {
    image.warnings.push_back("TIFF states no distance of its pages; 1 mm taken");
  }
}

/// Pages like the first one, by directory number. Reduced copies and masks are passed over.
std::vector<tdir_t> stack_of(TiffFile& file, const Page& first, Image& image) {
  std::vector<tdir_t> pages;
  std::size_t left_out = 0;
  do {
    const auto subfile = field<std::uint32_t>(file.get(), TIFFTAG_SUBFILETYPE, 0);
    if ((subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0 && page_of(file.get()) == first) {
      pages.push_back(TIFFCurrentDirectory(file.get()));
    } else {
      ++left_out;
    }
  } while (pages.size() + left_out < 65535 && TIFFReadDirectory(file.get()) != 0);
  if (left_out > 0) {
    image.warnings.push_back(
        fmt::format("{} of the TIFF's {} pages differ from the first in form and are left out", left_out,
                    pages.size() + left_out));
  }
  return pages;
}

}  // namespace

bool looks_like_tiff(ByteView head) {
  if (head.size() < 8) return false;
  const bool little = head[0] == 'I' && head[1] == 'I' && (head[2] == 42 || head[2] == 43) && head[3] == 0;
  const bool big = head[0] == 'M' && head[1] == 'M' && head[2] == 0 && (head[3] == 42 || head[3] == 43);
  return little || big;
}

Image read_tiff(ByteView bytes) {
  TiffFile file(bytes);
  const Page page = page_of(file.get());
  check_page(page);
  Image image;
  image.format = "TIFF";
  const std::vector<tdir_t> pages = stack_of(file, page, image);
  if (pages.empty()) file.fail("damaged TIFF: no page of full size");
  if (file.has_failed()) file.fail("damaged TIFF");
  VoxelLayout layout;
  layout.grid.size = {page.width, page.height, static_cast<std::int64_t>(pages.size())};
  layout.scalar = scalar_of(page);
  layout.interleaved = true;
  layout.channels = page.is_palette() ? 3 : page.samples;
  layout.outer = layout.channels > 1 ? OuterAxis::channel : OuterAxis::none;
  if (static_cast<double>(page.length()) * static_cast<double>(pages.size()) >
      most_content(page, bytes.size())) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("damaged TIFF: {} pages of {}×{} pixels do not fit into {} bytes", pages.size(),
                            page.width, page.height, bytes.size()));
  }
  require_memory(2 * static_cast<double>(layout.byte_count()),
                 fmt::format("a TIFF of {}", layout.grid.describe()));
  Bytes voxels(layout.byte_count());
  const std::size_t slice_length = voxels.size() / pages.size();
  for (std::size_t z = 0; z < pages.size(); ++z) {
    if (TIFFSetDirectory(file.get(), pages[z]) == 0) file.fail("damaged TIFF");
    if (page.compression == COMPRESSION_JPEG && page.photometric == PHOTOMETRIC_YCBCR) {
      TIFFSetField(file.get(), TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    if (z == 0) set_spacing(file.get(), layout.grid, image);
    std::uint8_t* slice = voxels.data() + z * slice_length;
    if (page.is_palette()) {
      Bytes indices(std::size_t{page.width} * page.height * (page.bits == 16 ? 2 : 1));
      PageReader(file, page, bytes.size()).read(indices.data());
      const Bytes rgb = apply_palette(file, page, indices);
      std::copy(rgb.begin(), rgb.end(), slice);
    } else {
      PageReader(file, page, bytes.size()).read(slice);
      if (page.bits < 8) stretch({slice, slice_length}, page.bits);
    }
  }
  image.voxels = decode_voxels(voxels, layout);
  if (page.photometric == PHOTOMETRIC_MINISWHITE) image.metadata["photometric"] = "white is zero";
  return image;
}

}  // namespace sg::io

#include "io/jpeg2000.h"

#include <fmt/format.h>
#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/error.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

struct Source {
  Bytes bytes;
  std::size_t at = 0;
};

OPJ_SIZE_T read_some(void* buffer, OPJ_SIZE_T count, void* user) {
  Source& s = *static_cast<Source*>(user);
  const std::size_t n = std::min<std::size_t>(count, s.bytes.size() - s.at);
  if (n == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(buffer, s.bytes.data() + s.at, n);
  s.at += n;
  return n;
}

OPJ_OFF_T skip_some(OPJ_OFF_T count, void* user) {
  Source& s = *static_cast<Source*>(user);
  if (count < 0) return -1;
  const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(count), s.bytes.size() - s.at);
  s.at += n;
  return static_cast<OPJ_OFF_T>(n);
}

OPJ_BOOL seek_to(OPJ_OFF_T position, void* user) {
  Source& s = *static_cast<Source*>(user);
  if (position < 0 || static_cast<std::size_t>(position) > s.bytes.size()) return OPJ_FALSE;
  s.at = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

void silent(const char*, void*) {}

[[noreturn]] void damaged(const std::string& what) {
  throw Error(ErrorCode::invalid_input, "JPEG 2000 data: " + what);
}

/// Where the codestream (SOC marker then SIZ marker) begins.
std::size_t codestream_start(Bytes bytes) {
  static constexpr std::uint8_t soc_siz[] = {0xFF, 0x4F, 0xFF, 0x51};
  const auto found = std::search(bytes.begin(), bytes.end(), std::begin(soc_siz), std::end(soc_siz));
  if (found == bytes.end()) damaged("no codestream (SOC marker) found");
  return static_cast<std::size_t>(found - bytes.begin());
}

std::uint32_t big32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

/// Reads the SIZ segment ourselves: a hostile size must be refused before the decoder allocates by it.
void check_size(Bytes stream, std::int64_t columns, std::int64_t rows, int components) {
  if (stream.size() < 42 + 3u * static_cast<unsigned>(components)) damaged("the header is truncated");
  const std::uint8_t* siz = stream.data() + 8;
  const std::uint32_t x1 = big32(siz), y1 = big32(siz + 4), x0 = big32(siz + 8), y0 = big32(siz + 12);
  const std::int64_t width = std::int64_t{x1} - x0, height = std::int64_t{y1} - y0;
  const int count = siz[32] << 8 | siz[33];
  if (width != columns || height != rows || count != components) {
    damaged(fmt::format("picture is {}×{} with {} components, expected {}×{} with {}", width, height, count,
                        columns, rows, components));
  }
  const std::int64_t tile_width = big32(siz + 16), tile_height = big32(siz + 20);
  // Grids of more tiles than pixels/16 are no encoder's choice but cost the decoder minutes.
  const std::int64_t limit = std::max<std::int64_t>(16, columns * rows / 16);
  if (tile_width < 1 || tile_height < 1 || (width / tile_width + 1) * (height / tile_height + 1) > limit) {
    damaged(fmt::format("tiles of {}×{} are too small for a picture of {}×{}", tile_width, tile_height, width,
                        height));
  }
  for (int c = 0; c < components; ++c) {
    const std::uint8_t* component = siz + 34 + 3 * c;
    if ((component[0] & 0x7F) + 1 > 31 || component[1] != 1 || component[2] != 1) {
      damaged(fmt::format("component {} has {} bits subsampled {}×{}, expected at most 31 bits and 1×1", c,
                          (component[0] & 0x7F) + 1, component[1], component[2]));
    }
  }
}

}  // namespace

DecodedPicture decode_jpeg2000(Bytes bytes, std::int64_t columns, std::int64_t rows, int components) {
  // The bare codestream inside a JP2 file is all that is needed; its boxes are not.
  Source source{bytes.subspan(codestream_start(bytes))};
  check_size(source.bytes, columns, rows, components);
  const std::unique_ptr<opj_codec_t, void (*)(opj_codec_t*)> codec(opj_create_decompress(OPJ_CODEC_J2K),
                                                                   opj_destroy_codec);
  const std::unique_ptr<opj_stream_t, void (*)(opj_stream_t*)> stream(opj_stream_default_create(OPJ_TRUE),
                                                                      opj_stream_destroy);
  if (!codec || !stream) throw Error(ErrorCode::resource, "not enough memory for the JPEG 2000 decoder");
  opj_set_error_handler(codec.get(), silent, nullptr);
  opj_set_warning_handler(codec.get(), silent, nullptr);
  opj_set_info_handler(codec.get(), silent, nullptr);
  opj_stream_set_read_function(stream.get(), read_some);
  opj_stream_set_skip_function(stream.get(), skip_some);
  opj_stream_set_seek_function(stream.get(), seek_to);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), source.bytes.size());
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  const bool header =
      opj_setup_decoder(codec.get(), &parameters) && opj_read_header(stream.get(), codec.get(), &raw);
  const std::unique_ptr<opj_image_t, void (*)(opj_image_t*)> image(raw, opj_image_destroy);
  if (!header || !image) damaged("the header is not readable");
  if (!opj_decode(codec.get(), stream.get(), image.get()))
    damaged("decoding failed, the data are truncated or damaged");
  opj_end_decompress(codec.get(), stream.get());

  DecodedPicture picture{columns, rows, components, 1, false, {}};
  const auto pixels = static_cast<std::size_t>(columns * rows);
  picture.samples.resize(pixels * static_cast<std::size_t>(components));
  for (int c = 0; c < components; ++c) {
    const opj_image_comp_t& component = image->comps[c];
    if (component.data == nullptr || component.w != columns || component.h != rows)
      damaged("a component is missing");
    picture.precision = std::max(picture.precision, static_cast<int>(component.prec));
    picture.is_signed = picture.is_signed || component.sgnd != 0;
    for (std::size_t i = 0; i < pixels; ++i) {
      picture.samples[i * static_cast<std::size_t>(components) + static_cast<std::size_t>(c)] =
          component.data[i];
    }
  }
  return picture;
}

}  // namespace sg::io

#include "io/dicom_pixels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "io/dicom_codecs.h"
#include "io/dicom_tags.h"
#include "io/dicom_uids.h"
#include "io/text.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

std::int64_t required(const DicomDataset& d, const DicomTag& tag, const char* name, std::int64_t low,
                      std::int64_t high) {
  const std::optional<std::int64_t> value = d.integer(tag);
  if (!value) {
    bad(d.has(tag) ? fmt::format("{} is \"{}\", expected a whole number {}…{}", name,
                                 clean_text(d.text(tag), 32), low, high)
                   : fmt::format("{} is missing, expected a whole number {}…{}", name, low, high));
  }
  if (*value < low || *value > high) bad(fmt::format("{} is {}, expected {}…{}", name, *value, low, high));
  return *value;
}

void check_samples(PixelFormat& f, const DicomDataset& d) {
  const bool color = f.samples == 3;
  static constexpr const char* known[] = {"MONOCHROME1", "MONOCHROME2",  "PALETTE COLOR",   "RGB",
                                          "YBR_FULL",    "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_ICT",
                                          "YBR_RCT"};
  if (f.photometric.empty()) f.photometric = color ? "RGB" : "MONOCHROME2";
  const bool found = std::find(std::begin(known), std::end(known), f.photometric) != std::end(known);
  if (!found || color != (f.photometric == "RGB" || f.photometric.starts_with("YBR"))) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("photometric interpretation \"{}\" with {} samples a pixel is not read",
                            f.photometric, f.samples));
  }
  f.planar = color && d.integer(tag::planar_configuration).value_or(0) == 1;
  if (f.floating) return;
  if (f.allocated != 1 && f.allocated != 8 && f.allocated != 16 && f.allocated != 32) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("{} bits allocated are not read, expected 1, 8, 16 or 32", f.allocated));
  }
  if (f.allocated == 32 && f.photometric.starts_with("YBR")) {
    throw Error(ErrorCode::unsupported_format,
                f.photometric + " with 32 bits allocated is not read, expected 8 or 16");
  }
  if (f.allocated == 1 && color) bad("1 bit allocated with 3 samples a pixel, expected at least 8");
  f.stored = static_cast<int>(d.integer(tag::bits_stored).value_or(f.allocated));
  f.high = static_cast<int>(d.integer(tag::high_bit).value_or(f.stored - 1));
  if (f.stored < 1 || f.stored > f.allocated || f.high >= f.allocated || f.high < f.stored - 1) {
    bad(fmt::format("bits stored {} and high bit {} do not fit {} bits allocated", f.stored, f.high,
                    f.allocated));
  }
}

template <class T>
void unpack(Bytes raw, bool big_endian, std::span<std::int32_t> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    if (big_endian && sizeof(T) == 2)
      value = static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
    if (big_endian && sizeof(T) == 4)
      value = static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
    out[i] = static_cast<std::int32_t>(value);
  }
}

/// Keeps `stored` bits below and with bit `high`, and extends the sign.
void mask_bits(std::span<std::int32_t> values, int stored, int high, bool is_signed) {
  const int drop = high + 1 - stored, lift = 32 - stored;
  if (drop == 0 && lift == 0) return;
  for (std::int32_t& v : values) {
    const std::uint32_t top = (static_cast<std::uint32_t>(v) >> drop) << lift;
    v = is_signed ? static_cast<std::int32_t>(top) >> lift : static_cast<std::int32_t>(top >> lift);
  }
}

void interleaved_to_planes(std::span<const std::int32_t> in, std::span<std::int32_t> out,
                           std::size_t samples) {
  const std::size_t pixels = out.size() / samples;
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < samples; ++c) out[c * pixels + i] = in[i * samples + c];
  }
}

bool is_ybr(const std::string& photometric) {
  return photometric == "YBR_FULL" || photometric == "YBR_FULL_422" || photometric == "YBR_PARTIAL_422";
}

/// Bytes one native frame takes; 1-bit frames follow each other without padding and are handled apart.
std::int64_t native_bytes(const PixelFormat& f) {
  if (f.samples == 3 && f.photometric.ends_with("_422")) return f.pixels() * 2 * (f.allocated / 8);
  return f.pixels() * f.samples * (f.allocated / 8);
}

}  // namespace

PixelFormat pixel_format(const DicomFile& file) {
  const DicomDataset& d = file.dataset;
  PixelFormat f;
  f.transfer_syntax = file.transfer_syntax;
  const bool integers = d.has(tag::pixel_data);
  f.floating = !integers && (d.has(tag::float_pixel_data) || d.has(tag::double_pixel_data));
  if (!integers && !f.floating) {
    if (d.truncated()) bad("the file ends before its pixel data, it is truncated");
    const std::string sop_class = d.text(tag::sop_class_uid);
    throw Error(ErrorCode::unsupported_format,
                sop_class.empty() ? "the object holds no image and does not say what it is"
                                  : fmt::format("the object holds no image: it is {}", uid_name(sop_class)));
  }
  if (encoding_of(file.transfer_syntax) == PixelEncoding::unknown) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("transfer syntax {} is not read", uid_name(file.transfer_syntax)));
  }
  f.rows = required(d, tag::rows, "Rows", 1, 65535);
  f.columns = required(d, tag::columns, "Columns", 1, 65535);
  if (d.has(tag::number_of_frames) && !d.text(tag::number_of_frames).empty()) {
    f.frames = required(d, tag::number_of_frames, "NumberOfFrames", 1, 1 << 20);
  }
  f.samples = static_cast<int>(d.integer(tag::samples_per_pixel).value_or(1));
  if (f.samples != 1 && f.samples != 3) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("{} samples a pixel are not read, expected 1 or 3", f.samples));
  }
  f.allocated = f.floating ? (d.has(tag::float_pixel_data) ? 32 : 64)
                           : static_cast<int>(required(d, tag::bits_allocated, "BitsAllocated", 1, 64));
  f.is_signed = d.integer(tag::pixel_representation).value_or(0) == 1;
  f.photometric = d.text(tag::photometric_interpretation);
  check_samples(f, d);
  return f;
}

FrameDecoder::FrameDecoder(const DicomFile& file, const PixelFormat& format) : format_(format) {
  const DicomDataset& d = file.dataset;
  data_ = d.find(!format.floating               ? tag::pixel_data
                 : d.has(tag::float_pixel_data) ? tag::float_pixel_data
                                                : tag::double_pixel_data);
  if (data_ == nullptr) bad("the pixel data are missing");
  compressed_ = data_->undefined_length;
  if (format.photometric == "PALETTE COLOR") palette_ = read_palette(d, format.is_signed);
  if (compressed_ && format.floating) bad("floating pixel data are compressed, expected plain");
  if (!compressed_ && encoding_of(format.transfer_syntax) != PixelEncoding::native) {
    bad(fmt::format("transfer syntax {} is stated but the pixel data are not compressed",
                    uid_name(format.transfer_syntax)));
  }
  if (compressed_) {
    if (encoding_of(format.transfer_syntax) == PixelEncoding::native) {
      bad(fmt::format("transfer syntax {} is stated but the pixel data are compressed",
                      uid_name(format.transfer_syntax)));
    }
    split_fragments(d);
    check_compression();
    return;
  }
  const std::int64_t needed = format.allocated == 1 ? (format.pixels() * format.frames + 7) / 8
                                                    : native_bytes(format) * format.frames;
  if (static_cast<std::int64_t>(data_->value.size()) < needed) {
    bad(fmt::format("pixel data hold {} bytes, expected {} ({} frames of {}×{}); the file {}",
                    data_->value.size(), needed, format.frames, format.columns, format.rows,
                    data_->short_of_bytes ? "is truncated" : "contradicts itself"));
  }
}

void FrameDecoder::split_fragments(const DicomDataset& dataset) {
  const std::vector<Bytes> all = pixel_fragments(*data_);
  const std::vector<Bytes> pieces(all.begin() + 1, all.end());
  const auto frames = static_cast<std::size_t>(format_.frames);
  if (data_->short_of_bytes && pieces.size() < frames) {
    bad(fmt::format("the file is truncated: {} fragments for {} frames", pieces.size(), frames));
  }
  if (pieces.empty())
    bad(fmt::format("compressed pixel data hold no fragment, expected at least {}", frames));
  if (frames == 1) {
    frames_ = {pieces};
    return;
  }
  if (pieces.size() == frames) {
    for (const Bytes& piece : pieces) frames_.push_back({piece});
    return;
  }
  // Several fragments a frame: a frame begins where the offset table says, else where a codestream begins.
  std::vector<std::uint64_t> starts;
  const DicomDataset::Element* extended = dataset.find(tag::extended_offset_table);
  const Bytes table = extended != nullptr ? extended->value : all.front();
  const std::size_t width = extended != nullptr ? 8 : 4;
  for (std::size_t i = 0; i + width <= table.size(); i += width) {
    std::uint64_t start = 0;
    for (std::size_t b = 0; b < width; ++b) start |= std::uint64_t{table[i + b]} << (8 * b);
    starts.push_back(start);
  }
  std::uint64_t offset = 0;
  for (const Bytes& piece : pieces) {
    const bool marker = piece.size() >= 2 && piece[0] == 0xFF && (piece[1] == 0xD8 || piece[1] == 0x4F);
    const bool first =
        starts.size() == frames ? frames_.size() < frames && offset == starts[frames_.size()] : marker;
    if (first) frames_.emplace_back();
    if (frames_.empty()) bad("the first fragment of the compressed pixel data begins no frame");
    frames_.back().push_back(piece);
    offset += 8 + piece.size();
  }
  if (frames_.size() != frames) {
    bad(fmt::format("compressed pixel data hold {} frames in {} fragments, expected {} frames",
                    frames_.size(), pieces.size(), frames));
  }
}

void FrameDecoder::check_compression() const {
  // Checked before anyone asks for memory: a frame 10,000 times its compressed size is a trap; 64 MiB are
  // harmless either way.
  const std::int64_t values = format_.pixels() * format_.samples;
  if (values <= (1 << 26)) return;
  for (const std::vector<Bytes>& pieces : frames_) {
    std::int64_t bytes = 0;
    for (const Bytes& piece : pieces) bytes += static_cast<std::int64_t>(piece.size());
    if (values / 10000 > bytes) {
      bad(fmt::format("{} compressed bytes cannot hold a frame of {}×{}", bytes, format_.columns,
                      format_.rows));
    }
  }
}

int FrameDecoder::bits() const {
  if (format_.photometric == "PALETTE COLOR") return palette_.bits;
  return format_.allocated == 1 ? 8 : format_.allocated;
}

void FrameDecoder::decode_native(std::int64_t frame, std::span<std::int32_t> out) const {
  const PixelFormat& f = format_;
  const Bytes all = data_->value;
  const bool big = data_->encoding.big_endian;
  const bool swapped_pairs = big && f.allocated <= 8 && std::strcmp(data_->vr, "OW") == 0;
  const auto pixels = static_cast<std::size_t>(f.pixels());
  if (f.allocated == 1) {
    const std::size_t from = pixels * static_cast<std::size_t>(frame);
    for (std::size_t i = 0; i < pixels; ++i) {
      const std::size_t bit = from + i, byte = swapped_pairs ? (bit / 8) ^ 1 : bit / 8;
      out[i] = byte < all.size() ? all[byte] >> (bit % 8) & 1 : 0;
    }
    return;
  }
  const auto bytes = static_cast<std::size_t>(native_bytes(f));
  const std::size_t start = bytes * static_cast<std::size_t>(frame);
  Bytes raw = all.subspan(start, bytes);
  std::vector<std::uint8_t> straight;
  if (swapped_pairs) {
    for (std::size_t i = start; i < start + bytes; ++i)
      straight.push_back((i ^ 1) < all.size() ? all[i ^ 1] : 0);
    raw = straight;
  }
  std::vector<std::int32_t> interleaved;
  const std::size_t samples = bytes / static_cast<std::size_t>(f.allocated / 8);
  const bool direct = f.samples == 1 || (f.planar && samples == out.size());
  if (!direct) interleaved.resize(samples);
  const std::span<std::int32_t> target = direct ? out.first(samples) : std::span(interleaved);
  if (f.allocated == 8) unpack<std::uint8_t>(raw, false, target);
  if (f.allocated == 16) unpack<std::uint16_t>(raw, big, target);
  if (f.allocated == 32) unpack<std::uint32_t>(raw, big, target);
  mask_bits(target, f.stored, f.high, f.is_signed && f.samples == 1);
  if (direct) return;
  if (samples == out.size()) {
    interleaved_to_planes(interleaved, out, 3);
    return;
  }
  // 4:2:2: Y1 Y2 Cb Cr for every two pixels; an odd last pixel shares with the one before.
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::size_t pair = std::min(i / 2 * 4, samples < 4 ? 0 : (samples - 4) / 4 * 4);
    const auto value = [&](std::size_t k) { return k < samples ? interleaved[k] : 0; };
    out[i] = value(pair + (i / 2 * 4 == pair ? i % 2 : 1));
    out[pixels + i] = value(pair + 2);
    out[2 * pixels + i] = value(pair + 3);
  }
}

void FrameDecoder::decode_compressed(std::int64_t frame, std::span<std::int32_t> out, bool& rgb) const {
  std::vector<std::uint8_t> joined;
  const std::vector<Bytes>& pieces = frames_[static_cast<std::size_t>(frame)];
  Bytes data = pieces.front();
  if (pieces.size() > 1) {
    for (const Bytes& piece : pieces) joined.insert(joined.end(), piece.begin(), piece.end());
    data = joined;
  }
  const PixelFormat& f = format_;
  const FrameShape shape{f.columns, f.rows, f.samples, std::max(1, f.allocated / 8)};
  DecodedPicture picture;
  int stored = f.stored, high = f.high;
  switch (encoding_of(f.transfer_syntax)) {
    case PixelEncoding::rle: picture = decode_rle(data, shape); break;
    case PixelEncoding::jpeg: picture = decode_jpeg(data, shape, f.photometric == "RGB", rgb); break;
    case PixelEncoding::jpeg_ls: picture = decode_jpeg_ls(data, shape); break;
    default:
      picture = decode_jpeg2000(data, f.columns, f.rows, f.samples);
      rgb = f.photometric == "YBR_ICT" || f.photometric == "YBR_RCT";
      // The codestream knows its own depth better than BitsStored does (some writers disagree with
      // themselves).
      stored = std::min(32, picture.precision);
      high = stored - 1;
  }
  if (picture.precision > 8 * ((bits() + 7) / 8) && f.photometric != "PALETTE COLOR") {
    bad(fmt::format("compressed samples have {} bits, expected at most {}", picture.precision, bits()));
  }
  mask_bits(picture.samples, stored, high, f.is_signed && f.samples == 1);
  interleaved_to_planes(picture.samples, out, static_cast<std::size_t>(f.samples));
}

void FrameDecoder::decode(std::int64_t frame, std::span<std::int32_t> out) const {
  bool rgb = false;
  if (compressed_) {
    decode_compressed(frame, out, rgb);
  } else {
    decode_native(frame, out);
  }
  if (format_.photometric == "PALETTE COLOR") {
    apply_palette(palette_, out);
  } else if (is_ybr(format_.photometric) && !rgb) {
    ybr_to_rgb(out, format_.photometric, format_.stored);
  }
}

void FrameDecoder::decode(std::int64_t frame, std::span<double> out) const {
  const bool wide = format_.allocated == 64, big = data_->encoding.big_endian;
  const std::size_t width = wide ? 8 : 4;
  const std::uint8_t* p = data_->value.data() + static_cast<std::size_t>(frame) * out.size() * width;
  for (std::size_t i = 0; i < out.size(); ++i, p += width) {
    std::uint8_t bytes[8];
    std::memcpy(bytes, p, width);
    if (big) std::reverse(bytes, bytes + width);
    float single;
    std::memcpy(&single, bytes, 4);
    if (wide) {
      std::memcpy(&out[i], bytes, 8);
    } else {
      out[i] = single;
    }
  }
}

}  // namespace sg::io

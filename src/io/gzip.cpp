#include "io/gzip.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::io {
namespace {

constexpr std::size_t piece_size = 1U << 20;
constexpr std::size_t window_size = 1U << 15;

[[noreturn]] void no_memory() {
  throw Error(ErrorCode::resource, "not enough memory to compress or expand data");
}

// zlib's struct has a pointer to const input only with ZLIB_CONST, which is not set for every user of the
// header.
Bytef* input_pointer(const std::uint8_t* data) { return const_cast<Bytef*>(data); }

struct Piece {
  Bytes bytes;
  std::uint32_t check = 0;  // CRC-32 or Adler-32 of the content
};

Piece compress_piece(ByteView data, std::size_t begin, Envelope envelope, int level) {
  const ByteView content = data.subspan(begin, std::min(piece_size, data.size() - begin));
  const bool last = begin + content.size() == data.size();
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) no_memory();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  if (begin > 0) {
    const std::size_t window = std::min(window_size, begin);
    deflateSetDictionary(&stream, data.data() + begin - window, static_cast<uInt>(window));
  }
  Piece piece;
  piece.bytes.resize(deflateBound(&stream, static_cast<uLong>(content.size())) + 16);
  stream.next_in = input_pointer(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = piece.bytes.data();
  stream.avail_out = static_cast<uInt>(piece.bytes.size());
  const int status = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
  if (status != (last ? Z_STREAM_END : Z_OK) || stream.avail_in != 0) {
    throw Error(ErrorCode::internal, fmt::format("zlib's deflate ended with status {}", status));
  }
  piece.bytes.resize(piece.bytes.size() - stream.avail_out);
  piece.check = envelope == Envelope::gzip ? libdeflate_crc32(0, content.data(), content.size())
                                           : libdeflate_adler32(1, content.data(), content.size());
  return piece;
}

void append_check(Bytes& out, Envelope envelope, std::uint32_t check, std::uint64_t length) {
  const auto put = [&](std::uint32_t value, bool big_endian) {
    for (int i = 0; i < 4; ++i)
      out.push_back(static_cast<std::uint8_t>(value >> (big_endian ? 24 - 8 * i : 8 * i)));
  };
  put(check, envelope == Envelope::zlib);
  if (envelope == Envelope::gzip) put(static_cast<std::uint32_t>(length), false);
}

/// libdeflate expands several times faster than zlib but needs the length beforehand and whole, single-member
/// data. Returns nothing when that does not hold.
bool expand_at_once(ByteView data, std::uint64_t count, Bytes& out) {
  if (count == 0 || static_cast<double>(count) > max_inflation * static_cast<double>(data.size()))
    return false;
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> expander(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!expander) no_memory();
  out.resize(static_cast<std::size_t>(count));
  const auto expand = is_gzip(data) ? libdeflate_gzip_decompress_ex : libdeflate_zlib_decompress_ex;
  std::size_t used = 0;
  return expand(expander.get(), data.data(), data.size(), out.data(), out.size(), &used, nullptr) ==
             LIBDEFLATE_SUCCESS &&
         used == data.size();
}

/// The uncompressed length that the last four bytes of gzip data give, modulo 2^32.
std::uint64_t promised_length(ByteView data) {
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) length |= std::uint64_t{data[data.size() - 4 + i]} << (8 * i);
  return length;
}

class Expander {
 public:
  explicit Expander(ByteView data) : data_(data) {
    if (inflateInit2(&stream_, 15 + 32) != Z_OK) no_memory();
  }
  ~Expander() { inflateEnd(&stream_); }
  Expander(const Expander&) = delete;
  Expander& operator=(const Expander&) = delete;

  /// Fills `out` as far as the content goes.
  std::size_t read(std::span<std::uint8_t> out) {
    std::size_t filled = 0;
    while (filled < out.size() && !ended_) {
      feed();
      stream_.next_out = out.data() + filled;
      const auto room = static_cast<uInt>(std::min<std::size_t>(out.size() - filled, 1U << 30));
      stream_.avail_out = room;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      filled += room - stream_.avail_out;
      produced_ += room - stream_.avail_out;
      settle(status);
    }
    return filled;
  }

 private:
  void feed() {
    if (stream_.avail_in > 0) return;
    const std::size_t portion = std::min<std::size_t>(data_.size(), 1U << 30);
    stream_.next_in = input_pointer(data_.data());
    stream_.avail_in = static_cast<uInt>(portion);
    data_ = data_.subspan(portion);
  }

  void settle(int status) {
    if (status == Z_STREAM_END) {
      // Another member may follow; anything else after the end mark is padding.
      const ByteView rest(stream_.next_in, stream_.avail_in);
      if (is_gzip(rest)) {
        inflateReset(&stream_);
      } else {
        ended_ = true;
      }
    } else if (status == Z_MEM_ERROR) {
      no_memory();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("compressed data is damaged after {} bytes of content: {}", produced_,
                              stream_.msg != nullptr ? stream_.msg : "?"));
    } else if (stream_.avail_in == 0 && data_.empty() && stream_.avail_out > 0) {
      ended_ = true;  // cut off
    }
  }

  ByteView data_;
  z_stream stream_{};
  std::uint64_t produced_ = 0;
  bool ended_ = false;
};

}  // namespace

bool is_gzip(ByteView data) { return data.size() >= 3 && data[0] == 0x1F && data[1] == 0x8B && data[2] == 8; }

Bytes compressed(ByteView data, Envelope envelope, int level, const Context& context) {
  const auto count =
      static_cast<std::int64_t>(std::max<std::size_t>(1, (data.size() + piece_size - 1) / piece_size));
  std::vector<Piece> pieces(static_cast<std::size_t>(count));
  parallel_for(
      count,
      [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          pieces[i] = compress_piece(data, i * piece_size, envelope, level);
        }
      },
      context);
  // gzip: no flags, no time, operating system "unknown"; zlib: 32 KiB window, fastest/default hint by level.
  Bytes out = envelope == Envelope::gzip ? Bytes{0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF} : Bytes{0x78, 0x01};
  std::size_t total = out.size() + 8;
  for (const Piece& piece : pieces) total += piece.bytes.size();
  out.reserve(total);
  std::uint32_t check = envelope == Envelope::gzip ? 0 : 1;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const auto length = static_cast<z_off_t>(std::min(piece_size, data.size() - i * piece_size));
    check = static_cast<std::uint32_t>(envelope == Envelope::gzip
                                           ? crc32_combine(check, pieces[i].check, length)
                                           : adler32_combine(check, pieces[i].check, length));
    out.insert(out.end(), pieces[i].bytes.begin(), pieces[i].bytes.end());
    Bytes().swap(pieces[i].bytes);
  }
  append_check(out, envelope, check, data.size());
  return out;
}

Bytes decompressed(ByteView data, std::uint64_t count) {
  Bytes out;
  const bool gzip = is_gzip(data);
  const std::uint64_t guess = gzip && data.size() >= 18 ? promised_length(data) : count;
  // A prefix much shorter than the whole is cheaper to stream.
  if (guess / 5 * 4 <= count && guess < (1U << 31) && expand_at_once(data, guess, out)) {
    if (out.size() > count) out.resize(static_cast<std::size_t>(count));
    return out;
  }
  Expander expander(data);
  std::size_t filled = 0;
  std::uint64_t room = std::max<std::uint64_t>(1U << 12, 4 * data.size());
  while (filled < count) {
    require_memory(static_cast<double>(filled), "the expanded data");
    out.resize(static_cast<std::size_t>(std::min(count, std::max<std::uint64_t>(room, 2 * filled))));
    const std::size_t got = expander.read(std::span(out).subspan(filled));
    filled += got;
    if (filled < out.size()) break;
  }
  out.resize(filled);
  if (filled == count) {
    std::uint8_t beyond[64];
    expander.read(beyond);  // verifies the checksum if the content ends here
  }
  return out;
}

}  // namespace sg::io

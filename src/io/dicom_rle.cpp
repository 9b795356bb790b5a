#include <fmt/format.h>

#include "core/error.h"
#include "io/dicom_codecs.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t little32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 |
         std::uint32_t{p[3]} << 24;
}

[[noreturn]] void damaged(const std::string& what) {
  throw Error(ErrorCode::invalid_input, "run-length data: " + what);
}

/// PackBits: calls put(value) for exactly `count` bytes.
template <class Put>
void unpack(Bytes segment, std::size_t count, Put put) {
  std::size_t at = 0, done = 0;
  while (done < count) {
    if (at >= segment.size()) damaged(fmt::format("a segment ends after {} of {} bytes", done, count));
    const int control = segment[at++];
    if (control == 128) continue;
    const std::size_t run = std::min<std::size_t>(
        control < 128 ? static_cast<std::size_t>(control) + 1 : 257u - static_cast<std::size_t>(control),
        count - done);
    const bool literal = control < 128;
    if (at + (literal ? run : 1) > segment.size())
      damaged(fmt::format("a segment ends after {} of {} bytes", done, count));
    for (std::size_t i = 0; i < run; ++i) put(segment[literal ? at + i : at]);
    at += literal ? run : 1;
    done += run;
  }
}

}  // namespace

DecodedPicture decode_rle(Bytes bytes, const FrameShape& shape) {
  if (bytes.size() < 64) damaged(fmt::format("{} bytes, expected a header of 64", bytes.size()));
  const std::uint32_t segments = little32(bytes.data());
  const auto expected = static_cast<std::uint32_t>(shape.components * shape.bytes_per_sample);
  if (segments != expected || expected > 15) {
    damaged(fmt::format("{} segments, expected {} ({} components of {} bytes)", segments, expected,
                        shape.components, shape.bytes_per_sample));
  }
  const auto pixels = static_cast<std::size_t>(shape.columns * shape.rows);
  // 2 bytes make at most 128: refuse what cannot fill the picture before allocating it.
  if (pixels > bytes.size() * 64)
    damaged(fmt::format("{} bytes cannot hold {} pixels", bytes.size(), pixels));
  DecodedPicture picture{shape.columns, shape.rows, shape.components, 8 * shape.bytes_per_sample, false, {}};
  const auto components = static_cast<std::size_t>(shape.components);
  std::vector<std::uint32_t> samples(pixels * components);
  for (std::uint32_t s = 0; s < segments; ++s) {
    const std::size_t from = little32(bytes.data() + 4 + 4 * s);
    const std::size_t to = s + 1 < segments ? little32(bytes.data() + 8 + 4 * s) : bytes.size();
    if (from < 64 || from > to || to > bytes.size()) {
      damaged(fmt::format("segment {} lies at {}…{} of {} bytes", s + 1, from, to, bytes.size()));
    }
    // Segments run component by component, most significant byte first.
    const auto component = s / static_cast<unsigned>(shape.bytes_per_sample);
    std::uint32_t* out = samples.data() + component;
    unpack(bytes.subspan(from, to - from), pixels, [&](std::uint8_t value) {
      *out = *out << 8 | value;
      out += components;
    });
  }
  picture.samples.assign(samples.begin(), samples.end());
  return picture;
}

}  // namespace sg::io

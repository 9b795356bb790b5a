#pragma once
#include <cstdint>

#include "core/context.h"
#include "io/files.h"

namespace sg::io {

/// Deflate (RFC 1951) in its two usual envelopes: gzip (RFC 1952) and zlib (RFC 1950).
enum class Envelope { gzip, zlib };

/// Deflate turns one byte into at most 1032; a file that promises more is lying.
constexpr double max_inflation = 1032;

bool is_gzip(ByteView data);

/// Compresses as one gzip member or zlib stream. Pieces of 1 MiB are compressed side by side, each with the
/// 32 KiB before it as dictionary, and joined; the bytes depend on content and level alone (no time stamp, no
/// thread count). level 1 (fast) … 9 (small).
Bytes compressed(ByteView data, Envelope envelope, int level = 1, const Context& context = {});

/// The first `count` bytes of the content of gzip (any number of members) or zlib data, told apart by their
/// first bytes. Fewer when the content ends earlier, be it by its own end mark or because the data is cut
/// off: the caller knows what it expected. When all of the content is asked for, checksums are verified.
/// Memory grows with what is found, never with what a header promises. Throws invalid_input for damaged data,
/// resource above this machine's memory.
Bytes decompressed(ByteView data, std::uint64_t count = UINT64_MAX);

}  // namespace sg::io

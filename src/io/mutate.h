#pragma once
#include <algorithm>

#include "core/rng.h"
#include "io/files.h"

namespace sg::io {

/// The seed with one to four bytes changed, dropped, doubled or all after one cut off. `telling` are bytes
/// that the format gives a meaning.
inline Bytes mutate(const Bytes& seed, std::string_view telling, Rng& rng) {
  Bytes bytes = seed;
  for (std::uint64_t left = 1 + rng.below(4); left > 0 && !bytes.empty(); --left) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(rng.below(bytes.size()));
    switch (rng.below(6)) {
      case 0: *at = static_cast<std::uint8_t>(rng.below(256)); break;
      case 1: *at ^= static_cast<std::uint8_t>(1U << rng.below(8)); break;
      case 2: *at = static_cast<std::uint8_t>(telling[rng.below(telling.size())]); break;
      case 3: bytes.erase(at, at + std::min<std::ptrdiff_t>(3, bytes.end() - at)); break;
      case 4: bytes.insert(at, static_cast<std::uint8_t>(telling[rng.below(telling.size())])); break;
      default:
        if (rng.below(4) == 0) bytes.erase(at, bytes.end());
    }
  }
  return bytes;
}

}  // namespace sg::io

#include <gtest/gtest.h>

#include <ostream>

#include "core/rng.h"
#include "io/image_seeds.h"

// What fuzzing guards at length, guarded in every test run: damaged files give an Error or an image, never
// anything else.

namespace sg::io {

std::ostream& operator<<(std::ostream& out, const FuzzedReader& reader) { return out << reader.name; }

namespace {

/// One to four of: a byte set to a telling value, a bit flipped, a stretch removed, doubled or overwritten by
/// another.
Bytes mutated(Bytes bytes, Rng& rng) {
  constexpr std::uint8_t telling[] = {0, 1, 0x7F, 0x80, 0xFF, '0', '9', '-', ' ', '\n'};
  for (std::uint64_t round = 0; round <= rng.below(4) && !bytes.empty(); ++round) {
    const std::size_t at = rng.below(bytes.size());
    const std::size_t length = 1 + rng.below(std::min<std::size_t>(8, bytes.size() - at));
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const Bytes stretch(begin, begin + static_cast<std::ptrdiff_t>(length));
    switch (rng.below(6)) {
      case 0: bytes[at] = telling[rng.below(std::size(telling))]; break;
      case 1: bytes[at] ^= static_cast<std::uint8_t>(1U << rng.below(8)); break;
      case 2: bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(length)); break;
      case 3: bytes.insert(begin, stretch.begin(), stretch.end()); break;
      case 4:
        std::copy_n(stretch.begin(), length,
                    bytes.begin() + static_cast<std::ptrdiff_t>(rng.below(bytes.size() - length + 1)));
        break;
      default:
        if (rng.below(4) == 0) bytes.resize(at);
        break;
    }
  }
  return bytes;
}

class Mutations : public ::testing::TestWithParam<FuzzedReader> {};

TEST_P(Mutations, SeedsAreAccepted) {
  for (const Bytes& seed : GetParam().seeds()) {
    EXPECT_TRUE(feed(GetParam(), seed)) << as_text(seed);
  }
}

TEST_P(Mutations, DamagedFilesGiveAnErrorOrAnImage) {
  const FuzzedReader& reader = GetParam();
  const std::vector<Bytes> seeds = reader.seeds();
  Rng rng(1);
  int refused = 0;
  for (std::size_t i = 0; i < 2000; ++i)
    refused += feed(reader, mutated(seeds[i % seeds.size()], rng)) ? 0 : 1;
  EXPECT_GT(refused, 100) << "mutations should reach the checks";
}

TEST_P(Mutations, EveryTruncationIsSurvived) {
  for (const Bytes& seed : GetParam().seeds()) {
    for (std::size_t length = 0; length < seed.size(); ++length)
      feed(GetParam(), ByteView(seed).first(length));
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, Mutations, ::testing::ValuesIn(fuzzed_readers()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace sg::io

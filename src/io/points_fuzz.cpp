#include "core/error.h"
#include "io/points_io.h"

// The first byte chooses the format.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* names[] = {"fuzz.csv", "fuzz.tsv", "fuzz.fcsv", "fuzz.pts"};
  if (size < 1) return 0;
  try {
    sg::io::read_points(std::span(data + 1, size - 1), names[data[0] % 4]);
  } catch (const sg::Error&) {
  }
  return 0;
}

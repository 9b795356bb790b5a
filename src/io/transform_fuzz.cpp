#include "core/error.h"
#include "io/transform_io.h"

// The first byte chooses the format: ITK text or plain matrix, MATLAB, or text under the name of MATLAB.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  static const char* const names[] = {"fuzz.tfm", "fuzz.mat", "fuzz.txt"};
  try {
    sg::io::read_transform(std::span(data + 1, size - 1), names[data[0] % 3]);
  } catch (const sg::Error&) {
  }
  return 0;
}

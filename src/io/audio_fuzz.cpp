#include "core/error.h"
#include "io/audio.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    sg::io::read_signal(std::span(data, size), "fuzz");
  } catch (const sg::Error&) {
  }
  return 0;
}

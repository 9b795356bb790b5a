#include "io/image_seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return sg::io::fuzz("dicom", data, size);
}

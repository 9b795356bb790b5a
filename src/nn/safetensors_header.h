#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nn/safetensors.h"

namespace sg::nn {

/// The largest header the format allows, in bytes; what a file claims above it is refused unread.
inline constexpr std::uint64_t largest_header = 100'000'000;

/// What the JSON part of a safetensors file says.
struct Header {
  struct Entry {
    std::string name;
    DType dtype = DType::f32;
    Shape shape;
    std::uint64_t begin = 0, end = 0;  // bytes, counted from the start of the data
  };
  std::vector<Entry> entries;  // in the order of their data
  Metadata metadata;
};

/// Reads and checks the JSON of a file with `data_bytes` bytes of data: every rule of TensorFile. Its memory
/// is a small multiple of the text's whatever the text holds, and it does not recurse.
Header parse_header(std::string_view json, std::uint64_t data_bytes);
/// The JSON, padded with spaces so that it and the eight bytes before it are a multiple of 64.
/// Throws invalid_input for a text that is not UTF-8 and a header that would be too large.
std::string format_header(const Header& header);

}  // namespace sg::nn

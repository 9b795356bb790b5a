#pragma once
#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "nn/safetensors.h"

// For the fuzz target and for the tests that replay mutations.

namespace sg::nn::seeds {

/// A file from the text of its header and its data.
inline std::vector<std::uint8_t> file(std::string_view header, std::string_view data = {}) {
  const std::uint64_t length = header.size();
  std::vector<std::uint8_t> bytes(sizeof(length) + header.size() + data.size());
  std::memcpy(bytes.data(), &length, sizeof(length));
  std::copy(data.begin(), data.end(),
            std::copy(header.begin(), header.end(), bytes.begin() + sizeof(length)));
  return bytes;
}

/// Headers that a reader takes, with the data they describe.
struct Parts {
  std::string header, data;
};

inline std::vector<Parts> parts() {
  std::vector<Parts> all{
      {"{}", ""},
      {R"({"__metadata__":{"format":"pt","\u4e2d":"\n"}})", ""},
      {R"({"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}} )", "\1\2\3\4\5\6\7\10"},
      {R"({"w":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"b":{"data_offsets":[8,10],)"
       R"("shape":[1],"dtype":"BF16"},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[10,10]}})",
       "abcdefghij"}};
  std::string header = "{", data;
  for (const DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16, DType::i64, DType::i32,
                            DType::i16, DType::i8, DType::u8, DType::boolean}) {
    const std::string text(name(dtype));
    const std::size_t begin = data.size();
    data.append(static_cast<std::size_t>(2 * size_of(dtype)), '\x7F');
    header += "\"" + text + "\":{\"dtype\":\"" + text + "\",\"shape\":[2,1],\"data_offsets\":[" +
              std::to_string(begin) + "," + std::to_string(data.size()) + "]},";
  }
  header.back() = '}';
  all.push_back({header, data});
  return all;
}

}  // namespace sg::nn::seeds

#include "nn/dtype.h"

#include <fmt/format.h>

#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

#include "core/error.h"

namespace sg::nn {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they stand in the file");

struct Description {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<Description, 10> descriptions{{{"F64", 8},
                                                    {"F32", 4},
                                                    {"F16", 2},
                                                    {"BF16", 2},
                                                    {"I64", 8},
                                                    {"I32", 4},
                                                    {"I16", 2},
                                                    {"I8", 1},
                                                    {"U8", 1},
                                                    {"BOOL", 1}}};  // in the order of DType

template <class Stored, class Convert>
void decode_each(std::span<const std::uint8_t> stored, std::span<float> values, const Convert& convert) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored value;
    std::memcpy(&value, stored.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = convert(value);
  }
}

template <class Stored>
void decode_number(std::span<const std::uint8_t> stored, std::span<float> values) {
  decode_each<Stored>(stored, values, [](Stored value) { return static_cast<float>(value); });
}

/// `is_infinite` tells of a stored value; one that came of a finite value is refused.
template <class Stored, class Convert>
void encode_half(DType dtype, std::span<const float> values, std::span<std::uint8_t> stored,
                 const Convert& convert, Stored infinity) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Stored value = convert(values[i]);
    if ((value & 0x7FFF) == infinity && !std::isinf(values[i])) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("value {} is beyond {}, expected at most {} (F32 holds it)", values[i],
                              name(dtype), dtype == DType::f16 ? from_f16(0x7BFF) : from_bf16(0x7F7F)));
    }
    std::memcpy(stored.data() + i * sizeof(Stored), &value, sizeof(Stored));
  }
}

}  // namespace

std::string_view name(DType dtype) { return descriptions[static_cast<std::size_t>(dtype)].name; }
std::int64_t size_of(DType dtype) { return descriptions[static_cast<std::size_t>(dtype)].size; }

DType dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < descriptions.size(); ++i)
    if (descriptions[i].name == name) return static_cast<DType>(i);
  throw Error(
      ErrorCode::unsupported_format,
      fmt::format("values of type '{:.40}' are not read, expected F64, F32, F16, BF16, I64, I32, I16, I8, "
                  "U8 or BOOL",
                  name));
}

float from_f16(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16, exponent = bits >> 10 & 31U, mantissa = bits & 0x3FFU;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | mantissa << 13);
  if (exponent > 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
  // By an integer, so that a thread which flushes small floats to 0 gets the same.
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

std::uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7FFFFFFFU;
  std::uint32_t half = 0;
  if (magnitude > 0x7F800000U) {
    half = 0x7E00U | (magnitude >> 13 & 0x3FFU);
  } else if (magnitude >= 0x477FF000U) {  // 65520, halfway from the largest to the next power of two
    half = 0x7C00U;
  } else if (magnitude >= 0x38800000U) {  // 2^-14, the smallest normal one
    half = (magnitude - 0x38000000U + 0xFFFU + (magnitude >> 13 & 1U)) >> 13;
  } else if (const std::uint32_t exponent = magnitude >> 23; exponent >= 102) {  // 2^-25: below is 0
    const std::uint32_t mantissa = (magnitude & 0x7FFFFFU) | 0x800000U, shift = 126 - exponent;
    const std::uint32_t rest = mantissa & ((1U << shift) - 1), tie = 1U << (shift - 1);
    half = mantissa >> shift;
    if (rest > tie || (rest == tie && (half & 1U) != 0)) ++half;
  }
  return static_cast<std::uint16_t>(sign | half);
}

std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

void decode(DType dtype, std::span<const std::uint8_t> stored, std::span<float> values) {
  assert(stored.size() == values.size() * static_cast<std::size_t>(size_of(dtype)));
  switch (dtype) {
    case DType::f64: return decode_number<double>(stored, values);
    case DType::f32: return decode_number<float>(stored, values);
    case DType::f16: return decode_each<std::uint16_t>(stored, values, from_f16);
    case DType::bf16: return decode_each<std::uint16_t>(stored, values, from_bf16);
    case DType::i64: return decode_number<std::int64_t>(stored, values);
    case DType::i32: return decode_number<std::int32_t>(stored, values);
    case DType::i16: return decode_number<std::int16_t>(stored, values);
    case DType::i8: return decode_number<std::int8_t>(stored, values);
    case DType::u8: return decode_number<std::uint8_t>(stored, values);
    case DType::boolean:
      return decode_each<std::uint8_t>(stored, values, [](std::uint8_t v) { return v != 0 ? 1.0F : 0.0F; });
  }
}

void encode(DType dtype, std::span<const float> values, std::span<std::uint8_t> stored) {
  assert(stored.size() == values.size() * static_cast<std::size_t>(size_of(dtype)));
  switch (dtype) {
    case DType::f64:
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double wide = values[i];
        std::memcpy(stored.data() + i * sizeof(wide), &wide, sizeof(wide));
      }
      return;
    case DType::f32:
      if (!values.empty()) std::memcpy(stored.data(), values.data(), values.size_bytes());
      return;
    case DType::f16: return encode_half(dtype, values, stored, to_f16, std::uint16_t{0x7C00});
    case DType::bf16: return encode_half(dtype, values, stored, to_bf16, std::uint16_t{0x7F80});
    default:
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("float values cannot be stored as {}, expected F64, F32, F16 or BF16", name(dtype)));
  }
}

}  // namespace sg::nn

#pragma once
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

namespace sg::nn {

/// How a value is stored. f16 is IEEE 754 binary16; bf16 the upper half of a float32; boolean one byte, 0
/// or 1.
enum class DType { f64, f32, f16, bf16, i64, i32, i16, i8, u8, boolean };

/// "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", as safetensors files say.
std::string_view name(DType dtype);
/// The opposite. Throws unsupported_format for any other text.
DType dtype_named(std::string_view name);
/// Bytes a value.
std::int64_t size_of(DType dtype);

/// Exact; the payload of a NaN is kept.
float from_f16(std::uint16_t bits);
inline float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
/// To nearest, ties to even. A finite value beyond the largest one rounds to infinity as IEEE 754 says (f16:
/// |x| ≥ 65520); NaN stays NaN, quiet, with its sign.
std::uint16_t to_f16(float value);
std::uint16_t to_bf16(float value);

/// Little-endian values of `dtype` at any address as float32: exact for f32, f16, bf16, i16, i8, u8; i32, i64
/// and f64 rounded to nearest, f64 beyond float32 to infinity; boolean 0 or 1 (any byte but 0). `stored`
/// holds size_of(dtype) bytes for each value of `values`.
void decode(DType dtype, std::span<const std::uint8_t> stored, std::span<float> values);
/// The opposite for f64, f32, f16 and bf16, rounded as `to_f16` does. Throws invalid_input for a finite value
/// that would become infinite, and for the other types.
void encode(DType dtype, std::span<const float> values, std::span<std::uint8_t> stored);

}  // namespace sg::nn

#include "nn/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/rng.h"
#include "nn/nn_fixture.h"

namespace sg::nn {
namespace {

/// The layout of a binary floating point type of 16 bits.
struct Layout {
  int mantissa_bits, bias;
};
constexpr Layout f16{10, 15}, bf16{7, 127};

/// The value by definition: (−1)^sign · mantissa · 2^exponent, in double.
double value_of(std::uint16_t bits, Layout layout) {
  const int mantissa = bits & ((1 << layout.mantissa_bits) - 1);
  const int exponent = (bits & 0x7FFF) >> layout.mantissa_bits, largest = 0x7FFF >> layout.mantissa_bits;
  double magnitude = exponent == 0 ? std::ldexp(mantissa, 1 - layout.bias - layout.mantissa_bits)
                                   : std::ldexp(mantissa + (1 << layout.mantissa_bits),
                                                exponent - layout.bias - layout.mantissa_bits);
  if (exponent == largest) magnitude = mantissa == 0 ? INFINITY : NAN;
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

/// Nearest multiple of the step between numbers around x, ties to even, in double.
double rounded(double x, Layout layout) {
  if (x == 0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), 1 - layout.bias);
  const double step = std::ldexp(1, exponent - layout.mantissa_bits);
  const double nearest = std::nearbyint(x / step) * step;
  const double beyond = std::ldexp(1, layout.bias + 1);
  return std::abs(nearest) >= beyond ? std::copysign(INFINITY, x) : nearest;
}

TEST(DType, EveryF16AndBf16PatternIsItsValue) {
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    for (const Layout layout : {f16, bf16}) {
      const bool half = layout.bias == f16.bias;
      const float found = half ? from_f16(bits) : from_bf16(bits);
      const double expected = value_of(bits, layout);
      ASSERT_EQ(std::signbit(found), (bits & 0x8000) != 0) << i;
      const std::uint16_t back = half ? to_f16(found) : to_bf16(found);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(found)) << i;
        ASSERT_EQ(back, bits | 1 << (layout.mantissa_bits - 1)) << i;  // the same, quiet
      } else {
        ASSERT_EQ(static_cast<double>(found), expected) << i;
        ASSERT_EQ(back, bits);
      }
    }
  }
}

TEST(DType, TiesBetweenNeighboursGoToTheEvenOne) {
  for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) {
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const float tie = (from_f16(bits) + from_f16(next)) / 2;  // exact
    ASSERT_EQ(to_f16(tie), bits % 2 == 0 ? bits : next) << bits;
    ASSERT_EQ(to_f16(std::nextafter(tie, 0.0F)), bits);
    ASSERT_EQ(to_f16(std::nextafter(tie, INFINITY)), next);
    ASSERT_EQ(to_f16(-tie), (bits % 2 == 0 ? bits : next) | 0x8000);
  }
  for (std::uint32_t bits = 0; bits < 0x7F80; ++bits) {
    const float tie = std::bit_cast<float>(bits << 16 | 0x8000U);
    ASSERT_EQ(to_bf16(tie), bits + bits % 2) << bits;
    ASSERT_EQ(to_bf16(std::nextafter(tie, 0.0F)), bits);
    ASSERT_EQ(to_bf16(std::nextafter(tie, INFINITY)), bits + 1);
  }
}

TEST(DType, AnyFloatRoundsAsDefined) {
  Rng rng(1);
  const auto check = [](float value) {
    const std::uint16_t half = to_f16(value), brain = to_bf16(value);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(from_f16(half)) && std::isnan(from_bf16(brain)));
    } else {
      ASSERT_EQ(value_of(half, f16), rounded(value, f16)) << value;
      ASSERT_EQ(value_of(brain, bf16), rounded(value, bf16)) << value;
    }
    ASSERT_EQ((half & 0x8000) != 0, std::signbit(value));
    ASSERT_EQ((brain & 0x8000) != 0, std::signbit(value));
  };
  for (int i = 0; i < 300'000; ++i) {
    check(std::bit_cast<float>(static_cast<std::uint32_t>(rng.next())));
    check(static_cast<float>(std::ldexp(rng.uniform(-1, 1), static_cast<int>(rng.below(48)) - 30)));
  }
  for (const float value : {65504.0F, 65519.996F, 65520.0F, 0x1p-24F, 0x1p-25F, 0x1.000002p-25F, 0x1p-14F,
                            std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min(),
                            -0.0F, INFINITY, -INFINITY, std::numeric_limits<float>::signaling_NaN()})
    check(value);
}

template <class T>
std::vector<float> decoded(DType dtype, const std::vector<T>& values) {
  // One byte off, as a file may have it.
  std::vector<std::uint8_t> bytes(1 + values.size() * sizeof(T));
  std::memcpy(bytes.data() + 1, values.data(), bytes.size() - 1);
  std::vector<float> found(values.size());
  decode(dtype, std::span(bytes).subspan(1), found);
  return found;
}

TEST(DType, OtherTypesAreDecoded) {
  using Floats = std::vector<float>;
  EXPECT_EQ(decoded<std::int8_t>(DType::i8, {-128, 0, 127}), (Floats{-128, 0, 127}));
  EXPECT_EQ(decoded<std::uint8_t>(DType::u8, {0, 255}), (Floats{0, 255}));
  EXPECT_EQ(decoded<std::uint8_t>(DType::boolean, {0, 1, 7}), (Floats{0, 1, 1}));
  EXPECT_EQ(decoded<std::int16_t>(DType::i16, {-32768, 32767}), (Floats{-32768, 32767}));
  EXPECT_EQ(decoded<std::int32_t>(DType::i32, {INT32_MIN, 16777217, 16777219}),
            (Floats{-0x1p31F, 16777216, 16777220}));
  EXPECT_EQ(decoded<std::int64_t>(DType::i64, {INT64_MIN, INT64_MAX}), (Floats{-0x1p63F, 0x1p63F}));
  EXPECT_EQ(decoded<double>(DType::f64, {0.1, 1e300, -1e300, 1e-60}), (Floats{0.1F, INFINITY, -INFINITY, 0}));
  EXPECT_EQ(decoded<float>(DType::f32, {0.1F, -0x1p-149F}), (Floats{0.1F, -0x1p-149F}));
}

void expect_refused(DType dtype, float value, const std::string& part) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size_of(dtype)));
  expect_error(ErrorCode::invalid_input, part, [&] { encode(dtype, std::span(&value, 1), bytes); });
}

TEST(DType, WhatDoesNotFitIsRefused) {
  expect_refused(DType::f16, 65520, "65520 is beyond F16, expected at most 65504");
  expect_refused(DType::f16, -1e30F, "beyond F16");
  expect_refused(DType::bf16, std::numeric_limits<float>::max(), "beyond BF16");
  expect_refused(DType::i16, 1, "cannot be stored as I16");
  const float infinity = -INFINITY;
  std::vector<std::uint8_t> bytes(2);
  encode(DType::f16, std::span(&infinity, 1), bytes);
  EXPECT_EQ(bytes, (std::vector<std::uint8_t>{0x00, 0xFC}));
}

TEST(DType, NamesGoThereAndBack) {
  for (int i = 0; i <= static_cast<int>(DType::boolean); ++i)
    EXPECT_EQ(dtype_named(name(static_cast<DType>(i))), static_cast<DType>(i));
  for (const char* other : {"F8_E4M3", "f32", ""})
    expect_error(ErrorCode::unsupported_format, std::string("'") + other + "' are not read",
                 [&] { dtype_named(other); });
  EXPECT_EQ(size_of(DType::f64) + size_of(DType::bf16) + size_of(DType::boolean), 11);
}

}  // namespace
}  // namespace sg::nn

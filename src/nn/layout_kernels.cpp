#include "nn/layout_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/layout_kernels.cpp"
#include "hwy/foreach_target.h"  // compiles the rest once for each instruction set
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::nn::detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
using VF = hn::Vec<F>;

// Float32 sums run over at most this many values a lane before they go to double.
constexpr std::int64_t run_length = 256;

/// One plain channel: a vector holds neighbouring positions.
void row_moments(const float* x, std::int64_t n, float shift, double& sum, double& squares) {
  const F d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const VF s = hn::Set(d, shift);
  std::int64_t i = 0;
  while (i + 2 * lanes <= n) {
    const std::int64_t stop =
        n - i < run_length * 2 * lanes ? i + (n - i) / (2 * lanes) * 2 * lanes : i + run_length * 2 * lanes;
    VF sum0 = hn::Zero(d), sum1 = hn::Zero(d), square0 = hn::Zero(d), square1 = hn::Zero(d);
    for (; i < stop; i += 2 * lanes) {
      const VF a = hn::Sub(hn::LoadU(d, x + i), s), b = hn::Sub(hn::LoadU(d, x + i + lanes), s);
      sum0 = hn::Add(sum0, a);
      sum1 = hn::Add(sum1, b);
      square0 = hn::MulAdd(a, a, square0);
      square1 = hn::MulAdd(b, b, square1);
    }
    HWY_ALIGN float parts[2 * hn::MaxLanes(F())];
    hn::Store(hn::Add(sum0, sum1), d, parts);
    hn::Store(hn::Add(square0, square1), d, parts + lanes);
    for (std::int64_t l = 0; l < lanes; ++l) {
      sum += static_cast<double>(parts[l]);
      squares += static_cast<double>(parts[lanes + l]);
    }
  }
  for (; i < n; ++i) {
    const auto v = static_cast<double>(x[i] - shift);
    sum += v;
    squares += v * v;
  }
}

/// A vector of neighbouring channels, `step` values between positions.
void lane_moments(const float* x, std::int64_t positions, std::int64_t step, const float* shift, double* sum,
                  double* squares) {
  const F d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const VF s = hn::LoadU(d, shift);
  for (std::int64_t from = 0; from < positions; from += run_length) {
    const std::int64_t stop = positions - from < run_length ? positions : from + run_length;
    VF total = hn::Zero(d), total_squares = hn::Zero(d);
    for (std::int64_t p = from; p < stop; ++p) {
      const VF v = hn::Sub(hn::LoadU(d, x + p * step), s);
      total = hn::Add(total, v);
      total_squares = hn::MulAdd(v, v, total_squares);
    }
    HWY_ALIGN float parts[2 * hn::MaxLanes(F())];
    hn::Store(total, d, parts);
    hn::Store(total_squares, d, parts + lanes);
    for (std::int64_t l = 0; l < lanes; ++l) {
      sum[l] += static_cast<double>(parts[l]);
      squares[l] += static_cast<double>(parts[lanes + l]);
    }
  }
}

/// Fewer channels than a vector holds: several positions to a vector, as many as fit whole.
void narrow_moments(const float* x, std::int64_t positions, std::int64_t lanes, const float* shift,
                    double* sum, double* squares) {
  const F d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t step = width / lanes * lanes, values = positions * lanes;
  HWY_ALIGN float parts[2 * hn::MaxLanes(F())] = {};
  for (std::int64_t i = 0; i < step; ++i) parts[i] = shift[i % lanes];
  const VF s = hn::Load(d, parts);
  std::int64_t i = 0;
  while (i + width <= values) {
    VF total = hn::Zero(d), total_squares = hn::Zero(d);
    for (std::int64_t run = 0; run < run_length && i + width <= values; ++run, i += step) {
      const VF v = hn::Sub(hn::LoadU(d, x + i), s);
      total = hn::Add(total, v);
      total_squares = hn::MulAdd(v, v, total_squares);
    }
    hn::Store(total, d, parts);
    hn::Store(total_squares, d, parts + width);
    for (std::int64_t l = 0; l < step; ++l) {
      sum[l % lanes] += static_cast<double>(parts[l]);
      squares[l % lanes] += static_cast<double>(parts[width + l]);
    }
  }
  for (; i < values; ++i) {
    const auto v = static_cast<double>(x[i] - shift[i % lanes]);
    sum[i % lanes] += v;
    squares[i % lanes] += v * v;
  }
}

void add_moments_simd(const float* x, std::int64_t positions, std::int64_t lanes, const float* shift,
                      double* sum, double* squares) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(F()));
  if (lanes == 1) {
    row_moments(x, positions, shift[0], sum[0], squares[0]);
    return;
  }
  std::int64_t l = 0;
  for (; l + width <= lanes; l += width)
    lane_moments(x + l, positions, lanes, shift + l, sum + l, squares + l);
  for (; l < lanes; ++l) {
    for (std::int64_t p = 0; p < positions; ++p) {
      const auto v = static_cast<double>(x[p * lanes + l] - shift[l]);
      sum[l] += v;
      squares[l] += v * v;
    }
  }
}

HWY_INLINE VF bent(VF x, VF scale, VF offset, VF slope) {
  const F d;
  const VF y = hn::MulAdd(x, scale, offset);
  return hn::IfThenElse(hn::Gt(y, hn::Zero(d)), y, hn::Mul(y, slope));
}

void scale_and_bend_simd(const float* x, float* y, std::int64_t positions, std::int64_t lanes,
                         const float* scale, const float* offset, const float* slope) {
  const F d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  if (lanes == 1) {
    const VF a = hn::Set(d, scale[0]), b = hn::Set(d, offset[0]), s = hn::Set(d, slope[0]);
    std::int64_t i = 0;
    for (; i + width <= positions; i += width) hn::StoreU(bent(hn::LoadU(d, x + i), a, b, s), d, y + i);
    for (; i < positions; ++i) {
      const float v = x[i] * scale[0] + offset[0];
      y[i] = v > 0 ? v : v * slope[0];
    }
    return;
  }
  if (lanes == width) {
    const VF a = hn::LoadU(d, scale), b = hn::LoadU(d, offset), s = hn::LoadU(d, slope);
    for (std::int64_t i = 0; i < positions * width; i += width)
      hn::StoreU(bent(hn::LoadU(d, x + i), a, b, s), d, y + i);
    return;
  }
  if (lanes > width) {
    for (std::int64_t p = 0; p < positions; ++p) {
      const float* from = x + p * lanes;
      float* to = y + p * lanes;
      std::int64_t l = 0;
      for (; l + width <= lanes; l += width)
        hn::StoreU(bent(hn::LoadU(d, from + l), hn::LoadU(d, scale + l), hn::LoadU(d, offset + l),
                        hn::LoadU(d, slope + l)),
                   d, to + l);
      for (; l < lanes; ++l) {
        const float v = from[l] * scale[l] + offset[l];
        to[l] = v > 0 ? v : v * slope[l];
      }
    }
    return;
  }
  // Fewer channels than a vector holds: several positions to a vector, as many as fit whole.
  const std::int64_t at_once = width / lanes;
  HWY_ALIGN float pattern[3 * hn::MaxLanes(F())] = {};
  for (std::int64_t i = 0; i < at_once * lanes; ++i) {
    pattern[i] = scale[i % lanes];
    pattern[width + i] = offset[i % lanes];
    pattern[2 * width + i] = slope[i % lanes];
  }
  const VF a = hn::Load(d, pattern), b = hn::Load(d, pattern + width), s = hn::Load(d, pattern + 2 * width);
  const auto whole = hn::FirstN(d, static_cast<std::size_t>(at_once * lanes));
  const std::int64_t values = positions * lanes;
  std::int64_t i = 0;
  for (; i + width <= values; i += at_once * lanes)
    hn::BlendedStore(bent(hn::LoadU(d, x + i), a, b, s), whole, d, y + i);
  for (; i < values; ++i) {
    const float v = x[i] * scale[i % lanes] + offset[i % lanes];
    y[i] = v > 0 ? v : v * slope[i % lanes];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::nn::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::nn::detail {

HWY_EXPORT(add_moments_simd);
HWY_EXPORT(scale_and_bend_simd);

void add_moments(const float* x, std::int64_t positions, std::int64_t lanes, const float* shift, double* sum,
                 double* squares) {
  HWY_DYNAMIC_DISPATCH(add_moments_simd)(x, positions, lanes, shift, sum, squares);
}

void scale_and_bend(const float* x, float* y, std::int64_t positions, std::int64_t lanes, const float* scale,
                    const float* offset, const float* slope) {
  HWY_DYNAMIC_DISPATCH(scale_and_bend_simd)(x, y, positions, lanes, scale, offset, slope);
}

}  // namespace sg::nn::detail
#endif

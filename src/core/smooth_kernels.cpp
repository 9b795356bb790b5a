#include "core/smooth_kernels.h"

#include <cstddef>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/smooth_kernels.cpp"
#include "hwy/foreach_target.h"  // compiles the rest once for each instruction set
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using F = hn::Rebind<float, D>;
using VD = hn::Vec<D>;

HWY_INLINE VD widened(const float* p) { return hn::PromoteTo(D(), hn::LoadU(F(), p)); }

/// sums[c] += weight · line[c]
HWY_INLINE void accumulate(double* sums, const float* line, double weight, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const VD w = hn::Set(d, weight);
  std::int64_t c = 0;
  for (; c + lanes <= width; c += lanes) {
    hn::StoreU(hn::MulAdd(w, widened(line + c), hn::LoadU(d, sums + c)), d, sums + c);
  }
  for (; c < width; ++c) sums[c] += weight * static_cast<double>(line[c]);
}

/// out[c] = weight · sums[c]
HWY_INLINE void emit(const double* sums, double weight, float* out, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const VD w = hn::Set(d, weight);
  std::int64_t c = 0;
  for (; c + lanes <= width; c += lanes) {
    hn::StoreU(hn::DemoteTo(F(), hn::Mul(w, hn::LoadU(d, sums + c))), F(), out + c);
  }
  for (; c < width; ++c) out[c] = static_cast<float>(weight * sums[c]);
}

/// `old` holds (radius+1)·width values: the lines already overwritten that still have to leave the sums.
void window_columns_simd(float* data, std::int64_t stride, std::int64_t width, const WindowSum& window,
                         float* old, double* sums) {
  const std::int64_t n = window.n, r = window.radius;
  for (std::int64_t c = 0; c < width; ++c) sums[c] = 0;
  for (std::int64_t i = 0; i < r && i < n; ++i) accumulate(sums, data + i * stride, window.before[i], width);
  for (std::int64_t i = 0; i < n; ++i) {
    if (i + r < n) accumulate(sums, data + (i + r) * stride, window.before[i + r], width);
    float* slot = old + i % (r + 1) * width;
    if (i > r) accumulate(sums, slot, -window.before[i - r - 1], width);
    float* line = data + i * stride;
    for (std::int64_t c = 0; c < width; ++c) slot[c] = line[c];
    emit(sums, window.after[i], line, width);
  }
}

/// out[i] = after[i] · (prefix[i+r] − prefix[i−r−1]); prefix[−1−r…−1] = 0 and prefix[n…n+r] = the total.
HWY_INLINE void difference(const double* prefix, const WindowSum& window, float* out) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t n = window.n, r = window.radius;
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const VD sum = hn::Sub(hn::LoadU(d, prefix + i + r), hn::LoadU(d, prefix + i - r - 1));
    hn::StoreU(hn::DemoteTo(F(), hn::Mul(sum, hn::LoadU(d, window.after + i))), F(), out + i);
  }
  for (; i < n; ++i) out[i] = static_cast<float>(window.after[i] * (prefix[i + r] - prefix[i - r - 1]));
}

/// Four lines at a time: the prefix sums are chains of additions, four of which hide each other's latency.
/// `prefix` holds 4·(n+2·radius+1) values.
void window_rows_simd(const float* in, float* out, std::int64_t rows, const WindowSum& window,
                      double* prefix) {
  const std::int64_t n = window.n, r = window.radius, span = n + 2 * r + 1;
  for (std::int64_t first = 0; first < rows; first += 4) {
    const std::int64_t count = rows - first < 4 ? rows - first : 4;
    const float* line[4];
    double* sums[4];
    for (std::int64_t k = 0; k < 4; ++k) {
      line[k] = in + (first + (k < count ? k : 0)) * n;
      sums[k] = prefix + k * span + r + 1;
      for (std::int64_t i = -r - 1; i < 0; ++i) sums[k][i] = 0;
    }
    double t0 = 0, t1 = 0, t2 = 0, t3 = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const double w = window.before[i];
      sums[0][i] = t0 += w * static_cast<double>(line[0][i]);
      sums[1][i] = t1 += w * static_cast<double>(line[1][i]);
      sums[2][i] = t2 += w * static_cast<double>(line[2][i]);
      sums[3][i] = t3 += w * static_cast<double>(line[3][i]);
    }
    for (std::int64_t k = 0; k < count; ++k) {
      for (std::int64_t i = n; i < n + r; ++i) sums[k][i] = sums[k][n - 1];
      difference(sums[k], window, out + (first + k) * n);
    }
  }
}

void weighted_sum_simd(const WeightedLines& terms, float* out, std::int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  // Four vectors at a time: four chains of additions hide each other's latency.
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    auto s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    for (std::int64_t k = 0; k < terms.count; ++k) {
      const auto w = hn::Set(d, terms.weights[k]);
      const float* line = terms.lines[k] + i;
      s0 = hn::MulAdd(w, hn::LoadU(d, line), s0);
      s1 = hn::MulAdd(w, hn::LoadU(d, line + lanes), s1);
      s2 = hn::MulAdd(w, hn::LoadU(d, line + 2 * lanes), s2);
      s3 = hn::MulAdd(w, hn::LoadU(d, line + 3 * lanes), s3);
    }
    hn::StoreU(s0, d, out + i);
    hn::StoreU(s1, d, out + i + lanes);
    hn::StoreU(s2, d, out + i + 2 * lanes);
    hn::StoreU(s3, d, out + i + 3 * lanes);
  }
  for (; i < n; ++i) {
    float sum = 0;
    for (std::int64_t k = 0; k < terms.count; ++k) sum += terms.weights[k] * terms.lines[k][i];
    out[i] = sum;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::detail {

HWY_EXPORT(window_columns_simd);
HWY_EXPORT(window_rows_simd);
HWY_EXPORT(weighted_sum_simd);

void window_columns(float* data, std::int64_t stride, std::int64_t width, const WindowSum& window) {
  // Tiles whose sums and kept lines stay in the first-level cache.
  constexpr std::int64_t tile = 256;
  std::vector<float> old(static_cast<std::size_t>((window.radius + 1) * tile));
  std::vector<double> sums(static_cast<std::size_t>(tile));
  for (std::int64_t c = 0; c < width; c += tile) {
    const std::int64_t count = width - c < tile ? width - c : tile;
    HWY_DYNAMIC_DISPATCH(window_columns_simd)(data + c, stride, count, window, old.data(), sums.data());
  }
}

void window_rows(const float* in, float* out, std::int64_t rows, const WindowSum& window) {
  std::vector<double> prefix(static_cast<std::size_t>(4 * (window.n + 2 * window.radius + 1)));
  HWY_DYNAMIC_DISPATCH(window_rows_simd)(in, out, rows, window, prefix.data());
}

void weighted_sum(const WeightedLines& terms, float* out, std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(weighted_sum_simd)(terms, out, n);
}

}  // namespace sg::detail
#endif  // HWY_ONCE

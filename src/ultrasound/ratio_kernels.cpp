#include "ultrasound/ratio_kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ultrasound/ratio_kernels.cpp"
#include "hwy/foreach_target.h"  // compiles the rest once for each instruction set

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::ultrasound::detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

HWY_INLINE V at(const float* p) { return hn::LoadU(D(), p); }
HWY_INLINE V all(float value) { return hn::Set(D(), value); }
HWY_INLINE V square(V x) { return hn::Mul(x, x); }

void log_row_simd(const float* values, std::int64_t n, float least, float* out) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto log = [&](V value) {
    return hn::IfThenElseZero(hn::Gt(value, hn::Zero(d)), hn::Log(d, hn::Max(value, all(least))));
  };
  std::int64_t x = 0;
  for (; x + lanes <= n; x += lanes) hn::StoreU(log(at(values + x)), d, out + x);
  for (; x < n; ++x) out[x] = hn::GetLane(log(all(values[x])));
}

/// r of a row, and 1 where it counts, else 0.
struct Rests {
  V r, counts;
};
HWY_INLINE Rests rests(const RatioRow& row, std::int64_t x, float least) {
  const D d;
  const V u = at(row.u + x), one = all(1);
  const auto bright = hn::Gt(u, all(least));
  V counts = hn::IfThenElseZero(bright, one);
  if (row.w != nullptr) counts = hn::Mul(counts, at(row.w + x));
  const V safe = hn::IfThenElse(bright, u, one);
  return {hn::Sub(hn::Div(at(row.f + x), safe), hn::Set(d, 1.0F)), counts};
}

RowSums ratio_sums_simd(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                        float least) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  V error = hn::Zero(d), energy = error, product = error, sum = error;
  std::int64_t x = 0;
  const std::int64_t end = under == nullptr ? 0 : n - right;
  for (; x + lanes <= n; x += lanes) {
    const V u = at(here.u + x), rest = hn::Sub(at(here.f + x), u);
    const V w = here.w == nullptr ? all(1) : at(here.w + x);
    error = hn::MulAdd(w, square(rest), error);
    energy = hn::MulAdd(w, square(u), energy);
    if (x + lanes > end) continue;
    const Rests a = rests(here, x, least), b = rests(here, x + right, least), c = rests(*under, x, least);
    const V counts = hn::Mul(a.counts, hn::Mul(b.counts, c.counts));
    product = hn::MulAdd(counts, hn::Mul(a.r, hn::Mul(all(0.5F), hn::Add(b.r, c.r))), product);
    sum = hn::MulAdd(counts, square(a.r), sum);
  }
  const auto total = [&](V v) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, v))); };
  RowSums sums{total(error), total(energy), total(product), total(sum)};
  // What no whole vector covered: of the pixels, and of those with a neighbour on the right.
  const std::int64_t done = x, paired = std::max<std::int64_t>(0, end / lanes * lanes);
  const RowSums rest =
      ratio_sums_reference({here.f + done, here.u + done, here.w == nullptr ? nullptr : here.w + done},
                           nullptr, n - done, right, least);
  sums.error += rest.error, sums.energy += rest.energy;
  if (end <= paired) return sums;
  const auto from = [&](const RatioRow& row) {
    return RatioRow{row.f + paired, row.u + paired, row.w == nullptr ? nullptr : row.w + paired};
  };
  const RatioRow below = from(*under);
  const RowSums pairs = ratio_sums_reference(from(here), &below, n - paired, right, least);
  sums.product += pairs.product, sums.square += pairs.square;
  return sums;
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::ultrasound::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::ultrasound::detail {

HWY_EXPORT(log_row_simd);
HWY_EXPORT(ratio_sums_simd);

void log_row(const float* values, std::int64_t n, float least, float* out) {
  HWY_DYNAMIC_DISPATCH(log_row_simd)(values, n, least, out);
}

RowSums ratio_sums(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                   float least) {
  return HWY_DYNAMIC_DISPATCH(ratio_sums_simd)(here, under, n, right, least);
}

RowSums ratio_sums_reference(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                             float least) {
  const auto in = [](const RatioRow& row, std::int64_t x) { return row.w == nullptr || row.w[x] != 0; };
  const auto rest = [](const RatioRow& row, std::int64_t x) { return double{row.f[x]} / row.u[x] - 1; };
  RowSums sums;
  for (std::int64_t x = 0; x < n; ++x) {
    if (!in(here, x)) continue;
    const double error = double{here.f[x]} - here.u[x];
    sums.error += error * error, sums.energy += double{here.u[x]} * here.u[x];
    if (under == nullptr || x + right >= n || !in(here, x + right) || !in(*under, x)) continue;
    if (here.u[x] <= least || here.u[x + right] <= least || under->u[x] <= least) continue;
    sums.product += 0.5 * rest(here, x) * (rest(here, x + right) + rest(*under, x));
    sums.square += rest(here, x) * rest(here, x);
  }
  return sums;
}

}  // namespace sg::ultrasound::detail
#endif  // HWY_ONCE

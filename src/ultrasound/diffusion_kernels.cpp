#include "ultrasound/diffusion_kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ultrasound/diffusion_kernels.cpp"
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

/// base^exponent for base in 0…1, 0 for 0.
HWY_INLINE V power(V base, float exponent) {
  const D d;
  if (exponent == 1) return base;
  if (exponent == 1.5F) return hn::Mul(base, hn::Sqrt(base));
  if (exponent == 1.75F) {
    const V root = hn::Sqrt(base);
    return hn::Mul(hn::Mul(base, root), hn::Sqrt(root));
  }
  if (exponent == 2) return hn::Mul(base, base);
  const V safe = hn::Max(base, all(1e-20F));
  return hn::IfThenZeroElse(hn::Lt(base, all(1e-20F)), hn::Exp(d, hn::Mul(all(exponent), hn::Log(d, safe))));
}

HWY_INLINE V square(V x) { return hn::Mul(x, x); }

HWY_INLINE V share_of(V u, const ConductivityLaw& law) {
  return hn::Min(hn::Max(hn::Mul(u, all(law.inverse_level)), hn::Zero(D())), all(1));
}

/// r² of a value u and a squared gradient.
HWY_INLINE V relative_gradient(V u, V squared_gradient, const ConductivityLaw& law) {
  const V over_level = hn::Mul(squared_gradient, all(law.inverse_level * law.inverse_level));
  if (law.kappa == 0) return over_level;
  return hn::Div(over_level, power(hn::Max(share_of(u, law), all(least_share)), 2 * law.kappa));
}

void gradient_row_simd(const Rows& s, std::int64_t n, float weight_y, float weight_z,
                       const ConductivityLaw& law, float* r2) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  std::int64_t x = 1;
  for (; x + lanes < n; x += lanes) {
    V sum = square(hn::Sub(at(s.here + x + 1), at(s.here + x - 1)));
    sum = hn::MulAdd(all(weight_y), square(hn::Sub(at(s.below + x), at(s.above + x))), sum);
    if (s.before != nullptr)
      sum = hn::MulAdd(all(weight_z), square(hn::Sub(at(s.after + x), at(s.before + x))), sum);
    hn::StoreU(relative_gradient(at(s.here + x), hn::Mul(all(0.25F), sum), law), D(), r2 + x);
  }
  // The ends and what is left over go through the same instructions, one value a vector, so that a pixel's
  // value does not depend on where it lies.
  const auto single = [&](std::int64_t i) {
    const auto difference = [](float a, float b) { return (a - b) * (a - b); };
    float sum = difference(s.here[std::min(i + 1, n - 1)], s.here[std::max<std::int64_t>(i - 1, 0)]);
    sum = std::fma(weight_y, difference(s.below[i], s.above[i]), sum);
    if (s.before != nullptr) sum = std::fma(weight_z, difference(s.after[i], s.before[i]), sum);
    r2[i] = hn::GetLane(relative_gradient(all(s.here[i]), all(0.25F * sum), law));
  };
  if (n > 0) single(0);
  for (; x < n; ++x) single(x);
}

/// g of a value u and r².
HWY_INLINE V conductivity(V u, V r2, const ConductivityLaw& law) {
  const D d;
  const V one = all(1), share = share_of(u, law);
  const V p = hn::MulAdd(all(law.bright - law.dark), power(share, law.q), all(law.dark));
  const V edge = hn::Exp(d, hn::Neg(hn::Mul(p, hn::Log1p(d, hn::Mul(r2, all(law.inverse_k2))))));
  if (law.nu == 0) return edge;
  const V a = power(share, law.nu);
  return hn::Mul(hn::Div(hn::Add(a, a), hn::Add(one, a)), edge);
}

void conductivity_row_simd(const float* smoothed, std::int64_t n, const ConductivityLaw& law, float* r2) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t x = 0;
  for (; x + lanes <= n; x += lanes) hn::StoreU(conductivity(at(smoothed + x), at(r2 + x), law), d, r2 + x);
  for (; x < n; ++x) r2[x] = hn::GetLane(conductivity(all(smoothed[x]), all(r2[x]), law));
}

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

HWY_INLINE V flux(const float* u, const float* g, const float* u_other, const float* g_other) {
  return hn::Mul(hn::Add(at(g_other), at(g)), hn::Sub(at(u_other), at(u)));
}

void explicit_row_simd(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y,
                       float weight_z, float* out) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  const float half = 0.5F * tau;
  std::int64_t x = 1;
  for (; x + lanes < n; x += lanes) {
    const float *here = u.here + x, *own = g.here + x;
    V sum = hn::Add(flux(here, own, here + 1, own + 1), flux(here, own, here - 1, own - 1));
    const V across =
        hn::Add(flux(here, own, u.below + x, g.below + x), flux(here, own, u.above + x, g.above + x));
    sum = hn::MulAdd(all(weight_y), across, sum);
    if (u.before != nullptr) {
      const V along =
          hn::Add(flux(here, own, u.after + x, g.after + x), flux(here, own, u.before + x, g.before + x));
      sum = hn::MulAdd(all(weight_z), along, sum);
    }
    hn::StoreU(hn::MulAdd(all(half), sum, at(here)), D(), out + x);
  }
  const auto single = [&](std::int64_t i) {
    const auto between = [&](const float* other, const float* g_other, std::int64_t j) {
      return (g_other[j] + g.here[i]) * (other[j] - u.here[i]);
    };
    float sum =
        (i + 1 < n ? between(u.here, g.here, i + 1) : 0) + (i > 0 ? between(u.here, g.here, i - 1) : 0);
    sum = std::fma(weight_y, between(u.below, g.below, i) + between(u.above, g.above, i), sum);
    if (u.before != nullptr)
      sum = std::fma(weight_z, between(u.after, g.after, i) + between(u.before, g.before, i), sum);
    out[i] = std::fma(half, sum, u.here[i]);
  };
  if (n > 0) single(0);
  for (; x < n; ++x) single(x);
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::ultrasound::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::ultrasound::detail {

HWY_EXPORT(gradient_row_simd);
HWY_EXPORT(conductivity_row_simd);
HWY_EXPORT(explicit_row_simd);
HWY_EXPORT(log_row_simd);
HWY_EXPORT(ratio_sums_simd);

void gradient_row(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                  const ConductivityLaw& law, float* r2) {
  HWY_DYNAMIC_DISPATCH(gradient_row_simd)(smoothed, n, weight_y, weight_z, law, r2);
}

void conductivity_row(const float* smoothed, std::int64_t n, const ConductivityLaw& law, float* r2) {
  HWY_DYNAMIC_DISPATCH(conductivity_row_simd)(smoothed, n, law, r2);
}

void explicit_row(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y, float weight_z,
                  float* out) {
  HWY_DYNAMIC_DISPATCH(explicit_row_simd)(u, g, n, tau, weight_y, weight_z, out);
}

void log_row(const float* values, std::int64_t n, float least, float* out) {
  HWY_DYNAMIC_DISPATCH(log_row_simd)(values, n, least, out);
}

RowSums ratio_sums(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                   float least) {
  return HWY_DYNAMIC_DISPATCH(ratio_sums_simd)(here, under, n, right, least);
}

void gradient_row_reference(const Rows& s, std::int64_t n, float weight_y, float weight_z,
                            const ConductivityLaw& law, float* r2) {
  for (std::int64_t x = 0; x < n; ++x) {
    const auto square = [](double v) { return v * v; };
    double sum = square(s.here[std::min(x + 1, n - 1)] - s.here[std::max<std::int64_t>(x - 1, 0)]) +
                 weight_y * square(s.below[x] - s.above[x]);
    if (s.before != nullptr) sum += weight_z * square(s.after[x] - s.before[x]);
    const double share = std::clamp<double>(s.here[x] * law.inverse_level, least_share, 1);
    r2[x] = static_cast<float>(0.25 * sum * square(law.inverse_level) / std::pow(share, 2 * law.kappa));
  }
}

void conductivity_row_reference(const float* smoothed, std::int64_t n, const ConductivityLaw& law,
                                float* r2) {
  for (std::int64_t x = 0; x < n; ++x) {
    const double share = std::clamp<double>(smoothed[x] * law.inverse_level, 0, 1);
    const double p = law.dark + (law.bright - law.dark) * std::pow(share, law.q);
    const double a = std::pow(share, law.nu);
    const double alpha = law.nu == 0 ? 1 : 2 * a / (1 + a);
    r2[x] = static_cast<float>(alpha * std::pow(1 + r2[x] * law.inverse_k2, -p));
  }
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

void explicit_row_reference(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y,
                            float weight_z, float* out) {
  for (std::int64_t x = 0; x < n; ++x) {
    const auto flux = [&](const float* other, const float* g_other, std::int64_t i) {
      return 0.5 * (static_cast<double>(g_other[i]) + g.here[x]) *
             (static_cast<double>(other[i]) - u.here[x]);
    };
    double sum = weight_y * (flux(u.below, g.below, x) + flux(u.above, g.above, x));
    if (x + 1 < n) sum += flux(u.here, g.here, x + 1);
    if (x > 0) sum += flux(u.here, g.here, x - 1);
    if (u.before != nullptr) sum += weight_z * (flux(u.after, g.after, x) + flux(u.before, g.before, x));
    out[x] = static_cast<float>(u.here[x] + tau * sum);
  }
}

}  // namespace sg::ultrasound::detail
#endif  // HWY_ONCE

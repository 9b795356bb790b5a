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
  if (exponent == 2) return hn::Mul(base, base);
  const V safe = hn::Max(base, all(1e-20F));
  return hn::IfThenZeroElse(hn::Lt(base, all(1e-20F)), hn::Exp(d, hn::Mul(all(exponent), hn::Log(d, safe))));
}

/// g of a value u and a squared gradient.
HWY_INLINE V conductivity(V u, V squared_gradient, const ConductivityLaw& law) {
  const D d;
  const V one = all(1), share = hn::Min(hn::Max(hn::Mul(u, all(law.inverse_level)), hn::Zero(d)), one);
  const V p = hn::MulAdd(all(law.bright - law.dark), power(share, law.q), all(law.dark));
  const V s = hn::Mul(squared_gradient, all(law.inverse_k2));
  const V edge = hn::Exp(d, hn::Neg(hn::Mul(p, hn::Log1p(d, s))));
  if (law.nu == 0) return edge;
  const V a = power(share, law.nu);
  return hn::Mul(hn::Div(hn::Add(a, a), hn::Add(one, a)), edge);
}

HWY_INLINE V square(V x) { return hn::Mul(x, x); }

void conductivity_row_simd(const Rows& s, std::int64_t n, float weight_y, float weight_z,
                           const ConductivityLaw& law, float* g) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  std::int64_t x = 1;
  for (; x + lanes < n; x += lanes) {
    V sum = square(hn::Sub(at(s.here + x + 1), at(s.here + x - 1)));
    sum = hn::MulAdd(all(weight_y), square(hn::Sub(at(s.below + x), at(s.above + x))), sum);
    if (s.before != nullptr)
      sum = hn::MulAdd(all(weight_z), square(hn::Sub(at(s.after + x), at(s.before + x))), sum);
    hn::StoreU(conductivity(at(s.here + x), hn::Mul(all(0.25F), sum), law), D(), g + x);
  }
  // The ends and what is left over go through the same instructions, one value a vector, so that a pixel's
  // value does not depend on where it lies.
  const auto single = [&](std::int64_t i) {
    const auto difference = [](float a, float b) { return (a - b) * (a - b); };
    float sum = difference(s.here[std::min(i + 1, n - 1)], s.here[std::max<std::int64_t>(i - 1, 0)]);
    sum = std::fma(weight_y, difference(s.below[i], s.above[i]), sum);
    if (s.before != nullptr) sum = std::fma(weight_z, difference(s.after[i], s.before[i]), sum);
    g[i] = hn::GetLane(conductivity(all(s.here[i]), all(0.25F * sum), law));
  };
  if (n > 0) single(0);
  for (; x < n; ++x) single(x);
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

HWY_EXPORT(conductivity_row_simd);
HWY_EXPORT(explicit_row_simd);

void conductivity_row(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                      const ConductivityLaw& law, float* g) {
  HWY_DYNAMIC_DISPATCH(conductivity_row_simd)(smoothed, n, weight_y, weight_z, law, g);
}

void explicit_row(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y, float weight_z,
                  float* out) {
  HWY_DYNAMIC_DISPATCH(explicit_row_simd)(u, g, n, tau, weight_y, weight_z, out);
}

void conductivity_row_reference(const Rows& s, std::int64_t n, float weight_y, float weight_z,
                                const ConductivityLaw& law, float* g) {
  for (std::int64_t x = 0; x < n; ++x) {
    const auto square = [](double v) { return v * v; };
    double sum = square(s.here[std::min(x + 1, n - 1)] - s.here[std::max<std::int64_t>(x - 1, 0)]) +
                 weight_y * square(s.below[x] - s.above[x]);
    if (s.before != nullptr) sum += weight_z * square(s.after[x] - s.before[x]);
    const double share = std::clamp<double>(s.here[x] * law.inverse_level, 0, 1);
    const double p = law.dark + (law.bright - law.dark) * std::pow(share, law.q);
    const double a = std::pow(share, law.nu);
    const double alpha = law.nu == 0 ? 1 : 2 * a / (1 + a);
    g[x] = static_cast<float>(alpha * std::pow(1 + 0.25 * sum * law.inverse_k2, -p));
  }
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

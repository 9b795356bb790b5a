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

HWY_INLINE V scale_of(V u, const ConductivityLaw& law) { return relative_gradient(u, all(1), law); }

void orientation_row_simd(const Rows& s, std::int64_t n, float weight_y, const ConductivityLaw& law,
                          const Orientation& out) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  const float both = 0.5F * std::sqrt(weight_y);
  std::int64_t x = 1;
  for (; x + lanes < n; x += lanes) {
    const V across = hn::Sub(at(s.here + x + 1), at(s.here + x - 1));
    const V down = hn::Sub(at(s.below + x), at(s.above + x));
    const V scale = scale_of(at(s.here + x), law);
    const V difference = hn::NegMulAdd(all(weight_y), square(down), square(across));
    hn::StoreU(hn::Mul(hn::Mul(all(0.25F), difference), scale), D(), out.difference + x);
    hn::StoreU(hn::Mul(hn::Mul(all(both), hn::Mul(across, down)), scale), D(), out.product + x);
  }
  const auto single = [&](std::int64_t i) {
    const float across = s.here[std::min(i + 1, n - 1)] - s.here[std::max<std::int64_t>(i - 1, 0)];
    const float down = s.below[i] - s.above[i];
    const float scale = hn::GetLane(scale_of(all(s.here[i]), law));
    out.difference[i] = 0.25F * std::fma(-weight_y, down * down, across * across) * scale;
    out.product[i] = both * (across * down) * scale;
  };
  if (n > 0) single(0);
  for (; x < n; ++x) single(x);
}

struct Tensor {
  V xx, yy, xy;
};
HWY_INLINE Tensor tensor(V u, V r2, V trace, V difference, V product, const ConductivityLaw& law) {
  const D d;
  const V one = all(1), share = share_of(u, law);
  const V p = hn::MulAdd(all(law.bright - law.dark), power(share, law.q), all(law.dark));
  const V log_g = hn::Neg(hn::Mul(p, hn::Log1p(d, hn::Mul(r2, all(law.inverse_k2)))));
  const V length = hn::Sqrt(hn::MulAdd(difference, difference, square(product)));
  const V tiny = all(1e-30F);
  const V coherence = hn::Sqrt(hn::Min(one, hn::Div(length, hn::Max(trace, tiny))));
  const V along = hn::Exp(d, hn::Mul(hn::MulAdd(all(law.along - 1), coherence, one), log_g));
  const V across = hn::Exp(d, hn::Mul(hn::MulAdd(all(law.across - 1), coherence, one), log_g));
  const V mean = hn::Mul(all(0.5F), hn::Add(along, across)),
          rest = hn::Mul(all(0.5F), hn::Sub(across, along));
  const V unit = hn::Div(rest, hn::Max(length, tiny));
  const V turned = hn::Mul(unit, difference);
  Tensor found{hn::Add(mean, turned), hn::Sub(mean, turned), hn::Mul(unit, product)};
  if (law.nu == 0) return found;
  const V a = power(share, law.nu), alpha = hn::Div(hn::Add(a, a), hn::Add(one, a));
  return {hn::Mul(alpha, found.xx), hn::Mul(alpha, found.yy), hn::Mul(alpha, found.xy)};
}

void tensor_row_simd(const float* smoothed, const float* r2, std::int64_t n, const ConductivityLaw& law,
                     float* trace, const Orientation& o) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t x = 0;
  for (; x + lanes <= n; x += lanes) {
    const Tensor t =
        tensor(at(smoothed + x), at(r2 + x), at(trace + x), at(o.difference + x), at(o.product + x), law);
    hn::StoreU(t.xx, d, trace + x);
    hn::StoreU(t.yy, d, o.difference + x);
    hn::StoreU(t.xy, d, o.product + x);
  }
  for (; x < n; ++x) {
    const Tensor t =
        tensor(all(smoothed[x]), all(r2[x]), all(trace[x]), all(o.difference[x]), all(o.product[x]), law);
    trace[x] = hn::GetLane(t.xx), o.difference[x] = hn::GetLane(t.yy), o.product[x] = hn::GetLane(t.xy);
  }
}

void conductivity_row_simd(const float* smoothed, std::int64_t n, const ConductivityLaw& law, float* r2) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t x = 0;
  for (; x + lanes <= n; x += lanes) hn::StoreU(conductivity(at(smoothed + x), at(r2 + x), law), d, r2 + x);
  for (; x < n; ++x) r2[x] = hn::GetLane(conductivity(all(smoothed[x]), all(r2[x]), law));
}

void halved_row_simd(const float* a, const float* b, std::int64_t n, float* out) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t x = 0;
  for (; 2 * (x + lanes) <= n; x += lanes) {
    V even_a, odd_a, even_b, odd_b;
    hn::LoadInterleaved2(d, a + 2 * x, even_a, odd_a);
    hn::LoadInterleaved2(d, b + 2 * x, even_b, odd_b);
    hn::StoreU(hn::Mul(all(0.25F), hn::Add(hn::Add(even_a, odd_a), hn::Add(even_b, odd_b))), d, out + x);
  }
  for (; 2 * x < n; ++x) {
    const std::int64_t next = std::min(2 * x + 1, n - 1);
    out[x] = 0.25F * ((a[2 * x] + a[next]) + (b[2 * x] + b[next]));
  }
}

void doubled_row_simd(const float* near, const float* far, std::int64_t n, float* out) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t half = (n + 1) / 2;
  const V most = all(0.75F), least = all(0.25F);
  const auto mixed = [&](std::int64_t i) {
    return hn::MulAdd(most, at(near + i), hn::Mul(least, at(far + i)));
  };
  std::int64_t x = 1;
  for (; x + lanes < half; x += lanes) {
    const V here = hn::Mul(most, mixed(x));
    hn::StoreInterleaved2(hn::MulAdd(least, mixed(x - 1), here), hn::MulAdd(least, mixed(x + 1), here), d,
                          out + 2 * x);
  }
  const auto single = [&](std::int64_t i) {
    const auto value = [&](std::int64_t j) {
      const std::int64_t k = std::clamp<std::int64_t>(j, 0, half - 1);
      return std::fma(0.75F, near[k], 0.25F * far[k]);
    };
    out[2 * i] = std::fma(0.25F, value(i - 1), 0.75F * value(i));
    if (2 * i + 1 < n) out[2 * i + 1] = std::fma(0.25F, value(i + 1), 0.75F * value(i));
  };
  if (n > 0) single(0);
  for (; x < half; ++x) single(x);
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

void tensor_explicit_row_simd(const Rows& u, const TensorRows& t, std::int64_t n, float tau, float weight_y,
                              float* out) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  const float half = 0.5F * tau, mixed = 0.5F * std::sqrt(weight_y);
  const float up = t.first ? -mixed : mixed, down = t.last ? -mixed : mixed;
  std::int64_t x = 1;
  for (; x + lanes < n; x += lanes) {
    const float *here = u.here + x, *above = u.above + x, *below = u.below + x;
    V sum =
        hn::Add(flux(here, t.xx + x, here + 1, t.xx + x + 1), flux(here, t.xx + x, here - 1, t.xx + x - 1));
    const V vertical = hn::Add(flux(here, t.yy.here + x, below, t.yy.below + x),
                               flux(here, t.yy.here + x, above, t.yy.above + x));
    sum = hn::MulAdd(all(weight_y), vertical, sum);
    const V below_right = at(below + 1), below_left = at(below - 1), above_right = at(above + 1),
            above_left = at(above - 1);
    V corners = hn::Mul(at(t.xy.here + x + 1), hn::Sub(below_right, above_right));
    corners = hn::NegMulAdd(at(t.xy.here + x - 1), hn::Sub(below_left, above_left), corners);
    sum = hn::MulAdd(all(mixed), corners, sum);
    sum = hn::MulAdd(hn::Mul(all(down), at(t.xy.below + x)), hn::Sub(below_right, below_left), sum);
    sum = hn::NegMulAdd(hn::Mul(all(up), at(t.xy.above + x)), hn::Sub(above_right, above_left), sum);
    hn::StoreU(hn::MulAdd(all(half), sum, at(here)), D(), out + x);
  }
  const auto single = [&](std::int64_t i) {
    const std::int64_t l = std::max<std::int64_t>(i - 1, 0), r = std::min(i + 1, n - 1);
    const auto between = [&](float other, float d_other, float own) {
      return (d_other + own) * (other - u.here[i]);
    };
    float sum = between(u.here[r], t.xx[r], t.xx[i]) + between(u.here[l], t.xx[l], t.xx[i]);
    sum = std::fma(
        weight_y,
        between(u.below[i], t.yy.below[i], t.yy.here[i]) + between(u.above[i], t.yy.above[i], t.yy.here[i]),
        sum);
    const float right = r == i ? -t.xy.here[i] : t.xy.here[r], left = l == i ? -t.xy.here[i] : t.xy.here[l];
    float corners = right * (u.below[r] - u.above[r]);
    corners = std::fma(-left, u.below[l] - u.above[l], corners);
    sum = std::fma(mixed, corners, sum);
    sum = std::fma(down * t.xy.below[i], u.below[r] - u.below[l], sum);
    sum = std::fma(-up * t.xy.above[i], u.above[r] - u.above[l], sum);
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
HWY_EXPORT(halved_row_simd);
HWY_EXPORT(doubled_row_simd);
HWY_EXPORT(orientation_row_simd);
HWY_EXPORT(tensor_row_simd);
HWY_EXPORT(tensor_explicit_row_simd);

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

void orientation_row(const Rows& smoothed, std::int64_t n, float weight_y, const ConductivityLaw& law,
                     const Orientation& out) {
  HWY_DYNAMIC_DISPATCH(orientation_row_simd)(smoothed, n, weight_y, law, out);
}

void tensor_row(const float* smoothed, const float* r2, std::int64_t n, const ConductivityLaw& law,
                float* trace, const Orientation& orientation) {
  HWY_DYNAMIC_DISPATCH(tensor_row_simd)(smoothed, r2, n, law, trace, orientation);
}

void tensor_explicit_row(const Rows& u, const TensorRows& tensor, std::int64_t n, float tau, float weight_y,
                         float* out) {
  HWY_DYNAMIC_DISPATCH(tensor_explicit_row_simd)(u, tensor, n, tau, weight_y, out);
}

void halved_row(const float* a, const float* b, std::int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(halved_row_simd)(a, b, n, out);
}

void doubled_row(const float* near, const float* far, std::int64_t n, float* out) {
  HWY_DYNAMIC_DISPATCH(doubled_row_simd)(near, far, n, out);
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

void orientation_row_reference(const Rows& s, std::int64_t n, float weight_y, const ConductivityLaw& law,
                               const Orientation& out) {
  for (std::int64_t x = 0; x < n; ++x) {
    const double across =
        0.5 * (double{s.here[std::min(x + 1, n - 1)]} - s.here[std::max<std::int64_t>(x - 1, 0)]);
    const double down = 0.5 * std::sqrt(double{weight_y}) * (double{s.below[x]} - s.above[x]);
    const double share = std::clamp<double>(s.here[x] * law.inverse_level, least_share, 1);
    const double scale = double{law.inverse_level} * law.inverse_level / std::pow(share, 2 * law.kappa);
    out.difference[x] = static_cast<float>(scale * (across * across - down * down));
    out.product[x] = static_cast<float>(scale * 2 * across * down);
  }
}

void tensor_row_reference(const float* smoothed, const float* r2, std::int64_t n, const ConductivityLaw& law,
                          float* trace, const Orientation& o) {
  for (std::int64_t x = 0; x < n; ++x) {
    const double length = std::hypot(o.difference[x], o.product[x]);
    const double coherence = trace[x] > 0 ? std::sqrt(std::min(1.0, length / trace[x])) : 0;
    const double share = std::clamp<double>(smoothed[x] * law.inverse_level, 0, 1);
    const double a = std::pow(share, law.nu), alpha = law.nu == 0 ? 1 : 2 * a / (1 + a);
    const double p = law.dark + (law.bright - law.dark) * std::pow(share, law.q);
    const double g = std::pow(1 + r2[x] * law.inverse_k2, -p);
    const double along = alpha * std::pow(g, 1 + (law.along - 1) * coherence),
                 across = alpha * std::pow(g, 1 + (law.across - 1) * coherence);
    // The angle of n, doubled.
    const double c = length > 0 ? o.difference[x] / length : 0, s = length > 0 ? o.product[x] / length : 0;
    trace[x] = static_cast<float>(0.5 * (along + across) + 0.5 * (across - along) * c);
    o.difference[x] = static_cast<float>(0.5 * (along + across) - 0.5 * (across - along) * c);
    o.product[x] = static_cast<float>(0.5 * (across - along) * s);
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

void halved_row_reference(const float* a, const float* b, std::int64_t n, float* out) {
  for (std::int64_t x = 0; 2 * x < n; ++x) {
    const std::int64_t next = std::min(2 * x + 1, n - 1);
    out[x] = static_cast<float>(0.25 * (double{a[2 * x]} + a[next] + b[2 * x] + b[next]));
  }
}

void doubled_row_reference(const float* near, const float* far, std::int64_t n, float* out) {
  for (std::int64_t x = 0; x < n; ++x) {
    const std::int64_t here = x / 2, last = (n - 1) / 2;
    const std::int64_t other = std::clamp<std::int64_t>(x % 2 == 0 ? here - 1 : here + 1, 0, last);
    out[x] = static_cast<float>(0.75 * (0.75 * near[here] + 0.25 * far[here]) +
                                0.25 * (0.75 * near[other] + 0.25 * far[other]));
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

void tensor_explicit_row_reference(const Rows& u, const TensorRows& t, std::int64_t n, float tau,
                                   float weight_y, float* out) {
  const double mixed = 0.25 * std::sqrt(double{weight_y});
  for (std::int64_t x = 0; x < n; ++x) {
    const auto flux = [&](float other, float d_other, float own) {
      return 0.5 * (double{d_other} + own) * (double{other} - u.here[x]);
    };
    const std::int64_t l = std::max<std::int64_t>(x - 1, 0), r = std::min(x + 1, n - 1);
    double sum = flux(u.here[r], t.xx[r], t.xx[x]) + flux(u.here[l], t.xx[l], t.xx[x]);
    sum += weight_y *
           (flux(u.below[x], t.yy.below[x], t.yy.here[x]) + flux(u.above[x], t.yy.above[x], t.yy.here[x]));
    // Each neighbour's D_xy times the central difference across there, with the other sign beyond a border.
    const double right = (r == x ? -1 : 1) * t.xy.here[r], left = (l == x ? -1 : 1) * t.xy.here[l];
    const double under = (t.last ? -1 : 1) * t.xy.below[x], over = (t.first ? -1 : 1) * t.xy.above[x];
    sum += mixed * (right * (double{u.below[r]} - u.above[r]) - left * (double{u.below[l]} - u.above[l]) +
                    under * (double{u.below[r]} - u.below[l]) - over * (double{u.above[r]} - u.above[l]));
    out[x] = static_cast<float>(u.here[x] + tau * sum);
  }
}

}  // namespace sg::ultrasound::detail
#endif  // HWY_ONCE

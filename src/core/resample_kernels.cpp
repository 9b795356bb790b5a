#include "core/resample_kernels.h"

#include <cstring>

#include "core/bspline.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/resample_kernels.cpp"
#include "hwy/foreach_target.h"  // compiles the rest once for each instruction set
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
using VI = hn::Vec<I>;
using MF = hn::Mask<F>;

/// Positions of one vector of targets along one axis, relative to `base` so that float32 keeps about 1e-6
/// voxel however large the image is.
struct Axis {
  VF offset;
  std::int64_t base;
};

/// Cells of one vector of targets: index of the lowest corner and weights of the upper neighbours.
struct Cells {
  VI index;
  VF wx, wy, wz;
  MF inside;
};

HWY_INLINE double floor_within(double at, std::int64_t last) {
  const double top = static_cast<double>(last);
  const double clamped = at > 0 ? (at < top ? at : top) : 0;  // not-a-number becomes 0
  return static_cast<double>(static_cast<std::int64_t>(clamped));
}

HWY_INLINE Axis axis_at(const RowPath& path, std::int64_t last, int axis, std::int64_t i) {
  const F d;
  const double at = path.start[axis] + static_cast<double>(i) * path.step[axis];
  const double base = floor_within(at, last);
  VF offset = hn::MulAdd(hn::Iota(d, 0.0F), hn::Set(d, static_cast<float>(path.step[axis])),
                         hn::Set(d, static_cast<float>(at - base)));
  if (path.u[0] != nullptr) {
    offset = hn::MulAdd(hn::Set(d, path.matrix[axis][0]), hn::LoadU(d, path.u[0] + i), offset);
    offset = hn::MulAdd(hn::Set(d, path.matrix[axis][1]), hn::LoadU(d, path.u[1] + i), offset);
    offset = hn::MulAdd(hn::Set(d, path.matrix[axis][2]), hn::LoadU(d, path.u[2] + i), offset);
  }
  return {offset, static_cast<std::int64_t>(base)};
}

/// Targets within `reach` voxels of the outermost centres.
HWY_INLINE MF within(const Axis& axis, std::int64_t last, float reach) {
  const F d;
  const VF low = hn::Set(d, static_cast<float>(-axis.base) - reach);
  const VF high = hn::Set(d, static_cast<float>(last - axis.base) + reach);
  return hn::And(hn::Ge(axis.offset, low), hn::Le(axis.offset, high));
}

/// Splits a position, clamped to the image, into the lower neighbour's index and the upper neighbour's
/// weight. The last voxel gets weight 1 from its lower neighbour, so that corner strides are constants of the
/// image.
HWY_INLINE VI split(const Axis& axis, std::int64_t last, MF inside, VF& weight) {
  const F d;
  const I di;
  const VF low = hn::Set(d, static_cast<float>(-axis.base));
  const VF high = hn::Set(d, static_cast<float>(last - axis.base));
  const VF at = hn::Min(hn::Max(hn::IfThenElse(inside, axis.offset, low), low), high);
  const VF top = hn::Set(d, static_cast<float>((last > 0 ? last - 1 : 0) - axis.base));
  const VF lower = hn::Min(hn::Floor(at), top);
  weight = hn::Sub(at, lower);
  return hn::Add(hn::ConvertTo(di, lower), hn::Set(di, static_cast<std::int32_t>(axis.base)));
}

struct Layout {
  std::int64_t last[3];
  std::int32_t nx, ny;
  std::int64_t dx, dy, dz;  // steps to the upper neighbours; 0 along an axis of size 1

  explicit Layout(const Source& image) {
    for (int a = 0; a < 3; ++a) last[a] = image.size[static_cast<std::size_t>(a)] - 1;
    nx = static_cast<std::int32_t>(image.size[0]);
    ny = static_cast<std::int32_t>(image.size[1]);
    dx = last[0] > 0 ? 1 : 0;
    dy = last[1] > 0 ? nx : 0;
    dz = last[2] > 0 ? std::int64_t{nx} * ny : 0;
  }
};

HWY_INLINE Cells cells_at(const Layout& layout, const Axis& x, const Axis& y, const Axis& z, MF inside) {
  const I di;
  Cells cells;
  const VI xi = split(x, layout.last[0], inside, cells.wx);
  const VI yi = split(y, layout.last[1], inside, cells.wy);
  const VI zi = split(z, layout.last[2], inside, cells.wz);
  cells.index =
      hn::Add(hn::Mul(hn::Add(hn::Mul(zi, hn::Set(di, layout.ny)), yi), hn::Set(di, layout.nx)), xi);
  cells.inside = inside;
  return cells;
}

/// (1−w)·a + w·b, exact at both ends.
HWY_INLINE VF mix(VF a, VF b, VF w) { return hn::MulAdd(w, b, hn::NegMulAdd(w, a, a)); }

HWY_INLINE void store(VF value, float* out, std::int64_t left) {
  const F d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (left >= lanes) {
    hn::StoreU(value, d, out);
    return;
  }
  HWY_ALIGN float rest[hn::MaxLanes(F())];
  hn::Store(value, d, rest);
  for (std::int64_t i = 0; i < left; ++i) out[i] = rest[i];
}

void linear_row_simd(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                     std::int64_t n) {
  const F d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const Layout layout(image);
  const VF outside = hn::Set(d, border.outside);
  const float reach = border.clamp ? hwy::HighestValue<float>() : 0.5F;
  for (std::int64_t i = 0; i < n; i += lanes) {
    const Axis x = axis_at(path, layout.last[0], 0, i), y = axis_at(path, layout.last[1], 1, i),
               z = axis_at(path, layout.last[2], 2, i);
    const MF inside = hn::And(within(x, layout.last[0], reach),
                              hn::And(within(y, layout.last[1], reach), within(z, layout.last[2], reach)));
    const Cells c = cells_at(layout, x, y, z, inside);
    const float* p = image.data;
    const float* q = p + layout.dz;
    const VF low = mix(mix(hn::GatherIndex(d, p, c.index), hn::GatherIndex(d, p + layout.dx, c.index), c.wx),
                       mix(hn::GatherIndex(d, p + layout.dy, c.index),
                           hn::GatherIndex(d, p + layout.dy + layout.dx, c.index), c.wx),
                       c.wy);
    const VF high = mix(mix(hn::GatherIndex(d, q, c.index), hn::GatherIndex(d, q + layout.dx, c.index), c.wx),
                        mix(hn::GatherIndex(d, q + layout.dy, c.index),
                            hn::GatherIndex(d, q + layout.dy + layout.dx, c.index), c.wx),
                        c.wy);
    store(hn::IfThenElse(inside, mix(low, high, c.wz), outside), out + i, n - i);
  }
}

void gradient_row_simd(const Source& image, const RowPath& path, const GradientRow& out, std::int64_t n) {
  const F d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const Layout layout(image);
  const float reach[3] = {layout.dx ? 0.0F : 0.5F, layout.dy ? 0.0F : 0.5F, layout.dz ? 0.0F : 0.5F};
  for (std::int64_t i = 0; i < n; i += lanes) {
    const Axis x = axis_at(path, layout.last[0], 0, i), y = axis_at(path, layout.last[1], 1, i),
               z = axis_at(path, layout.last[2], 2, i);
    const MF inside =
        hn::And(within(x, layout.last[0], reach[0]),
                hn::And(within(y, layout.last[1], reach[1]), within(z, layout.last[2], reach[2])));
    const Cells c = cells_at(layout, x, y, z, inside);
    const float* p = image.data;
    const float* q = p + layout.dz;
    const VF v0 = hn::GatherIndex(d, p, c.index), v1 = hn::GatherIndex(d, p + layout.dx, c.index);
    const VF v2 = hn::GatherIndex(d, p + layout.dy, c.index);
    const VF v3 = hn::GatherIndex(d, p + layout.dy + layout.dx, c.index);
    const VF v4 = hn::GatherIndex(d, q, c.index), v5 = hn::GatherIndex(d, q + layout.dx, c.index);
    const VF v6 = hn::GatherIndex(d, q + layout.dy, c.index);
    const VF v7 = hn::GatherIndex(d, q + layout.dy + layout.dx, c.index);
    const VF c0 = mix(v0, v1, c.wx), c1 = mix(v2, v3, c.wx), c2 = mix(v4, v5, c.wx), c3 = mix(v6, v7, c.wx);
    const VF low = mix(c0, c1, c.wy), high = mix(c2, c3, c.wy);
    store(hn::IfThenElseZero(inside, hn::Set(d, 1.0F)), out.inside + i, n - i);
    store(hn::IfThenElseZero(inside, mix(low, high, c.wz)), out.value + i, n - i);
    if (out.gx == nullptr) continue;
    const VF gx =
        mix(mix(hn::Sub(v1, v0), hn::Sub(v3, v2), c.wy), mix(hn::Sub(v5, v4), hn::Sub(v7, v6), c.wy), c.wz);
    store(hn::IfThenElseZero(inside, gx), out.gx + i, n - i);
    store(hn::IfThenElseZero(inside, mix(hn::Sub(c1, c0), hn::Sub(c3, c2), c.wz)), out.gy + i, n - i);
    store(hn::IfThenElseZero(inside, hn::Sub(high, low)), out.gz + i, n - i);
  }
}

/// Σ over the 4×4×4 taps; x taps contiguous at `corner`.
HWY_INLINE float sum_taps(const float* corner, std::int64_t dy, std::int64_t dz, const CubicTaps* taps) {
  const hn::CappedTag<float, 4> d;
  const std::size_t lanes = hn::Lanes(d);
  float sum = 0;
  for (std::size_t x = 0; x < 4; x += lanes) {
    auto total = hn::Zero(d);
    for (int z = 0; z < 4; ++z) {
      auto plane = hn::Zero(d);
      for (int y = 0; y < 4; ++y) {
        plane = hn::MulAdd(hn::Set(d, taps[1].weight[y]), hn::LoadU(d, corner + z * dz + y * dy + x), plane);
      }
      total = hn::MulAdd(hn::Set(d, taps[2].weight[z]), plane, total);
    }
    sum += hn::GetLane(hn::SumOfLanes(d, hn::Mul(total, hn::LoadU(d, taps[0].weight + x))));
  }
  return sum;
}

void cubic_row_simd(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                    std::int64_t n) {
  const std::int64_t dy = image.size[0], dz = image.size[0] * image.size[1];
  for (std::int64_t i = 0; i < n; ++i) {
    std::array<double, 3> at = position(path, i);
    if (!settle(image, border, at)) {
      out[i] = border.outside;
      continue;
    }
    CubicTaps taps[3];
    bool interior = true;
    for (std::size_t a = 0; a < 3; ++a) {
      taps[a] = cubic_taps(at[a], image.size[a]);
      interior = interior && taps[a].index[3] - taps[a].index[0] == 3;
    }
    if (interior) {
      out[i] = sum_taps(image.data + taps[2].index[0] * dz + taps[1].index[0] * dy + taps[0].index[0], dy, dz,
                        taps);
      continue;
    }
    float block[64];
    for (int t = 0; t < 64; ++t) {
      block[t] =
          image.data[taps[2].index[t / 16] * dz + taps[1].index[t / 4 % 4] * dy + taps[0].index[t % 4]];
    }
    out[i] = sum_taps(block, 4, 16, taps);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::detail {

HWY_EXPORT(linear_row_simd);
HWY_EXPORT(gradient_row_simd);
HWY_EXPORT(cubic_row_simd);

namespace {

/// Lanes hold 32-bit voxel offsets and float32 indices.
bool fits_lanes(const Source& image) {
  for (std::int64_t n : image.size) {
    if (n > std::int64_t{1} << 23) return false;
  }
  return image.size[0] * image.size[1] * image.size[2] < std::int64_t{1} << 31;
}

}  // namespace

void linear_row(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                std::int64_t n) {
  if (!fits_lanes(image)) return linear_row_reference(image, path, border, out, n);
  HWY_DYNAMIC_DISPATCH(linear_row_simd)(image, path, border, out, n);
}

void gradient_row(const Source& image, const RowPath& path, const GradientRow& out, std::int64_t n) {
  if (!fits_lanes(image)) return gradient_row_reference(image, path, out, n);
  HWY_DYNAMIC_DISPATCH(gradient_row_simd)(image, path, out, n);
}

void cubic_row(const Source& image, const RowPath& path, const BorderRule& border, float* out,
               std::int64_t n) {
  HWY_DYNAMIC_DISPATCH(cubic_row_simd)(image, path, border, out, n);
}

}  // namespace sg::detail
#endif  // HWY_ONCE

#include "nn/warp_kernel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/warp_kernel.cpp"
#include "hwy/foreach_target.h"  // compiles the rest once for each instruction set
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace sg::nn::detail {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using F = hn::ScalableTag<float>;
using I = hn::RebindToSigned<F>;
using VF = hn::Vec<F>;
using VI = hn::Vec<I>;

constexpr std::int64_t most_lanes = 16;  // vector lanes of the widest instruction set

/// Corners of the cells that one vector of targets reads, and their weights; a corner outside has weight 0
/// (zeros) or is moved onto the edge. 8 corners, 4 in 2-D; each odd one is the right neighbour of the one
/// before, also at the ends of a row, so that both can be read at once (unless the image is one wide).
struct Corners {
  HWY_ALIGN std::int32_t index[8][most_lanes];
  HWY_ALIGN float weight[8][most_lanes];
};

/// Along one axis: two neighbours' indices and weights.
struct Pair {
  VI low, high;
  VF low_weight, high_weight;
};

HWY_INLINE Pair along(VF at, std::int64_t size, Interpolation interpolation, Border border) {
  const F d;
  const I di;
  const VF last = hn::Set(d, static_cast<float>(size - 1));
  // Not a number becomes 0; what is far outside stays just far enough outside to be no neighbour.
  at = hn::IfThenElse(hn::Eq(at, at), at, hn::Zero(d));
  at = border == Border::edge ? hn::Min(hn::Max(at, hn::Zero(d)), last)
                              : hn::Min(hn::Max(at, hn::Set(d, -2.0F)), hn::Add(last, hn::Set(d, 2.0F)));
  VF floor = hn::Floor(interpolation == Interpolation::nearest ? hn::Add(at, hn::Set(d, 0.5F)) : at);
  const VF one = hn::Set(d, 1.0F), zero = hn::Zero(d);
  Pair pair;
  pair.high_weight = interpolation == Interpolation::nearest ? zero : hn::Sub(at, floor);
  pair.low_weight = hn::Sub(one, pair.high_weight);
  const VF next = hn::Add(floor, one);
  pair.low_weight = hn::IfThenElse(hn::And(hn::Ge(floor, zero), hn::Le(floor, last)), pair.low_weight, zero);
  pair.high_weight = hn::IfThenElse(hn::And(hn::Ge(next, zero), hn::Le(next, last)), pair.high_weight, zero);
  // The two stay neighbours where the cell reaches over an end: the weights move to the places they are for.
  const VF first = hn::Min(hn::Max(floor, zero), hn::Max(hn::Sub(last, one), zero));
  const VF second = hn::Min(hn::Add(first, one), last);
  const VF low_weight = pair.low_weight, high_weight = pair.high_weight;
  pair.low_weight =
      hn::IfThenElse(hn::Eq(first, floor), low_weight, hn::IfThenElseZero(hn::Eq(first, next), high_weight));
  pair.high_weight = hn::IfThenElse(hn::Eq(second, next), high_weight,
                                    hn::IfThenElseZero(hn::Eq(second, floor), low_weight));
  // One sample along the axis: both neighbours are it, and the weight is counted once.
  pair.high_weight = hn::IfThenElseZero(hn::Gt(second, first), pair.high_weight);
  pair.low = hn::ConvertTo(di, first);
  pair.high = hn::ConvertTo(di, second);
  return pair;
}

HWY_INLINE void find_corners(const WarpGrid& grid, std::int64_t x, std::int64_t y, std::int64_t z,
                             const float* u, Interpolation interpolation, Border border, Corners& corners) {
  const F d;
  const I di;
  const std::int64_t positions = grid.width * grid.height * grid.depth;
  const std::int64_t at = (z * grid.height + y) * grid.width + x;
  const Pair px = along(hn::Add(hn::Iota(d, static_cast<float>(x)), hn::LoadU(d, u + at)), grid.width,
                        interpolation, border);
  const Pair py = along(hn::Add(hn::Set(d, static_cast<float>(y)), hn::LoadU(d, u + positions + at)),
                        grid.height, interpolation, border);
  Pair pz{hn::Zero(di), hn::Zero(di), hn::Set(d, 1.0F), hn::Zero(d)};
  if (grid.axes == 3)
    pz = along(hn::Add(hn::Set(d, static_cast<float>(z)), hn::LoadU(d, u + 2 * positions + at)), grid.depth,
               interpolation, border);
  const VI width = hn::Set(di, static_cast<std::int32_t>(grid.width));
  const VI plane = hn::Set(di, static_cast<std::int32_t>(grid.width * grid.height));
  int corner = 0;
  for (int k = 0; k < (grid.axes == 3 ? 2 : 1); ++k) {
    const VI iz = hn::Mul(k == 0 ? pz.low : pz.high, plane);
    const VF wz = k == 0 ? pz.low_weight : pz.high_weight;
    for (int j = 0; j < 2; ++j) {
      const VI iy = hn::Add(iz, hn::Mul(j == 0 ? py.low : py.high, width));
      const VF wy = hn::Mul(wz, j == 0 ? py.low_weight : py.high_weight);
      hn::Store(hn::Add(iy, px.low), di, corners.index[corner]);
      hn::Store(hn::Mul(wy, px.low_weight), d, corners.weight[corner++]);
      hn::Store(hn::Add(iy, px.high), di, corners.index[corner]);
      hn::Store(hn::Mul(wy, px.high_weight), d, corners.weight[corner++]);
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
/// The values at these indices (`low`) and the next ones (`high`): 64 bits a gather are half as many.
HWY_INLINE void gather_pairs(const float* image, const std::int32_t* index, VF& low, VF& high) {
  const F d;
  const hn::Repartition<std::int64_t, F> pairs;
  const hn::Rebind<std::int32_t, decltype(pairs)> half;
  const auto count = static_cast<std::int64_t>(hn::Lanes(pairs));
  const auto* base = reinterpret_cast<const std::int64_t*>(image);
  const auto bytes = [&](std::int64_t from) {
    return hn::ShiftLeft<2>(hn::PromoteTo(pairs, hn::Load(half, index + from)));
  };
  const VF a = hn::BitCast(d, hn::GatherOffset(pairs, base, bytes(0)));
  const VF b = hn::BitCast(d, hn::GatherOffset(pairs, base, bytes(count)));
  low = hn::ConcatEven(d, b, a);
  high = hn::ConcatOdd(d, b, a);
}
#endif

/// `count` targets of one plain channel.
template <int corner_count>
HWY_INLINE void read_plain(const float* image, [[maybe_unused]] bool wide, const Corners& corners,
                           float* result, std::int64_t count) {
  const F d;
  const I di;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  VF sum = hn::Zero(d);
  for (int c = 0; c < corner_count; c += 2) {
    VF low, high;
#if HWY_TARGET != HWY_SCALAR
    if (wide) {
      gather_pairs(image, corners.index[c], low, high);
    } else
#endif
    {
      low = hn::GatherIndex(d, image, hn::Load(di, corners.index[c]));
      high = hn::GatherIndex(d, image, hn::Load(di, corners.index[c + 1]));
    }
    sum = hn::MulAdd(hn::Load(d, corners.weight[c]), low, sum);
    sum = hn::MulAdd(hn::Load(d, corners.weight[c + 1]), high, sum);
  }
  if (count >= lanes) {
    hn::StoreU(sum, d, result);
    return;
  }
  HWY_ALIGN float rest[hn::MaxLanes(F())];
  hn::Store(sum, d, rest);
  for (std::int64_t i = 0; i < count; ++i) result[i] = rest[i];
}

/// `count` targets of a group of `lanes` channels side by side. Lanes beyond the last whole vector are done
/// one by one.
template <int corner_count>
HWY_INLINE void read_blocked(const float* image, std::int64_t lanes, const Corners& corners, float* result,
                             std::int64_t count) {
  const F d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t l = 0;
    for (; l + width <= lanes; l += width) {
      VF sum =
          hn::Mul(hn::Set(d, corners.weight[0][i]), hn::LoadU(d, image + corners.index[0][i] * lanes + l));
      for (int c = 1; c < corner_count; ++c)
        sum = hn::MulAdd(hn::Set(d, corners.weight[c][i]),
                         hn::LoadU(d, image + corners.index[c][i] * lanes + l), sum);
      hn::StoreU(sum, d, result + i * lanes + l);
    }
    for (; l < lanes; ++l) {
      float sum = 0;
      for (int c = 0; c < corner_count; ++c)
        sum += corners.weight[c][i] * image[corners.index[c][i] * lanes + l];
      result[i * lanes + l] = sum;
    }
  }
}

void warp_rows_simd(const WarpGrid& grid, std::int64_t begin, std::int64_t end, const float* image,
                    std::int64_t groups, std::int64_t lanes, const float* u, float* result,
                    Interpolation interpolation, Border border) {
  const F d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t positions = grid.width * grid.height * grid.depth;
  const bool deep = grid.axes == 3, wide = grid.width > 1;
  // Some rows at once: channels lie far apart, often at distances the caches confuse, so that what one row
  // reads of all of them is gone when the next row wants it again.
  constexpr std::int64_t most = 32;
  struct Target {
    std::int64_t at, count;
  };
  Corners corners[most];
  Target targets[most];
  std::int64_t row = begin, x = 0;
  while (row < end) {
    std::int64_t vectors = 0;
    for (; row < end && vectors < most; ++vectors) {
      const std::int64_t left = grid.width - x;
      find_corners(grid, x, row % grid.height, row / grid.height, u, interpolation, border, corners[vectors]);
      targets[vectors] = {row * grid.width + x, left < width ? left : width};
      x += width;
      if (x < grid.width) continue;
      x = 0;
      ++row;
    }
    for (std::int64_t g = 0; g < groups; ++g) {
      const float* from = image + g * positions * lanes;
      for (std::int64_t v = 0; v < vectors; ++v) {
        float* to = result + (g * positions + targets[v].at) * lanes;
        if (lanes == 1 && deep) {
          read_plain<8>(from, wide, corners[v], to, targets[v].count);
        } else if (lanes == 1) {
          read_plain<4>(from, wide, corners[v], to, targets[v].count);
        } else if (deep) {
          read_blocked<8>(from, lanes, corners[v], to, targets[v].count);
        } else {
          read_blocked<4>(from, lanes, corners[v], to, targets[v].count);
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg::nn::detail
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg::nn::detail {

HWY_EXPORT(warp_rows_simd);

void warp_rows(const WarpGrid& grid, std::int64_t begin, std::int64_t end, const float* image,
               std::int64_t groups, std::int64_t lanes, const float* u, float* result,
               Interpolation interpolation, Border border) {
  HWY_DYNAMIC_DISPATCH(warp_rows_simd)
  (grid, begin, end, image, groups, lanes, u, result, interpolation, border);
}

}  // namespace sg::nn::detail
#endif

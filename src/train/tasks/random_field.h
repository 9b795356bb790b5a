#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace sg::train {

/// Sizes along x (fastest), y, z.
using Size3 = std::array<std::int64_t, 3>;

/// A smooth random function on a grid: uniform cubic B-spline whose control points, `spacing` voxels apart,
/// are standard normal; scaled so that its mean square is 1. x fastest. Throws invalid_input unless spacing >
/// 0.
std::vector<float> random_field(const Size3& size, double spacing, Rng& rng);

/// Nearly normal (sum of four 16-bit uniforms, mean 0, variance 1, |x| ≤ √12): for noise of every voxel,
/// where Box–Muller would take longer than all the rest.
inline float quick_normal(Rng& rng) {
  const std::uint64_t bits = rng.next();
  const auto sum =
      static_cast<float>((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
  return (sum - 131070.0F) * (1.7320508F / 65536.0F);
}

}  // namespace sg::train

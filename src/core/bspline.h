#pragma once
#include <cstdint>

#include "core/context.h"
#include "core/volume.h"

namespace sg::detail {

/// Coefficients c of the interpolating cubic B-spline, image(i) = Σ_k c(k)·β³(i−k), along every axis longer
/// than one voxel, borders mirrored about the outermost voxel centres. Recursive filter with pole √3−2 (Unser
/// 1999, doi:10.1109/79.799930); all channels.
Volume<float> bspline_coefficients(const Volume<float>& image, const Context& context);

/// The four coefficients that make up the value at `at` (0…size−1) along one axis.
struct CubicTaps {
  std::int64_t index[4];
  float weight[4];
};

inline std::int64_t mirrored(std::int64_t i, std::int64_t size) {
  const std::int64_t period = 2 * size - 2;
  if (period == 0) return 0;
  i = i < 0 ? -i : i;
  i %= period;
  return i < size ? i : period - i;
}

inline CubicTaps cubic_taps(double at, std::int64_t size) {
  const auto low = static_cast<std::int64_t>(at);
  const double t = at - static_cast<double>(low), s = 1 - t;
  CubicTaps taps;
  for (std::int64_t k = 0; k < 4; ++k) taps.index[k] = mirrored(low - 1 + k, size);
  taps.weight[0] = static_cast<float>(s * s * s / 6);
  taps.weight[1] = static_cast<float>(2.0 / 3 - t * t * (2 - t) / 2);
  taps.weight[2] = static_cast<float>(2.0 / 3 - s * s * (2 - s) / 2);
  taps.weight[3] = static_cast<float>(t * t * t / 6);
  if (size == 1) {
    for (float& w : taps.weight) w = 0;
    taps.weight[1] = 1;
  }
  return taps;
}

}  // namespace sg::detail

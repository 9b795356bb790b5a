#pragma once
#include <cstdint>

namespace sg::ultrasound::detail {

/// ln max(value, least), 0 where the value is not above 0.
void log_row(const float* values, std::int64_t n, float least, float* out);

/// What a row of an image without speckle, u, says of one with it, f: sums over the pixels with w ≠ 0 (all
/// without `w`) of (f − u)² and u²; and, with r = f/u − 1, of ½r·(r_right + r_under) and r² over those where
/// all three have w ≠ 0 and u > `least`. `right` pixels on and in the row `u_under`, none in the last row
/// (null).
struct RowSums {
  double error = 0, energy = 0, product = 0, square = 0;
};
struct RatioRow {
  const float *f, *u, *w;
};
RowSums ratio_sums(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                   float least);
RowSums ratio_sums_reference(const RatioRow& here, const RatioRow* under, std::int64_t n, std::int64_t right,
                             float least);

}  // namespace sg::ultrasound::detail

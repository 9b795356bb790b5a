#pragma once
#include <cstdint>

namespace sg::detail {

/// A running sum over a window of 2·radius+1 places, cut at the ends of a line of n values:
/// out(i) = after(i) · Σ_{|j−i| ≤ radius} before(j) · in(j). Sums are float64: what enters a sum leaves it
/// without a trace in float32. Both weights have n values.
struct WindowSum {
  std::int64_t n;
  std::int64_t radius;
  const double* before;
  const double* after;
};

/// Kernels on the best instruction set of this CPU, each with a plain scalar counterpart to be tested
/// against. In place on `width` columns whose values lie `stride` apart: column c holds data[c + i·stride], i
/// = 0…n−1.
void window_columns(float* data, std::int64_t stride, std::int64_t width, const WindowSum& window);
void window_columns_reference(float* data, std::int64_t stride, std::int64_t width, const WindowSum& window);
/// From `rows` contiguous lines of n values to as many at `out` (which may be `in`).
void window_rows(const float* in, float* out, std::int64_t rows, const WindowSum& window);
void window_rows_reference(const float* in, float* out, std::int64_t rows, const WindowSum& window);

/// out(i) = Σ_k weights[k] · lines[k][i] for i < n, in float32.
struct WeightedLines {
  const float* const* lines;
  const float* weights;
  std::int64_t count;
};
void weighted_sum(const WeightedLines& terms, float* out, std::int64_t n);
void weighted_sum_reference(const WeightedLines& terms, float* out, std::int64_t n);

}  // namespace sg::detail

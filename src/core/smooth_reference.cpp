#include <algorithm>
#include <vector>

#include "core/smooth_kernels.h"

namespace sg::detail {
namespace {

/// One line of values `stride` apart, in place.
void window_line(float* data, std::int64_t stride, const WindowSum& window) {
  const auto size = static_cast<std::size_t>(window.n);
  std::vector<double> weighted(size);
  for (std::size_t i = 0; i < size; ++i) {
    weighted[i] = window.before[i] * double{data[static_cast<std::int64_t>(i) * stride]};
  }
  for (std::int64_t i = 0; i < window.n; ++i) {
    const std::int64_t first = std::max<std::int64_t>(0, i - window.radius),
                       last = std::min(window.n - 1, i + window.radius);
    double sum = 0;
    for (std::int64_t j = first; j <= last; ++j) sum += weighted[static_cast<std::size_t>(j)];
    data[i * stride] = static_cast<float>(sum * window.after[i]);
  }
}

}  // namespace

void window_columns_reference(float* data, std::int64_t stride, std::int64_t width, const WindowSum& window) {
  for (std::int64_t c = 0; c < width; ++c) window_line(data + c, stride, window);
}

void window_rows_reference(const float* in, float* out, std::int64_t rows, const WindowSum& window) {
  for (std::int64_t r = 0; r < rows; ++r) {
    if (in != out) std::copy(in + r * window.n, in + (r + 1) * window.n, out + r * window.n);
    window_line(out + r * window.n, 1, window);
  }
}

void weighted_sum_reference(const WeightedLines& terms, float* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    double sum = 0;
    for (std::int64_t k = 0; k < terms.count; ++k)
      sum += double{terms.weights[k]} * double{terms.lines[k][i]};
    out[i] = static_cast<float>(sum);
  }
}

}  // namespace sg::detail

#include "core/bspline.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.h"

namespace sg::detail {
namespace {

const double pole = std::sqrt(3.0) - 2;
// |pole|^k < 1e-9 from k = 16 on: below float32 resolution.
constexpr std::int64_t horizon = 16;

/// Filters `width` lines of n values that lie `stride` apart (line j starts at data + j); n ≥ 2.
void filter_lines(float* data, std::int64_t n, std::int64_t stride, std::int64_t width) {
  const auto p = static_cast<float>(pole), gain = static_cast<float>((1 - pole) * (1 - 1 / pole));
  const auto row = [&](std::int64_t i) { return data + i * stride; };
  std::vector<float> first(static_cast<std::size_t>(width), 0.0F);
  // c⁺(0) = Σ_k pole^k f(k) over the mirrored signal.
  double power = 1;
  for (std::int64_t k = 0; k < horizon; ++k, power *= pole) {
    const float* source = row(mirrored(k, n));
    for (std::int64_t j = 0; j < width; ++j)
      first[static_cast<std::size_t>(j)] += static_cast<float>(power) * source[j];
  }
  for (std::int64_t j = 0; j < width; ++j) row(0)[j] = first[static_cast<std::size_t>(j)];
  for (std::int64_t i = 1; i < n; ++i) {
    float* now = row(i);
    const float* before = row(i - 1);
    for (std::int64_t j = 0; j < width; ++j) now[j] += p * before[j];
  }
  const auto last = static_cast<float>(pole / (pole * pole - 1));
  for (std::int64_t j = 0; j < width; ++j) row(n - 1)[j] = last * (row(n - 1)[j] + p * row(n - 2)[j]);
  for (std::int64_t i = n - 2; i >= 0; --i) {
    float* now = row(i);
    const float* after = row(i + 1);
    for (std::int64_t j = 0; j < width; ++j) now[j] = p * (after[j] - now[j]);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) row(i)[j] *= gain;
  }
}

/// The same along contiguous lines: several at a time through a transposed block, so that the recursions run
/// side by side.
void filter_rows(float* data, std::int64_t n, std::int64_t rows) {
  std::vector<float> block(static_cast<std::size_t>(n * rows));
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < n; ++i) block[static_cast<std::size_t>(i * rows + r)] = data[r * n + i];
  }
  filter_lines(block.data(), n, rows, rows);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t i = 0; i < n; ++i) data[r * n + i] = block[static_cast<std::size_t>(i * rows + r)];
  }
}

}  // namespace

Volume<float> bspline_coefficients(const Volume<float>& image, const Context& context) {
  Volume<float> result = image.clone();
  const auto [nx, ny, nz] = image.grid().size;
  float* data = result.data();
  constexpr std::int64_t block = 16;
  if (nx > 1) {
    const std::int64_t rows = ny * nz * image.channels();
    parallel_for((rows + block - 1) / block,
                 [&, n = nx](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t b = begin; b < end; ++b) {
                     filter_rows(data + b * block * n, n, std::min(block, rows - b * block));
                   }
                 },
                 context);
  }
  if (ny > 1) {
    parallel_for(
        nz * image.channels(),
        [&, width = nx, n = ny](std::int64_t begin, std::int64_t end) {
          for (std::int64_t slice = begin; slice < end; ++slice)
            filter_lines(data + slice * n * width, n, width, width);
        },
        context);
  }
  if (nz > 1) {
    parallel_for(
        ny * image.channels(),
        [&, width = nx, height = ny, n = nz](std::int64_t begin, std::int64_t end) {
          for (std::int64_t line = begin; line < end; ++line) {
            const std::int64_t channel = line / height, y = line % height;
            filter_lines(data + (channel * n * height + y) * width, n, height * width, width);
          }
        },
        context);
  }
  return result;
}

}  // namespace sg::detail

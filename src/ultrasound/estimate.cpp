#include "ultrasound/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/speckle.h"
#include "core/stats.h"
#include "ultrasound/ratio_kernels.h"

namespace sg::ultrasound {
namespace {

constexpr int radius = 7;        // of windows, in strides
constexpr double tenth = 0.1;    // the share of windows taken for even
constexpr double chance = 0.78;  // the tenth percentile over the mean in pure speckle
constexpr double correlated = 0.3, independent = 0.05;
constexpr int longest_stride = 8;
constexpr std::size_t fewest_windows = 50;

/// Logarithms, and 1 where they mean something, else 0.
struct Logs {
  Volume<float> z, valid;
};

/// work(first, end) on pieces of the voxels.
template <class Work>
void for_pieces(std::int64_t size, const Work& work) {
  parallel_for(
      size, [&](std::int64_t begin, std::int64_t end) { work(begin, end); }, {}, 4096);
}

bool is_saturated(const Volume<float>& image, float largest) {
  const auto count = std::count(image.values().begin(), image.values().end(), largest);
  return static_cast<double>(count) > 0.005 * static_cast<double>(image.size());
}

Logs logarithms(const Volume<float>& image, const Mask* mask) {
  double sum = 0;
  float largest = 0;
  for (const float value : image.values()) {
    if (!std::isfinite(value) || value < 0)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("the image holds {}, expected intensities of 0 or more", value), "image");
    sum += value;
    largest = std::max(largest, value);
  }
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, image.size()));
  const auto least = static_cast<float>(1e-3 * mean);
  const bool saturated = is_saturated(image, largest);
  Logs logs{Volume<float>(image.grid()), Volume<float>(image.grid())};
  for_pieces(image.size(), [&](std::int64_t begin, std::int64_t end) {
    detail::log_row(image.data() + begin, end - begin, least, logs.z.data() + begin);
    for (std::int64_t i = begin; i < end; ++i) {
      const float value = image.data()[i];
      const bool valid =
          value > 0 && !(saturated && value == largest) && (mask == nullptr || mask->data()[i] != 0);
      logs.valid.data()[i] = valid ? 1 : 0;
    }
  });
  return logs;
}

/// Means of `values` over windows, of what is valid there; −1 where less than 70 % is. `share`: box_mean of
/// valid.
Volume<float> window_means(const Volume<float>& values, const Volume<float>& valid,
                           const Volume<float>& share, std::array<int, 2> r) {
  Volume<float> product(values.grid());
  for_pieces(product.size(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) product.data()[i] = values.data()[i] * valid.data()[i];
  });
  Volume<float> means(values.grid());
  box_mean_into(product, {r[0], r[1], 0}, means);
  for_pieces(means.size(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      means.data()[i] = share.data()[i] >= 0.7F ? means.data()[i] / share.data()[i] : -1;
  });
  return means;
}

/// Those of some 16,000 of the values, spread evenly, that `take` takes: windows that overlap say the same.
template <class Take>
std::vector<float> some_of(const Volume<float>& values, const Take& take) {
  const std::int64_t stride = std::max<std::int64_t>(1, values.size() / 16384) | 1;
  std::vector<float> some;
  for (std::int64_t i = 0; i < values.size(); i += stride)
    if (take(i)) some.push_back(values.data()[i]);
  return some;
}

/// Of the most even windows: correlation of `rest`, 0 elsewhere, with the same `dx`, `dy` pixels on.
double correlation_at(const Volume<float>& rest, const Volume<float>& even, std::int64_t dx,
                      std::int64_t dy) {
  const auto [width, height, depth] = rest.grid().size;
  struct Sums {
    double product = 0, square = 0;
  };
  std::vector<Sums> rows(static_cast<std::size_t>(height * depth));
  parallel_for(
      height * depth,
      [&, width = width, height = height](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          if (row % height + dy >= height) continue;
          const std::int64_t first = row * width, on = first + dy * width + dx;
          const float *a = rest.data() + first, *b = rest.data() + on, *in_a = even.data() + first,
                      *in_b = even.data() + on;
          // Sixteen sums side by side: a compiler keeps the order of one.
          std::array<float, 16> product{}, square{};
          const auto add = [&](std::int64_t x, std::size_t k) {
            const float both = in_a[x] * in_b[x];
            product[k] += both * a[x] * b[x];
            square[k] += both * 0.5F * (a[x] * a[x] + b[x] * b[x]);
          };
          std::int64_t x = 0;
          for (; x + dx + 16 <= width; x += 16)
            for (std::size_t k = 0; k < 16; ++k) add(x + static_cast<std::int64_t>(k), k);
          for (; x + dx < width; ++x) add(x, 0);
          Sums& sums = rows[static_cast<std::size_t>(row)];
          for (std::size_t k = 0; k < 16; ++k) sums.product += product[k], sums.square += square[k];
        }
      },
      {}, 16);
  Sums all;
  for (const Sums& row : rows) all.product += row.product, all.square += row.square;
  return all.square > 0 ? all.product / all.square : 0;
}

void measure_correlation(const Logs& logs, SpeckleEstimate& found) {
  const Volume<float> share = box_mean(logs.valid, {radius, radius, 0});
  const Volume<float> mean = window_means(logs.z, logs.valid, share, {radius, radius});
  Volume<float> rest(logs.z.grid()), square(logs.z.grid());
  for_pieces(rest.size(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      rest.data()[i] = logs.valid.data()[i] * (logs.z.data()[i] - mean.data()[i]);
      square.data()[i] = rest.data()[i] * rest.data()[i];
    }
  });
  const Volume<float> variance = window_means(square, logs.valid, share, {radius, radius});
  const std::vector<float> known = some_of(variance, [&](std::int64_t i) { return variance.data()[i] >= 0; });
  if (known.empty()) return;
  const auto limit = static_cast<float>(quantile(std::span<const float>(known), tenth));
  Volume<float> even(rest.grid());
  for_pieces(even.size(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      even.data()[i] =
          variance.data()[i] >= 0 && variance.data()[i] <= limit && logs.valid.data()[i] != 0 ? 1 : 0;
  });
  for (int axis = 0; axis < 2; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const auto at = [&](int lag) {
      return correlation_at(rest, even, axis == 0 ? lag : 0, axis == 1 ? lag : 0);
    };
    found.correlation[a] = at(1);
    if (found.correlation[a] <= correlated) continue;
    int lag = 2;
    while (lag < longest_stride && at(lag) > independent) ++lag;
    found.stride[a] = lag;
  }
}

/// (N∗z)²/36 with neighbours `stride` apart, and where all nine are valid.
Logs squared_differences(const Logs& logs, std::array<int, 2> stride) {
  const auto [width, height, depth] = logs.z.grid().size;
  const std::int64_t sx = stride[0], sy = stride[1];
  Logs squares{Volume<float>(logs.z.grid()), Volume<float>(logs.z.grid())};
  parallel_for(
      height * depth,
      [&, width = width, height = height](std::int64_t begin, std::int64_t end) {
        const auto n = static_cast<std::size_t>(width);
        std::vector<float> down(n), all(n);  // along y
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t y = row % height, first = row * width;
          if (y < sy || y + sy >= height) continue;
          const float *z = logs.z.data() + first, *above = z - sy * width, *below = z + sy * width;
          const float *v = logs.valid.data() + first, *v_above = v - sy * width, *v_below = v + sy * width;
          for (std::size_t x = 0; x < n; ++x) {
            down[x] = above[x] - 2 * z[x] + below[x];
            all[x] = v[x] * v_above[x] * v_below[x];
          }
          float *square = squares.z.data() + first, *valid = squares.valid.data() + first;
          const float *d = down.data(), *a = all.data();
          for (std::int64_t x = sx; x + sx < width; ++x) {
            const float sum = d[x - sx] - 2 * d[x] + d[x + sx];
            square[x] = sum * sum / 36;
            valid[x] = a[x - sx] * a[x] * a[x + sx];
          }
        }
      },
      {}, 16);
  return squares;
}

}  // namespace

SpeckleEstimate estimate_speckle(const Volume<float>& intensity, const Mask* mask, const Context& context) {
  if (intensity.channels() != 1)
    throw Error(ErrorCode::invalid_input, fmt::format("{} channels, expected one", intensity.channels()),
                "image");
  SpeckleEstimate found;
  const Logs logs = logarithms(intensity, mask);
  context.check();
  measure_correlation(logs, found);
  const Logs squares = squared_differences(logs, found.stride);
  const std::array<int, 2> window{radius * found.stride[0], radius * found.stride[1]};
  const std::array<int, 3> box{window[0], window[1], 0};
  const Volume<float> variance = window_means(squares.z, squares.valid, box_mean(squares.valid, box), window);
  const Volume<float> brightness = window_means(intensity, logs.valid, box_mean(logs.valid, box), window);
  const std::vector<float> bright =
      some_of(brightness, [&](std::int64_t i) { return brightness.data()[i] >= 0; });
  const double dark = bright.empty() ? 0 : 0.1 * quantile(std::span<const float>(bright), 0.995);
  std::size_t looked_at = 0;
  const std::vector<float> windows = some_of(variance, [&](std::int64_t i) {
    ++looked_at;
    return variance.data()[i] > 0 && brightness.data()[i] > dark;
  });
  found.evaluated =
      static_cast<double>(windows.size()) / static_cast<double>(std::max<std::size_t>(1, looked_at));
  found.reliable = windows.size() >= fewest_windows;
  if (windows.empty()) return found;
  const double share = found.reliable ? tenth : 0.5, correction = found.reliable ? chance : 1;
  const double log_variance = quantile(std::span<const float>(windows), share) / correction;
  found.looks = std::clamp(looks_of_log_variance(std::max(log_variance, 1e-6)), 0.3, 1000.0);
  return found;
}

}  // namespace sg::ultrasound

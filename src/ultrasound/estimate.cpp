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

namespace sg::ultrasound {
namespace {

constexpr int radius = 7;        // of windows, in strides
constexpr double tenth = 0.1;    // the share of windows taken for even
constexpr double chance = 0.78;  // the tenth percentile over the mean in pure speckle
constexpr double correlated = 0.3, independent = 0.05;
constexpr int longest_stride = 8;
constexpr std::size_t fewest_windows = 50;

/// Logarithms and where they mean something.
struct Logs {
  Volume<float> z, valid;
};

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
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const float value = image.data()[i];
    const bool valid =
        value > 0 && !(saturated && value == largest) && (mask == nullptr || mask->data()[i] != 0);
    logs.z.data()[i] = value > 0 ? std::log(std::max(value, least)) : 0;
    logs.valid.data()[i] = valid ? 1 : 0;
  }
  return logs;
}

/// Means of `values` over windows, of what is valid there; −1 where less than 70 % is.
Volume<float> window_means(const Volume<float>& values, const Volume<float>& valid, std::array<int, 2> r) {
  Volume<float> product = values.clone();
  for (std::int64_t i = 0; i < product.size(); ++i) product.data()[i] *= valid.data()[i];
  const std::array<int, 3> window{r[0], r[1], 0};
  Volume<float> means = box_mean(product, window);
  const Volume<float> share = box_mean(valid, window);
  for (std::int64_t i = 0; i < means.size(); ++i)
    means.data()[i] = share.data()[i] >= 0.7F ? means.data()[i] / share.data()[i] : -1;
  return means;
}

/// Of the most even windows: correlation of z − its window's mean with the same `dx`, `dy` pixels on.
double correlation_at(const Volume<float>& rest, const Volume<float>& even, std::int64_t dx,
                      std::int64_t dy) {
  const auto [width, height, depth] = rest.grid().size;
  double product = 0, square = 0;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y + dy < height; ++y)
      for (std::int64_t x = 0; x + dx < width; ++x) {
        const std::int64_t i = rest.offset(x, y, z), j = rest.offset(x + dx, y + dy, z);
        if (even.data()[i] == 0 || even.data()[j] == 0) continue;
        product += rest.data()[i] * rest.data()[j];
        square += 0.5 * (rest.data()[i] * rest.data()[i] + rest.data()[j] * rest.data()[j]);
      }
  return square > 0 ? product / square : 0;
}

void measure_correlation(const Logs& logs, SpeckleEstimate& found) {
  const Volume<float> mean = window_means(logs.z, logs.valid, {radius, radius});
  Volume<float> rest(logs.z.grid()), square(logs.z.grid());
  for (std::int64_t i = 0; i < rest.size(); ++i) {
    rest.data()[i] = logs.valid.data()[i] != 0 ? logs.z.data()[i] - mean.data()[i] : 0;
    square.data()[i] = rest.data()[i] * rest.data()[i];
  }
  const Volume<float> variance = window_means(square, logs.valid, {radius, radius});
  std::vector<float> known;
  for (const float v : variance.values())
    if (v >= 0) known.push_back(v);
  if (known.empty()) return;
  const double limit = quantile(std::span<const float>(known), tenth);
  Volume<float> even(rest.grid());
  for (std::int64_t i = 0; i < even.size(); ++i)
    even.data()[i] =
        variance.data()[i] >= 0 && variance.data()[i] <= limit && logs.valid.data()[i] != 0 ? 1 : 0;
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
  parallel_for(height * depth, [&, width = width, height = height](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t y = row % height;
      if (y < sy || y + sy >= height) continue;
      for (std::int64_t x = sx; x + sx < width; ++x) {
        const std::int64_t here = row * width + x;
        double sum = 0;
        bool valid = true;
        for (std::int64_t j = -1; j <= 1; ++j)
          for (std::int64_t i = -1; i <= 1; ++i) {
            const std::int64_t at = here + j * sy * width + i * sx;
            sum += (i == 0 ? -2 : 1) * (j == 0 ? -2 : 1) * static_cast<double>(logs.z.data()[at]);
            valid = valid && logs.valid.data()[at] != 0;
          }
        squares.z.data()[here] = static_cast<float>(sum * sum / 36);
        squares.valid.data()[here] = valid ? 1 : 0;
      }
    }
  });
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
  const Volume<float> variance = window_means(squares.z, squares.valid, window);
  const Volume<float> brightness = window_means(intensity, logs.valid, window);
  std::vector<float> bright;
  for (const float v : brightness.values())
    if (v >= 0) bright.push_back(v);
  const double dark = bright.empty() ? 0 : 0.1 * quantile(std::span<const float>(bright), 0.995);
  std::vector<float> windows;
  for (std::int64_t i = 0; i < variance.size(); ++i)
    if (variance.data()[i] > 0 && brightness.data()[i] > dark) windows.push_back(variance.data()[i]);
  found.evaluated =
      static_cast<double>(windows.size()) / static_cast<double>(std::max<std::int64_t>(1, variance.size()));
  found.reliable = windows.size() >= fewest_windows;
  if (windows.empty()) return found;
  const double share = found.reliable ? tenth : 0.5, correction = found.reliable ? chance : 1;
  const double log_variance = quantile(std::span<const float>(windows), share) / correction;
  found.looks = std::clamp(looks_of_log_variance(std::max(log_variance, 1e-6)), 0.3, 1000.0);
  return found;
}

}  // namespace sg::ultrasound

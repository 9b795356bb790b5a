#include "ultrasound/compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/parallel.h"
#include "core/speckle.h"
#include "core/stats.h"

namespace sg::ultrasound {
namespace {

constexpr double log_rayleigh_variance = std::numbers::pi * std::numbers::pi / 24;
// Grey curves flatten towards black, and what is left there is the receiver's noise.
constexpr double darkest_mean = 40;
constexpr std::int64_t lags = 12;  // autocorrelation is looked at up to here

void require_positive(double compression) {
  if (!(compression > 0 && std::isfinite(compression)))
    throw Error(ErrorCode::invalid_input, fmt::format("compression is {}, expected more than 0", compression),
                "compression");
}

/// A window of grey values, its plane taken off.
struct Window {
  std::int64_t side = 0;
  std::vector<double> values;
  double mean = 0, variance = 0, structure = 0;

  double at(std::int64_t x, std::int64_t y) const { return values[static_cast<std::size_t>(y * side + x)]; }
};

void take_off_plane(Window& w) {
  const double centre = 0.5 * static_cast<double>(w.side - 1);
  double sum = 0, sx = 0, sy = 0, xx = 0;
  for (std::int64_t y = 0; y < w.side; ++y)
    for (std::int64_t x = 0; x < w.side; ++x) {
      const double u = static_cast<double>(x) - centre, v = static_cast<double>(y) - centre;
      sum += w.at(x, y);
      sx += u * w.at(x, y);
      sy += v * w.at(x, y);
      xx += u * u;
    }
  const auto n = static_cast<double>(w.side * w.side);
  w.mean = sum / n;
  double squares = 0;
  for (std::int64_t y = 0; y < w.side; ++y)
    for (std::int64_t x = 0; x < w.side; ++x) {
      const double u = static_cast<double>(x) - centre, v = static_cast<double>(y) - centre;
      double& value = w.values[static_cast<std::size_t>(y * w.side + x)];
      value -= w.mean + (sx * u + sy * v) / xx;
      squares += value * value;
    }
  w.variance = squares / n;
}

/// Variance of the means of 4×4 blocks over that of the window.
double structure_of(const Window& w) {
  const std::int64_t block = w.side / 4;
  double squares = 0;
  for (std::int64_t j = 0; j < 4; ++j)
    for (std::int64_t i = 0; i < 4; ++i) {
      double sum = 0;
      for (std::int64_t y = j * block; y < (j + 1) * block; ++y)
        for (std::int64_t x = i * block; x < (i + 1) * block; ++x) sum += w.at(x, y);
      squares += sum * sum / static_cast<double>(block * block * block * block);
    }
  return squares / 16 / std::max(w.variance, 1e-12);
}

/// The window at x0, y0, if it lies in the tissue and is hardly clipped.
std::optional<Window> window_at(const Volume<float>& grey, const Mask& tissue, const Region& box) {
  Window w{box.x1 - box.x0 + 1, {}, 0, 0, 0};
  std::int64_t clipped = 0;
  for (std::int64_t y = box.y0; y <= box.y1; ++y)
    for (std::int64_t x = box.x0; x <= box.x1; ++x) {
      if (!tissue.at(x, y, 0)) return {};
      const double value = grey.at(x, y, 0);
      clipped += value <= 0.02 * 255 || value >= 0.98 * 255;
      w.values.push_back(value);
    }
  if (100 * clipped > w.side * w.side) return {};
  take_off_plane(w);
  if (!(w.variance > 0.25) || w.mean < std::max(darkest_mean, 2.5 * std::sqrt(w.variance))) return {};
  w.structure = structure_of(w);
  return w;
}

std::vector<Window> windows_of(const Volume<float>& grey, const Mask& tissue, std::int64_t side,
                               const Context& context) {
  const std::int64_t step = side / 2;
  const std::int64_t columns = (grey.grid().size[0] - side) / step + 1,
                     rows = (grey.grid().size[1] - side) / step + 1;
  if (columns < 1 || rows < 1 || grey.grid().size[0] < side || grey.grid().size[1] < side) return {};
  std::vector<std::optional<Window>> found(static_cast<std::size_t>(columns * rows));
  parallel_for(
      columns * rows,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t k = begin; k < end; ++k) {
          const std::int64_t x = k % columns * step, y = k / columns * step;
          found[static_cast<std::size_t>(k)] = window_at(grey, tissue, {x, y, x + side - 1, y + side - 1});
        }
      },
      context);
  std::vector<Window> result;
  for (auto& w : found)
    if (w) result.push_back(std::move(*w));
  return result;
}

using Lags = std::array<std::array<double, lags + 1>, 2 * lags + 1>;  // [dx + lags][dy]

/// Σ a·b in four sums, which do not wait for each other.
double product_of(const double* a, const double* b, std::int64_t count) {
  std::array<double, 4> sums{};
  std::int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (std::size_t k = 0; k < 4; ++k)
      sums[k] += a[i + static_cast<std::int64_t>(k)] * b[i + static_cast<std::int64_t>(k)];
  for (; i < count; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

Lags autocorrelation_of(const Window& w) {
  Lags own{};
  for (std::int64_t dx = -lags; dx <= lags; ++dx)
    for (std::int64_t dy = 0; dy <= lags; ++dy) {
      const std::int64_t first = std::max<std::int64_t>(0, -dx),
                         columns = w.side - std::max<std::int64_t>(0, dx) - first;
      double product = 0;
      for (std::int64_t y = 0; y + dy < w.side; ++y) {
        const double* row = w.values.data() + y * w.side + first;
        product += product_of(row, row + dx + dy * w.side, columns);
      }
      own[static_cast<std::size_t>(dx + lags)][static_cast<std::size_t>(dy)] =
          product / static_cast<double>(columns * (w.side - dy)) / w.variance;
    }
  return own;
}

/// Mean autocorrelation of the windows at 0…lags along x and y, both signs together.
Lags autocorrelation(const std::vector<Window>& windows, const Context& context) {
  const auto count = static_cast<std::int64_t>(windows.size());
  std::vector<Lags> own(windows.size());
  parallel_for(
      count,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t k = begin; k < end; ++k)
          own[static_cast<std::size_t>(k)] = autocorrelation_of(windows[static_cast<std::size_t>(k)]);
      },
      context);
  Lags sum{};
  for (const Lags& one : own)
    for (std::size_t x = 0; x < sum.size(); ++x)
      for (std::size_t y = 0; y < sum[x].size(); ++y) sum[x][y] += one[x][y] / static_cast<double>(count);
  return sum;
}

/// Pixels that one independent sample takes: Σ of the autocorrelation as far as it is clearly positive.
double correlation_area(const Lags& rho) {
  double area = 0;
  for (std::int64_t dx = -lags; dx <= lags; ++dx)
    for (std::int64_t dy = 0; dy <= lags; ++dy) {
      const double value = rho[static_cast<std::size_t>(dx + lags)][static_cast<std::size_t>(dy)];
      if (value > 0.05) area += (dy == 0 ? 1 : 2) * value;
    }
  return std::max(1.0, area);
}

/// The first mode, from below, of a density estimate that reaches 60 % of its highest.
double first_mode(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double low = quantile(values, 0.25), high = quantile(values, 0.75);
  const double width =
      std::max(0.05, 0.9 * (high - low) / 1.34 * std::pow(static_cast<double>(values.size()), -0.2));
  constexpr std::size_t steps = 400;
  std::vector<double> density(steps + 1);
  const double from = values.front(), step = (values.back() - from) / steps;
  for (std::size_t k = 0; k <= steps; ++k)
    for (const double v : values) {
      const double z = (from + static_cast<double>(k) * step - v) / width;
      density[k] += std::exp(-0.5 * z * z);
    }
  const double highest = *std::max_element(density.begin(), density.end());
  for (std::size_t k = 0; k <= steps; ++k) {
    const bool peak = (k == 0 || density[k] >= density[k - 1]) && (k == steps || density[k] > density[k + 1]);
    if (peak && density[k] >= 0.6 * highest) return from + static_cast<double>(k) * step;
  }
  return values[values.size() / 2];
}

}  // namespace

double compression_of(double dynamic_range) {
  require_positive(dynamic_range);
  return 255 / (dynamic_range * std::numbers::ln10 / 20);
}
double dynamic_range_of(double compression) { return compression_of(compression); }  // its own inverse

Volume<float> decompress(const Volume<float>& grey, double compression, const Context& context) {
  require_positive(compression);
  Volume<float> intensity = grey.clone();
  parallel_for(
      grey.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          intensity.data()[i] =
              static_cast<float>(255 * std::exp(2 * (grey.data()[i] - 255.0) / compression));
      },
      context, 4096);
  return intensity;
}

Volume<float> recompress(const Volume<float>& intensity, double compression, const Context& context) {
  require_positive(compression);
  const double floor = 255 * std::exp(-4 * 255 / compression);
  Volume<float> grey = intensity.clone();
  parallel_for(
      grey.size(),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const double value = std::max(static_cast<double>(intensity.data()[i]), floor);
          grey.data()[i] = static_cast<float>(255 + 0.5 * compression * std::log(value / 255));
        }
      },
      context, 4096);
  return grey;
}

std::optional<CompressionEstimate> estimate_compression(const Volume<float>& grey, const Mask& tissue,
                                                        const Context& context) {
  std::vector<Window> windows;
  std::int64_t side = 32;
  for (; side >= 16 && windows.size() < 12; side -= 8) windows = windows_of(grey, tissue, side, context);
  if (windows.size() < 3) return {};
  std::stable_sort(windows.begin(), windows.end(),
                   [](const Window& a, const Window& b) { return a.structure < b.structure; });
  windows.resize(std::max<std::size_t>(3, windows.size() / 3));
  const Lags rho = autocorrelation(windows, context);
  std::vector<double> logarithms;
  for (const Window& w : windows) logarithms.push_back(std::log(w.variance));
  CompressionEstimate result;
  result.windows = static_cast<std::int64_t>(windows.size());
  result.lag_x = rho[lags + 1][0];
  result.lag_y = rho[lags][1];
  result.grain = correlation_area(rho);
  result.independent = static_cast<double>(windows[0].side * windows[0].side) / result.grain;
  const double lost = std::min(0.5, 3 / result.independent);
  result.spread = std::sqrt(std::exp(first_mode(logarithms)) / (1 - lost));
  result.compression = result.spread / std::sqrt(log_rayleigh_variance);
  result.dynamic_range = dynamic_range_of(result.compression);
  const double at_60 = compression_of(60);
  result.looks_at_60 = looks_of_log_variance(4 * result.spread * result.spread / (at_60 * at_60));
  if (result.dynamic_range < 30 || result.dynamic_range > 90)
    result.warnings.push_back(fmt::format(
        "the grey values spread by {:.1f} in homogeneous tissue; as plain speckle this would be a dynamic "
        "range of {:.0f} dB, so the picture was smoothed, compounded or mapped to grey otherwise",
        result.spread, result.dynamic_range));
  return result;
}

double frame_change(const Volume<float>& before, const Volume<float>& after) {
  if (before.grid().size != after.grid().size || before.channels() != after.channels())
    throw Error(ErrorCode::invalid_input, fmt::format("the frames are {} and {}, expected the same size",
                                                      before.grid().describe(), after.grid().describe()));
  const std::int64_t width = before.grid().size[0], height = before.grid().size[1];
  const std::int64_t side = std::max<std::int64_t>(8, std::min(width, height) / 16);
  const auto blocks = [&](const Volume<float>& image) {
    std::vector<float> means;
    for (std::int64_t y = 0; y < height; y += side)
      for (std::int64_t x = 0; x < width; x += side) {
        double sum = 0, number = 0;
        for (std::int64_t j = y; j < std::min(y + side, height); ++j)
          for (std::int64_t i = x; i < std::min(x + side, width); ++i) sum += image.at(i, j, 0), ++number;
        means.push_back(static_cast<float>(sum / number));
      }
    return means;
  };
  const auto a = blocks(before), b = blocks(after);
  const bool flat_a = summarize(std::span<const float>(a)).sd < 1e-6;
  const bool flat_b = summarize(std::span<const float>(b)).sd < 1e-6;
  if (flat_a || flat_b) return flat_a && flat_b ? 0 : 1;
  return 1 - correlation(a, b);
}

std::vector<std::size_t> scene_cuts(const std::vector<double>& changes) {
  std::vector<std::size_t> cuts;
  if (changes.empty()) return cuts;
  const double limit = std::max(0.25, 4 * quantile(changes, 0.5));
  for (std::size_t k = 0; k < changes.size(); ++k)
    if (changes[k] > limit) cuts.push_back(k + 1);
  return cuts;
}

}  // namespace sg::ultrasound

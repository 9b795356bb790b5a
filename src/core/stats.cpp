#include "core/stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace sg {
namespace {

template <class T>
Summary summarized(std::span<const T> values) {
  Summary s;
  double sum = 0;
  T low = std::numeric_limits<T>::max(), high = std::numeric_limits<T>::lowest();
  for (T v : values) {
    if (!std::isfinite(v)) continue;
    ++s.count;
    sum += double{v};
    low = std::min(low, v);
    high = std::max(high, v);
  }
  s.not_finite = std::ssize(values) - s.count;
  if (s.count == 0) return s;
  s.min = double{low};
  s.max = double{high};
  s.mean = sum / static_cast<double>(s.count);
  // A second pass about the mean: the difference of two large sums would lose the small spread of large
  // values.
  double squares = 0;
  for (T v : values) {
    if (std::isfinite(v)) squares += (double{v} - s.mean) * (double{v} - s.mean);
  }
  if (s.count > 1) s.sd = std::sqrt(squares / static_cast<double>(s.count - 1));
  return s;
}

template <class T>
std::vector<double> quantiles_of(std::span<const T> values, std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (double q : p) {
    if (!(q >= 0 && q <= 1)) {
      throw Error(ErrorCode::invalid_input, fmt::format("quantile {} is not usable, expected 0…1", q), "p");
    }
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });

  std::vector<T> kept;
  kept.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](T v) { return std::isfinite(v); });
  std::vector<double> result(p.size(), std::numeric_limits<double>::quiet_NaN());
  if (kept.empty()) return result;

  // Ascending p: what lies before the last one found need not be looked at again.
  auto start = kept.begin();
  for (std::size_t i : order) {
    const double place = p[i] * static_cast<double>(kept.size() - 1);
    const auto below = kept.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(start, below, kept.end());
    const double low = double{*below}, fraction = place - std::floor(place);
    const double high = fraction > 0 ? double{*std::min_element(below + 1, kept.end())} : low;
    result[i] = low + fraction * (high - low);
    start = below;
  }
  return result;
}

}  // namespace

Summary summarize(std::span<const float> values) { return summarized(values); }
Summary summarize(std::span<const double> values) { return summarized(values); }

double quantile(std::span<const float> values, double p) { return quantiles_of(values, {&p, 1}).front(); }
double quantile(std::span<const double> values, double p) { return quantiles_of(values, {&p, 1}).front(); }
double sampled_quantile(std::span<const float> values, double p) {
  constexpr std::size_t enough = 8192;
  const std::size_t stride =
      std::max<std::size_t>(1, values.size() / enough) | 1;  // odd: not one column of an image
  if (stride == 1) return quantile(values, p);
  std::vector<float> some;
  for (std::size_t i = 0; i < values.size(); i += stride) some.push_back(values[i]);
  return quantile(std::span<const float>(some), p);
}

std::vector<double> quantiles(std::span<const float> values, std::span<const double> p) {
  return quantiles_of(values, p);
}

double correlation(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("correlation needs pairs, got {} and {} values", a.size(), b.size()), "b");
  }
  const auto usable = [&](std::size_t i) { return std::isfinite(a[i]) && std::isfinite(b[i]); };
  double mean_a = 0, mean_b = 0, count = 0;
  bool constant_a = true, constant_b = true;
  std::size_t first = a.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!usable(i)) continue;
    if (first == a.size()) first = i;
    constant_a = constant_a && a[i] == a[first];
    constant_b = constant_b && b[i] == b[first];
    mean_a += double{a[i]};
    mean_b += double{b[i]};
    ++count;
  }
  if (constant_a || constant_b) return std::numeric_limits<double>::quiet_NaN();
  mean_a /= count;
  mean_b /= count;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!usable(i)) continue;
    const double da = double{a[i]} - mean_a, db = double{b[i]} - mean_b;
    ab += da * db;
    aa += da * da;
    bb += db * db;
  }
  return std::clamp(ab / std::sqrt(aa * bb), -1.0, 1.0);
}

}  // namespace sg

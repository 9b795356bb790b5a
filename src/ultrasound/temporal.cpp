#include "ultrasound/temporal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/stats.h"
#include "ultrasound/compression.h"

namespace sg::ultrasound {
namespace {

constexpr std::int64_t reach = 2;  // frames to either side
constexpr double sigma = 2;        // px, of the window that is compared
// Pixels of that window, over those that one speckle takes: what its mean is worth in independent samples.
constexpr double independent = 4 * 3.14159265358979 * sigma * sigma / 4;

Volume<float> frame_at(const Volume<float>& series, std::int64_t t) {
  Grid grid = series.grid();
  grid.spacing = {1, 1, 1};  // windows are in pixels
  Volume<float> frame(grid);
  std::copy_n(series.channel(t).data(), frame.size(), frame.data());
  return frame;
}

Volume<float> local_mean(const Volume<float>& image) { return gaussian(image, {sigma, sigma, 0}); }

/// Standard deviation of a local mean if only the speckle were drawn anew.
Volume<float> spread_of_means(const Volume<float>& frame, const Volume<float>& mean, bool relative) {
  Volume<float> squares = frame.clone();
  for (float& value : squares.values()) value *= value;
  Volume<float> spread = local_mean(squares);
  std::vector<float> seen;
  for (std::int64_t i = 0; i < spread.size(); ++i) {
    float& s = spread.data()[i];
    s = std::sqrt(std::max(0.0F, s - mean.data()[i] * mean.data()[i]));
    const float size = relative ? mean.data()[i] : 1;
    if (s > 0 && size > 0) seen.push_back(s / size);
  }
  const double usual = seen.empty() ? 0 : quantile(std::span<const float>(seen), 0.5);
  for (std::int64_t i = 0; i < spread.size(); ++i) {
    const double most = usual * (relative ? std::max(0.0F, mean.data()[i]) : 1);
    spread.data()[i] = static_cast<float>(std::min(double{spread.data()[i]}, most) / std::sqrt(independent));
  }
  return spread;
}

}  // namespace

Volume<float> temporal_mean(const Volume<float>& series, std::int64_t t, const TemporalMean& options,
                            const std::vector<std::size_t>& cuts, const Context& context) {
  if (!(options.weight >= 0 && options.weight <= 1))
    throw Error(ErrorCode::invalid_input, fmt::format("temporal is {}, expected 0 to 1", options.weight),
                "temporal");
  const Volume<float> here = frame_at(series, t);
  Volume<float> result = here.clone();
  result.set_grid(series.grid());
  if (options.weight == 0) return result;
  const Volume<float> mean = local_mean(here), spread = spread_of_means(here, mean, options.intensity);
  const auto scene = [&](std::int64_t frame) {
    return std::upper_bound(cuts.begin(), cuts.end(), static_cast<std::size_t>(frame)) - cuts.begin();
  };
  std::vector<double> sum(static_cast<std::size_t>(here.size())), weights(sum.size(), 1);
  std::copy(here.data(), here.data() + here.size(), sum.begin());
  for (std::int64_t k = -reach; k <= reach; ++k) {
    const std::int64_t other = t + k;
    if (k == 0 || other < 0 || other >= series.channels() || scene(other) != scene(t)) continue;
    context.check();
    const Volume<float> there = frame_at(series, other), their_mean = local_mean(there);
    const double weight = std::pow(options.weight, std::abs(static_cast<double>(k)));
    parallel_for(here.size(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const double difference = double{their_mean.data()[i]} - mean.data()[i];
        const double variance = 2 * double{spread.data()[i]} * spread.data()[i];
        const double d2 = difference == 0 ? 0 : difference * difference / std::max(variance, 1e-30);
        const double w = weight * std::exp(-d2 / 8);
        sum[static_cast<std::size_t>(i)] += w * there.data()[i];
        weights[static_cast<std::size_t>(i)] += w;
      }
    });
  }
  for (std::size_t i = 0; i < sum.size(); ++i) result.data()[i] = static_cast<float>(sum[i] / weights[i]);
  return result;
}

std::vector<std::size_t> cuts_of(const Volume<float>& series) {
  Grid flat = series.grid();
  flat.size[1] *= flat.size[2];
  flat.size[2] = 1;
  const auto picture = [&](std::int64_t t) {
    Volume<float> frame(flat);
    std::copy_n(series.channel(t).data(), frame.size(), frame.data());
    return frame;
  };
  std::vector<double> changes;
  for (std::int64_t t = 1; t < series.channels(); ++t)
    changes.push_back(frame_change(picture(t - 1), picture(t)));
  return scene_cuts(changes);
}

}  // namespace sg::ultrasound

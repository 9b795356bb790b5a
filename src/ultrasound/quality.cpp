#include "ultrasound/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "ultrasound/edges.h"

namespace sg::ultrasound {
namespace {

void require_finite(const Volume<float>& image, const char* field) {
  const auto bad =
      std::find_if(image.values().begin(), image.values().end(), [](float v) { return !std::isfinite(v); });
  if (bad != image.values().end())
    throw Error(ErrorCode::invalid_input, fmt::format("pixel {} is {}", bad - image.values().begin(), *bad),
                field);
}

void require_pair(const Volume<float>& found, const Volume<float>& clean) {
  if (found.empty() || found.channels() != 1 || clean.channels() != 1 ||
      found.grid().size != clean.grid().size)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("pictures of {} ({} channels) and {} ({} channels), expected one size and one "
                    "channel",
                    found.grid().describe(), found.channels(), clean.grid().describe(), clean.channels()));
  require_finite(found, "found");
  require_finite(clean, "clean");
}

double clipped(float value) { return std::clamp(double{value}, 0.0, 255.0); }

Volume<float> clipped(const Volume<float>& image) {
  Volume<float> result = image.clone();
  for (float& v : result.values()) v = std::clamp(v, 0.0F, 255.0F);
  return result;
}

/// Mean over all pixels of term(clipped found, clean).
template <class Term>
double mean_over(const Volume<float>& found, const Volume<float>& clean, const Term& term) {
  const double sum = parallel_sum(found.size(), [&](std::int64_t begin, std::int64_t end) {
    double piece = 0;
    for (std::int64_t i = begin; i < end; ++i)
      piece += term(clipped(found.data()[i]), double{clean.data()[i]});
    return piece;
  });
  return sum / static_cast<double>(found.size());
}

/// Blurred product of two pictures, in SSIM's window.
template <class Value>
Volume<double> window_mean(const Grid& grid, const Value& value, const Context& context) {
  Volume<double> product(grid);
  for (std::int64_t i = 0; i < product.size(); ++i) product.data()[i] = value(i);
  return blurred(product, 1.5, 5, context);
}

/// Pearson correlation of the Laplacians where keep(i) says so, outer ring left out.
template <class Keep>
double laplacian_correlation(const Volume<float>& found, const Volume<float>& clean, const Keep& keep) {
  const auto [width, height, depth] = clean.grid().size;
  std::vector<float> a, b;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 1; y < height - 1; ++y)
      for (std::int64_t x = 1; x < width - 1; ++x) {
        const std::int64_t i = clean.offset(x, y, z);
        if (!keep(i)) continue;
        const auto laplacian = [&, w = width](const auto& value) {
          return static_cast<float>(value(i - 1) + value(i + 1) + value(i - w) + value(i + w) - 4 * value(i));
        };
        a.push_back(laplacian([&](std::int64_t j) { return clipped(found.data()[j]); }));
        b.push_back(laplacian([&](std::int64_t j) { return double{clean.data()[j]}; }));
      }
  if (a.empty()) return std::numeric_limits<double>::quiet_NaN();
  return correlation(a, b);
}

/// Pixels from each pixel to the nearest of `mask` in its own slice.
Volume<float> distance_within_slices(const Mask& mask, const Context& context) {
  Volume<float> result(mask.grid());
  Grid slice;
  slice.size = {mask.grid().size[0], mask.grid().size[1], 1};
  const std::int64_t count = slice.voxel_count();
  for (std::int64_t z = 0; z < mask.grid().size[2]; ++z) {
    Mask one(slice);
    std::copy_n(mask.data() + z * count, count, one.data());
    const Volume<float> distance = distance_to(one, context.silent());
    std::copy_n(distance.data(), count, result.data() + z * count);
  }
  return result;
}

}  // namespace

double psnr(const Volume<float>& found, const Volume<float>& clean) {
  require_pair(found, clean);
  const double error = mean_over(found, clean, [](double a, double b) { return (a - b) * (a - b); });
  return 10 * std::log10(255.0 * 255.0 / error);
}

double mean_absolute_error(const Volume<float>& found, const Volume<float>& clean) {
  require_pair(found, clean);
  return mean_over(found, clean, [](double a, double b) { return std::abs(a - b); });
}

Volume<float> ssim_map(const Volume<float>& found, const Volume<float>& clean, const Context& context) {
  require_pair(found, clean);
  const auto a = [&](std::int64_t i) { return clipped(found.data()[i]); };
  const auto b = [&](std::int64_t i) { return double{clean.data()[i]}; };
  const Grid& grid = clean.grid();
  const Volume<double> mean_a = window_mean(grid, a, context), mean_b = window_mean(grid, b, context);
  const Volume<double> aa = window_mean(
                           grid, [&](std::int64_t i) { return a(i) * a(i); }, context),
                       bb = window_mean(
                           grid, [&](std::int64_t i) { return b(i) * b(i); }, context),
                       ab = window_mean(
                           grid, [&](std::int64_t i) { return a(i) * b(i); }, context);
  constexpr double c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;
  Volume<float> map(grid);
  for (std::int64_t i = 0; i < map.size(); ++i) {
    const double ma = mean_a.data()[i], mb = mean_b.data()[i];
    const double va = aa.data()[i] - ma * ma, vb = bb.data()[i] - mb * mb, cov = ab.data()[i] - ma * mb;
    map.data()[i] =
        static_cast<float>((2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2)));
  }
  return map;
}

Ssim ssim(const Volume<float>& found, const Volume<float>& clean, const Context& context) {
  const Volume<float> map = ssim_map(found, clean, context);
  double sum = 0, low_sum = 0, low_count = 0;
  for (std::int64_t i = 0; i < map.size(); ++i) {
    sum += double{map.data()[i]};
    if (clean.data()[i] >= 64) continue;
    low_sum += double{map.data()[i]};
    ++low_count;
  }
  return {sum / static_cast<double>(map.size()),
          low_count > 0 ? low_sum / low_count : std::numeric_limits<double>::quiet_NaN()};
}

double edge_preservation(const Volume<float>& found, const Volume<float>& clean) {
  require_pair(found, clean);
  return laplacian_correlation(found, clean, [](std::int64_t) { return true; });
}

double edge_preservation_near_edges(const Volume<float>& found, const Volume<float>& clean,
                                    const Context& context) {
  require_pair(found, clean);
  const Volume<float> distance =
      distance_within_slices(edges(clean, edge_thresholds(clean, context), context), context);
  return laplacian_correlation(found, clean, [&](std::int64_t i) { return distance.data()[i] <= 2; });
}

double figure_of_merit(const Volume<float>& found, const Volume<float>& clean, const Context& context) {
  require_pair(found, clean);
  const EdgeThresholds thresholds = edge_thresholds(clean, context);
  const Mask ideal = edges(clean, thresholds, context), detected = edges(clipped(found), thresholds, context);
  const Volume<float> distance = distance_within_slices(ideal, context);
  double sum = 0;
  std::int64_t ideal_count = 0, detected_count = 0;
  for (std::int64_t i = 0; i < ideal.size(); ++i) {
    ideal_count += ideal.data()[i];
    if (detected.data()[i] == 0) continue;
    ++detected_count;
    const double d = double{distance.data()[i]};
    sum += 1 / (1 + d * d / 9);
  }
  const std::int64_t most = std::max(ideal_count, detected_count);
  return most == 0 ? 1 : sum / static_cast<double>(most);
}

}  // namespace sg::ultrasound

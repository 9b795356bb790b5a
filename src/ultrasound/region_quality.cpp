#include "ultrasound/region_quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/smooth.h"
#include "core/stats.h"

namespace sg::ultrasound {
namespace {

struct Moments {
  double mean = 0, variance = 0;
  double sd() const { return std::sqrt(variance); }
};
Moments moments(std::span<const float> values) {
  const Summary found = summarize(values);
  if (found.count == 0 || found.not_finite > 0)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a region has {} values and {} that are not finite, expected some and none",
                            found.count + found.not_finite, found.not_finite));
  const auto n = static_cast<double>(found.count);
  return {found.mean, found.sd * found.sd * (n - 1) / n};
}

void require_shape(const Grid& grid, const Volume<float>& image) {
  if (image.grid().size != grid.size || image.channels() != 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("an image of {} with {} channels, expected {} with one", image.grid().describe(),
                            image.channels(), grid.describe()));
}

/// The picture with pixels of 1 mm, so that filters in mm are filters in pixels.
Volume<float> in_pixels(const Volume<float>& image) {
  Volume<float> result = image.clone();
  Grid grid;
  grid.size = image.grid().size;
  result.set_grid(grid);
  return result;
}

/// Mean length of the gradient within slices where the mask is set.
double mean_gradient(const Volume<float>& image, const Mask& mask, const Context& context) {
  const Volume<float> g = gradient(image, context);
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    if (mask.data()[i] == 0) continue;
    sum += std::hypot(double{g.channel(0)[static_cast<std::size_t>(i)]},
                      double{g.channel(1)[static_cast<std::size_t>(i)]});
    ++count;
  }
  if (count == 0) throw Error(ErrorCode::invalid_input, "the border has no pixels", "border");
  return sum / static_cast<double>(count);
}

}  // namespace

Mask mask_of(const Grid& grid, const Box& box) {
  if (box.width < 1 || box.height < 1 || box.x < 0 || box.y < 0 || box.z < 0 ||
      box.x + box.width > grid.size[0] || box.y + box.height > grid.size[1] || box.z >= grid.size[2])
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("the box {}×{} at ({}, {}) of slice {} does not lie in an image of {}×{}×{}", box.width,
                    box.height, box.x, box.y, box.z, grid.size[0], grid.size[1], grid.size[2]),
        "box");
  Mask mask(grid);
  for (std::int64_t y = box.y; y < box.y + box.height; ++y)
    std::fill_n(&mask.at(box.x, y, box.z), box.width, std::uint8_t{1});
  return mask;
}

std::vector<float> values_in(const Volume<float>& image, const Mask& mask) {
  require_shape(mask.grid(), image);
  std::vector<float> values;
  for (std::int64_t i = 0; i < image.size(); ++i)
    if (mask.data()[i] != 0) values.push_back(image.data()[i]);
  return values;
}

std::vector<float> values_in(const Volume<float>& image, const Box& box) {
  return values_in(image, mask_of(image.grid(), box));
}

double equivalent_looks(std::span<const float> values) {
  const Moments m = moments(values);
  return m.mean * m.mean / m.variance;
}

double contrast_to_noise(std::span<const float> a, std::span<const float> b) {
  const Moments ma = moments(a), mb = moments(b);
  return std::abs(ma.mean - mb.mean) / std::sqrt(ma.variance + mb.variance);
}

double generalized_contrast_to_noise(std::span<const float> a, std::span<const float> b) {
  moments(a);
  moments(b);
  const auto [low_a, high_a] = std::minmax_element(a.begin(), a.end());
  const auto [low_b, high_b] = std::minmax_element(b.begin(), b.end());
  const double low = double{std::min(*low_a, *low_b)}, range = double{std::max(*high_a, *high_b)} - low;
  if (range == 0) return 0;
  constexpr int bins = 256;
  const auto histogram = [&](std::span<const float> values) {
    std::vector<double> shares(bins);
    for (const float v : values) {
      const int bin = std::min(bins - 1, static_cast<int>((double{v} - low) / range * bins));
      shares[static_cast<std::size_t>(bin)] += 1 / static_cast<double>(values.size());
    }
    return shares;
  };
  const std::vector<double> pa = histogram(a), pb = histogram(b);
  double overlap = 0;
  for (std::size_t k = 0; k < bins; ++k) overlap += std::min(pa[k], pb[k]);
  return std::max(0.0, 1 - overlap);
}

double speckle_suppression(std::span<const float> noisy, std::span<const float> found) {
  const Moments f = moments(noisy), u = moments(found);
  return (u.sd() / u.mean) / (f.sd() / f.mean);
}

double suppression_and_mean(std::span<const float> noisy, std::span<const float> found) {
  const Moments f = moments(noisy), u = moments(found);
  return (1 + std::abs(f.mean - u.mean)) * u.sd() / f.sd();
}

RatioStatistics ratio_statistics(const Volume<float>& noisy, const Volume<float>& found, const Mask& region,
                                 double floor) {
  require_shape(region.grid(), noisy);
  require_shape(region.grid(), found);
  if (!(floor > 0))
    throw Error(ErrorCode::invalid_input, fmt::format("floor is {}, expected more than 0", floor), "floor");
  Volume<float> ratio(region.grid());
  for (std::int64_t i = 0; i < ratio.size(); ++i)
    ratio.data()[i] = static_cast<float>(double{noisy.data()[i]} / std::max(floor, double{found.data()[i]}));
  const Moments m = moments(values_in(ratio, region));
  const auto lag = [&](std::int64_t dx, std::int64_t dy) {
    std::vector<float> here, there;
    for (std::int64_t z = 0; z < region.grid().size[2]; ++z)
      for (std::int64_t y = 0; y + dy < region.grid().size[1]; ++y)
        for (std::int64_t x = 0; x + dx < region.grid().size[0]; ++x) {
          if (region.at(x, y, z) == 0 || region.at(x + dx, y + dy, z) == 0) continue;
          here.push_back(ratio.at(x, y, z));
          there.push_back(ratio.at(x + dx, y + dy, z));
        }
    return correlation(here, there);
  };
  return {m.mean, m.variance, lag(1, 0), lag(0, 1)};
}

double edge_gradient_kept(const Volume<float>& noisy, const Volume<float>& found, const Mask& border,
                          const Context& context) {
  require_shape(border.grid(), noisy);
  require_shape(border.grid(), found);
  const double before = mean_gradient(gaussian(in_pixels(noisy), {1, 1, 0}, context), border, context);
  return mean_gradient(in_pixels(found), border, context) / before;
}

}  // namespace sg::ultrasound

#include "ultrasound/edges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "ultrasound/intensity.h"

namespace sg::ultrasound {
namespace {

constexpr double blur_sigma = 2;
constexpr int blur_radius = 8;

struct Gradient {
  Volume<double> x, y, magnitude;
};

Gradient gradient_of(const Volume<float>& image, const Context& context) {
  if (image.empty() || image.channels() != 1)
    throw Error(ErrorCode::invalid_input, "edges are found in one channel of at least one pixel", "image");
  Volume<double> values(image.grid());
  for (std::int64_t i = 0; i < image.size(); ++i) {
    if (!std::isfinite(image.data()[i]))
      throw Error(ErrorCode::invalid_input, fmt::format("pixel {} is {}", i, image.data()[i]), "image");
    values.data()[i] = double{image.data()[i]};
  }
  const Volume<double> smooth = blurred(values, blur_sigma, blur_radius, context);
  Gradient g{Volume<double>(image.grid()), Volume<double>(image.grid()), Volume<double>(image.grid())};
  const auto [width, height, depth] = image.grid().size;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const std::int64_t w = std::max<std::int64_t>(0, x - 1), e = std::min(width - 1, x + 1),
                           n = std::max<std::int64_t>(0, y - 1), s = std::min(height - 1, y + 1);
        const auto at = [&](std::int64_t i, std::int64_t j) { return smooth.at(i, j, z); };
        const double gx = ((at(e, n) - at(w, n)) + 2 * (at(e, y) - at(w, y)) + (at(e, s) - at(w, s))) / 8;
        const double gy = ((at(w, s) - at(w, n)) + 2 * (at(x, s) - at(x, n)) + (at(e, s) - at(e, n))) / 8;
        g.x.at(x, y, z) = gx;
        g.y.at(x, y, z) = gy;
        g.magnitude.at(x, y, z) = std::sqrt(gx * gx + gy * gy);
      }
  return g;
}

/// Magnitudes one step ahead and behind along the gradient, on the ring of eight neighbours.
struct Neighbours {
  double ahead, behind;
};
Neighbours along_gradient(const Gradient& g, std::int64_t x, std::int64_t y, std::int64_t z) {
  const double gx = g.x.at(x, y, z), gy = g.y.at(x, y, z);
  const bool flat = std::abs(gx) >= std::abs(gy);
  const std::int64_t sx = gx < 0 ? -1 : 1, sy = gy < 0 ? -1 : 1;
  const double t = flat ? std::abs(gy / gx) : std::abs(gx / gy);
  const auto between = [&](std::int64_t sign) {
    const double corner = g.magnitude.at(x + sign * sx, y + sign * sy, z);
    const double side = flat ? g.magnitude.at(x + sign * sx, y, z) : g.magnitude.at(x, y + sign * sy, z);
    return (1 - t) * side + t * corner;
  };
  return {between(1), between(-1)};
}

/// Marks 2 what is at least `high`, 1 what is at least `low`, among the largest along the gradient.
Mask candidates(const Gradient& g, const EdgeThresholds& thresholds) {
  Mask marks(g.magnitude.grid());
  const auto [width, height, depth] = marks.grid().size;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 1; y < height - 1; ++y)
      for (std::int64_t x = 1; x < width - 1; ++x) {
        const double m = g.magnitude.at(x, y, z);
        if (!(m > 0) || m < thresholds.low) continue;
        // Of two equal neighbours across an edge one stays.
        const Neighbours n = along_gradient(g, x, y, z);
        if (m < n.ahead || m <= n.behind) continue;
        marks.at(x, y, z) = m >= thresholds.high ? 2 : 1;
      }
  return marks;
}

/// Spreads 2 over every 1 that touches it; what stays 1 becomes 0.
void follow(Mask& marks) {
  const auto [width, height, depth] = marks.grid().size;
  std::vector<std::int64_t> open;
  for (std::int64_t i = 0; i < marks.size(); ++i)
    if (marks.data()[i] == 2) open.push_back(i);
  while (!open.empty()) {
    const std::int64_t i = open.back();
    open.pop_back();
    // The outer ring is never marked, so that all eight neighbours exist.
    for (const std::int64_t d :
         {-width - 1, -width, -width + 1, std::int64_t{-1}, std::int64_t{1}, width - 1, width, width + 1}) {
      if (marks.data()[i + d] != 1) continue;
      marks.data()[i + d] = 2;
      open.push_back(i + d);
    }
  }
  for (std::uint8_t& m : marks.values()) m = m == 2 ? 1 : 0;
}

}  // namespace

Volume<double> blurred(const Volume<double>& image, double sigma, int radius, const Context& context) {
  if (!(sigma > 0) || radius < 0)
    throw Error(ErrorCode::invalid_input,
                fmt::format("sigma {} and radius {}, expected more than 0, and 0 or more", sigma, radius));
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-0.5 * (i / sigma) * (i / sigma)));
    sum += weights.back();
  }
  for (double& w : weights) w /= sum;
  const auto [width, height, depth] = image.grid().size;
  Volume<double> along_y(image.grid()), result(image.grid());
  parallel_for(
      height * depth,
      [&, w = width, h = height](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t y = row % h, slice = row - y;
          double* out = along_y.data() + row * w;
          for (int k = -radius; k <= radius; ++k) {
            const double* in = image.data() + (slice + mirrored(y + k, h)) * w;
            const double weight = weights[static_cast<std::size_t>(k + radius)];
            for (std::int64_t x = 0; x < w; ++x) out[x] += weight * in[x];
          }
          std::vector<double> padded(static_cast<std::size_t>(w + 2 * radius));
          for (std::int64_t x = 0; x < std::ssize(padded); ++x)
            padded[static_cast<std::size_t>(x)] = out[mirrored(x - radius, w)];
          double* smooth = result.data() + row * w;
          for (int k = 0; k <= 2 * radius; ++k)
            for (std::int64_t x = 0; x < w; ++x)
              smooth[x] += weights[static_cast<std::size_t>(k)] * padded[static_cast<std::size_t>(x + k)];
        }
      },
      context.silent());
  return result;
}

EdgeThresholds edge_thresholds(const Volume<float>& image, const Context& context) {
  const double high = quantile(std::span<const double>(gradient_of(image, context).magnitude.values()), 0.9);
  return {0.4 * high, high};
}

Mask edges(const Volume<float>& image, const EdgeThresholds& thresholds, const Context& context) {
  Mask marks = candidates(gradient_of(image, context), thresholds);
  follow(marks);
  return marks;
}

}  // namespace sg::ultrasound

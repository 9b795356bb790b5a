#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stats.h"
#include "ultrasound/compression.h"

/// homogeneous_boxes of compression.h.
namespace sg::ultrasound {
namespace {

/// Sums over all pixels above and to the left: boxes in four look-ups.
struct Sums {
  std::int64_t width = 0;
  std::vector<double> values;

  template <class Value>
  Sums(const Grid& grid, const Value& value) : width(grid.size[0] + 1) {
    values.resize(static_cast<std::size_t>(width * (grid.size[1] + 1)));
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      double row = 0;
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        row += value(x, y);
        values[index(x + 1, y + 1)] = values[index(x + 1, y)] + row;
      }
    }
  }
  std::size_t index(std::int64_t x, std::int64_t y) const { return static_cast<std::size_t>(y * width + x); }
  double over(const Region& r) const {
    return values[index(r.x1 + 1, r.y1 + 1)] - values[index(r.x0, r.y1 + 1)] - values[index(r.x1 + 1, r.y0)] +
           values[index(r.x0, r.y0)];
  }
};

bool overlap(const Region& a, const Region& b) {
  return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
}

struct Candidate {
  Region box;
  double variation = 0;
};

std::vector<Candidate> candidates(const Volume<float>& grey, const Mask& tissue, std::int64_t side) {
  const Grid& grid = grey.grid();
  const Sums bad(grid, [&](std::int64_t x, std::int64_t y) {
    const float v = grey.at(x, y, 0);
    return tissue.at(x, y, 0) && v > 0 && v < 255 ? 0.0 : 1.0;  // NaN is bad too
  });
  const auto value = [&](std::int64_t x, std::int64_t y) {
    const double v = grey.at(x, y, 0);
    return std::isfinite(v) ? v : 0;
  };
  const Sums sum(grid, value);
  const Sums square(grid, [&](std::int64_t x, std::int64_t y) { return value(x, y) * value(x, y); });
  std::vector<Candidate> found;
  for (std::int64_t y = 0; y + side <= grid.size[1]; ++y)
    for (std::int64_t x = 0; x + side <= grid.size[0]; ++x) {
      const Region box{x, y, x + side - 1, y + side - 1};
      if (bad.over(box) > 0) continue;
      const auto n = static_cast<double>(side * side);
      const double mean = sum.over(box) / n;
      if (mean < 20 || mean > 220) continue;
      found.push_back({box, std::sqrt(std::max(0.0, square.over(box) / n - mean * mean)) / mean});
    }
  return found;
}

}  // namespace

std::vector<Region> homogeneous_boxes(const Volume<float>& grey, const Mask& tissue, std::size_t most,
                                      std::int64_t side) {
  if (grey.grid().size != tissue.grid().size || !grey.grid().is_2d())
    throw Error(ErrorCode::invalid_input,
                fmt::format("the picture is {} and the tissue {}, expected one size in 2-D",
                            grey.grid().describe(), tissue.grid().describe()));
  if (side < 2)
    throw Error(ErrorCode::invalid_input, fmt::format("side is {} px, expected 2 or more", side), "side");
  std::vector<Candidate> found = candidates(grey, tissue, side);
  std::vector<Region> boxes;
  if (found.empty()) return boxes;
  std::vector<double> variations;
  for (const Candidate& c : found) variations.push_back(c.variation);
  const double decile = quantile(variations, 0.1);
  std::erase_if(found, [&](const Candidate& c) { return c.variation > decile; });
  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate& a, const Candidate& b) { return a.variation < b.variation; });
  for (const Candidate& c : found) {
    if (boxes.size() >= most) break;
    const bool taken =
        std::any_of(boxes.begin(), boxes.end(), [&](const Region& box) { return overlap(box, c.box); });
    if (!taken) boxes.push_back(c.box);
  }
  return boxes;
}

}  // namespace sg::ultrasound

#include "image/slice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/parallel.h"

namespace sg::image {

namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Voxel index as a function of pixel coordinates: start + x·along_x + y·along_y.
struct PixelToIndex {
  Vec3 start, along_x, along_y;
  PixelToIndex(const Grid& grid, const Panel& panel) {
    const auto index = [&](double x, double y) {
      const VoxelIndex v = grid.to_index(panel.at(x, y));
      return Vec3{v.i, v.j, v.k};
    };
    start = index(0, 0);
    along_x = index(1, 0) - start;
    along_y = index(0, 1) - start;
  }
  Vec3 at(double x, double y) const { return start + x * along_x + y * along_y; }
};

/// Voxels and weights that one axis contributes at a coordinate.
struct Taps {
  std::array<std::int64_t, 4> index{};
  std::array<float, 4> weight{};
  int count = 0;
};

bool inside(double at, std::int64_t size) { return at >= -.5 && at <= static_cast<double>(size) - .5; }

Taps cubic_taps(double at, std::int64_t size) {
  Taps taps;
  if (size == 1) return {{0}, {1}, 1};
  const double base = std::floor(at), t = at - base;
  const std::array<double, 4> w{((-.5 * t + 1) * t - .5) * t, (1.5 * t - 2.5) * t * t + 1,
                                ((-1.5 * t + 2) * t + .5) * t, (.5 * t - .5) * t * t};
  taps.count = 4;
  for (std::size_t n = 0; n < 4; ++n) {
    taps.index[n] = std::clamp(static_cast<std::int64_t>(base) + static_cast<std::int64_t>(n) - 1,
                               std::int64_t{0}, size - 1);
    taps.weight[n] = static_cast<float>(w[n]);
  }
  return taps;
}

/// A slice of a stack of 2-D images must not fail for lying a hair beside the plane, hence the wide test for
/// one voxel.
bool inside(const Grid& grid, Vec3 at) {
  for (int a = 0; a < 3; ++a) {
    if (grid.size[static_cast<std::size_t>(a)] > 1 && !inside(at[a], grid.size[static_cast<std::size_t>(a)]))
      return false;
  }
  return true;
}

float cubic(const Volume<float>& image, std::int64_t channel, Vec3 at) {
  const Grid& grid = image.grid();
  if (!inside(grid, at)) return nan;
  const Taps x = cubic_taps(at.x, grid.size[0]), y = cubic_taps(at.y, grid.size[1]),
             z = cubic_taps(at.z, grid.size[2]);
  float sum = 0;
  for (int k = 0; k < z.count; ++k) {
    for (int j = 0; j < y.count; ++j) {
      const auto kk = static_cast<std::size_t>(k), jj = static_cast<std::size_t>(j);
      const float* row = image.data() + image.offset(0, y.index[jj], z.index[kk], channel);
      float line = 0;
      for (int i = 0; i < x.count; ++i) {
        line += x.weight[static_cast<std::size_t>(i)] * row[x.index[static_cast<std::size_t>(i)]];
      }
      sum += z.weight[kk] * y.weight[jj] * line;
    }
  }
  return std::isfinite(sum) ? sum : nan;
}

/// Samples a pixel and axis so that no voxel is skipped.
int samples_per_pixel(const PixelToIndex& map) {
  double step = 0;
  for (int a = 0; a < 3; ++a) step = std::max({step, std::abs(map.along_x[a]), std::abs(map.along_y[a])});
  return std::clamp(static_cast<int>(std::ceil(step - .01)), 1, 8);
}

std::int32_t voted_label(const Volume<std::int32_t>& labels, Vec3 at) {
  const Grid& grid = labels.grid();
  if (!inside(grid, at)) return 0;
  std::array<std::int32_t, 8> label{};
  std::array<double, 8> weight{};
  int kinds = 0;
  const Vec3 base{std::floor(at.x), std::floor(at.y), std::floor(at.z)}, t = at - base;
  for (int corner = 0; corner < 8; ++corner) {
    double w = 1;
    std::array<std::int64_t, 3> index{};
    for (int a = 0; a < 3; ++a) {
      const int up = (corner >> a) & 1;
      const auto size = grid.size[static_cast<std::size_t>(a)];
      w *= size == 1 ? (up == 0 ? 1 : 0) : (up == 1 ? t[a] : 1 - t[a]);
      index[static_cast<std::size_t>(a)] =
          std::clamp(static_cast<std::int64_t>(base[a]) + up, std::int64_t{0}, size - 1);
    }
    const std::int32_t value = labels.at(index[0], index[1], index[2]);
    const auto end = label.begin() + kinds;
    const auto found = std::find(label.begin(), end, value);
    if (found == end) label[static_cast<std::size_t>(kinds++)] = value;
    weight[static_cast<std::size_t>(found - label.begin())] += w;
  }
  return label[static_cast<std::size_t>(std::max_element(weight.begin(), weight.begin() + kinds) -
                                        weight.begin())];
}

/// Turns `axis` so that it points along `wanted` rather than away from it.
Vec3 turned(Vec3 axis, Vec3 wanted) { return dot(axis, wanted) < 0 ? -1 * axis : axis; }

struct Axes {
  Vec3 right, down;
};
Axes conventional(Plane plane) {
  switch (plane) {
    case Plane::sagittal: return {{0, 1, 0}, {0, 0, -1}};
    case Plane::coronal: return {{1, 0, 0}, {0, 0, -1}};
    case Plane::axial: break;
  }
  return {{1, 0, 0}, {0, 1, 0}};
}

Axes axes_for(const Grid& grid, Plane plane) {
  const Axes wanted = conventional(plane);
  if (!grid.is_2d()) return wanted;
  Vec3 first = grid.direction.column(0), second = grid.direction.column(1);
  if (std::abs(dot(first, wanted.right)) < std::abs(dot(second, wanted.right))) std::swap(first, second);
  first = turned((1 / norm(first)) * first, wanted.right);
  second = turned((1 / norm(second)) * second, wanted.down);
  return {first, second};
}

}  // namespace

Extent extent_along(const Grid& grid, Vec3 axis) {
  Extent extent{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (int corner = 0; corner < 8; ++corner) {
    const auto edge = [&](std::size_t a) {
      return ((corner >> a) & 1) != 0 ? static_cast<double>(grid.size[a]) - .5 : -.5;
    };
    const double at = dot(as_vector(grid.to_lps({edge(0), edge(1), edge(2)})), axis);
    extent.low = std::min(extent.low, at);
    extent.high = std::max(extent.high, at);
  }
  return extent;
}

Plane plane_of(const Grid& grid) {
  const Vec3 n = cross(grid.direction.column(0), grid.direction.column(1));
  if (std::abs(n.x) > std::abs(n.y) && std::abs(n.x) > std::abs(n.z)) return Plane::sagittal;
  return std::abs(n.y) > std::abs(n.z) ? Plane::coronal : Plane::axial;
}

char side_of(Vec3 d) {
  const double x = std::abs(d.x), y = std::abs(d.y), z = std::abs(d.z);
  if (x >= y && x >= z) return d.x > 0 ? 'L' : 'R';
  if (y >= z) return d.y > 0 ? 'P' : 'A';
  return d.z > 0 ? 'S' : 'I';
}

Panel make_panel(const Grid& grid, Plane plane, LpsPoint point, double mm) {
  const Axes axes = axes_for(grid, plane);
  const Extent across = extent_along(grid, axes.right), along = extent_along(grid, axes.down);
  Panel panel{.right = axes.right, .down = axes.down, .normal = cross(axes.right, axes.down), .mm = mm};
  const auto pixels = [&](const Extent& e) {
    return std::max<std::int64_t>(1, std::llround(e.length() / mm));
  };
  panel.width = pixels(across);
  panel.height = pixels(along);
  // From `point` to the first pixel, half a rounding remainder on either side.
  const double x = across.low + (across.length() - mm * static_cast<double>(panel.width - 1)) / 2;
  const double y = along.low + (along.length() - mm * static_cast<double>(panel.height - 1)) / 2;
  const Vec3 p = as_vector(grid.is_2d() ? grid.origin : point);
  panel.corner = as_point(p + (x - dot(p, axes.right)) * axes.right + (y - dot(p, axes.down)) * axes.down);
  return panel;
}

std::vector<float> sample(const Volume<float>& image, std::int64_t channel, const Panel& panel,
                          const Context& context) {
  const PixelToIndex map(image.grid(), panel);
  const int n = samples_per_pixel(map);
  std::vector<float> out(static_cast<std::size_t>(panel.width * panel.height));
  const auto pixel = [&](std::int64_t x, std::int64_t y) {
    float sum = 0;
    int hits = 0;
    for (int s = 0; s < n * n; ++s) {
      const double dx = (s % n + .5) / n - .5, dy = (s / n + .5) / n - .5;
      const float value =
          cubic(image, channel, map.at(static_cast<double>(x) + dx, static_cast<double>(y) + dy));
      if (std::isnan(value)) continue;
      sum += value;
      ++hits;
    }
    return hits > 0 ? sum / static_cast<float>(hits) : nan;
  };
  parallel_for(
      panel.height,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y) {
          for (std::int64_t x = 0; x < panel.width; ++x)
            out[static_cast<std::size_t>(y * panel.width + x)] = pixel(x, y);
        }
      },
      context.silent(), 8);
  return out;
}

std::vector<std::int32_t> sample_labels(const Volume<std::int32_t>& labels, const Panel& panel,
                                        const Context& context) {
  const PixelToIndex map(labels.grid(), panel);
  std::vector<std::int32_t> out(static_cast<std::size_t>(panel.width * panel.height));
  parallel_for(
      panel.height,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y) {
          for (std::int64_t x = 0; x < panel.width; ++x) {
            out[static_cast<std::size_t>(y * panel.width + x)] =
                voted_label(labels, map.at(static_cast<double>(x), static_cast<double>(y)));
          }
        }
      },
      context.silent(), 8);
  return out;
}

}  // namespace sg::image

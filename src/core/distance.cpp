#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/mask.h"
#include "core/parallel.h"
#include "core/regions.h"

namespace sg {
namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

/// Lower envelope of the parabolas f(q) + (h·(x−q))² along one line, sampled at the voxels; works on squared
/// distances (mm²). Scratch is kept from line to line.
class Envelope {
 public:
  Envelope(std::int64_t n, double spacing)
      : n_(n),
        square_(spacing * spacing),
        f_(static_cast<std::size_t>(n)),
        apex_(f_.size()),
        from_(f_.size()) {}

  void transform(float* line, std::int64_t stride) {
    std::size_t count = 0;
    for (std::int64_t q = 0; q < n_; ++q) {
      const double value = double{line[q * stride]};
      if (value == infinite) continue;
      double start = -std::numeric_limits<double>::infinity();
      while (count > 0) {
        start = crossing(apex_[count - 1], f_[count - 1], q, value);
        if (start > from_[count - 1]) break;
        --count;
        start = -std::numeric_limits<double>::infinity();
      }
      apex_[count] = q;
      f_[count] = value;
      from_[count] = start;
      ++count;
    }
    if (count == 0) return;
    std::size_t k = 0;
    for (std::int64_t x = 0; x < n_; ++x) {
      while (k + 1 < count && from_[k + 1] < static_cast<double>(x)) ++k;
      const auto d = static_cast<double>(x - apex_[k]);
      line[x * stride] = static_cast<float>(f_[k] + square_ * d * d);
    }
  }

 private:
  double crossing(std::int64_t a, double fa, std::int64_t b, double fb) const {
    const auto da = static_cast<double>(a), db = static_cast<double>(b);
    return (fb - fa) / (2 * square_ * (db - da)) + (da + db) / 2;
  }

  std::int64_t n_;
  double square_;
  std::vector<double> f_;  // heights, apexes and left ends of the parabolas of the envelope
  std::vector<std::int64_t> apex_;
  std::vector<double> from_;
};

/// First pass: squared distance to the nearest inside voxel of the same row.
void scan_row(const std::uint8_t* mask, double spacing, float* out, std::int64_t n) {
  double away = std::numeric_limits<double>::infinity();
  for (std::int64_t x = 0; x < n; ++x) {
    away = mask[x] ? 0 : away + spacing;
    out[x] = static_cast<float>(away * away);
  }
  away = std::numeric_limits<double>::infinity();
  for (std::int64_t x = n - 1; x >= 0; --x) {
    away = mask[x] ? 0 : away + spacing;
    out[x] = std::min(out[x], static_cast<float>(away * away));
  }
}

void require_radius(double radius_mm) {
  if (!(radius_mm >= 0) || !std::isfinite(radius_mm)) {
    throw Error(ErrorCode::invalid_input, fmt::format("radius {} mm is not usable, expected ≥ 0", radius_mm),
                "radius");
  }
}

/// Distances are float32: a radius of three voxels reaches the third voxel whatever the last bit says.
double reach(double radius_mm) { return radius_mm * (1 + 1e-6); }

/// Copies where the grids overlap; `shift` is added to an index of `from` to get one of `to`.
void copy_shifted(const Mask& from, Mask& to, std::array<std::int64_t, 3> shift) {
  const auto& a = from.grid().size;
  const auto& b = to.grid().size;
  for (std::int64_t z = std::max<std::int64_t>(0, -shift[2]); z < std::min(a[2], b[2] - shift[2]); ++z) {
    for (std::int64_t y = std::max<std::int64_t>(0, -shift[1]); y < std::min(a[1], b[1] - shift[1]); ++y) {
      const std::int64_t x = std::max<std::int64_t>(0, -shift[0]), end = std::min(a[0], b[0] - shift[0]);
      std::copy(&from.at(x, y, z), &from.at(x, y, z) + (end - x),
                &to.at(x + shift[0], y + shift[1], z + shift[2]));
    }
  }
}

}  // namespace

namespace detail {

void require_mask(const Mask& mask) {
  if (mask.empty() || mask.channels() != 1) {
    throw Error(ErrorCode::invalid_input, fmt::format("a mask has one channel, got {}", mask.channels()),
                "mask");
  }
}

Mask complement(const Mask& mask) {
  require_mask(mask);
  Mask result(mask.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) result.data()[i] = mask.data()[i] == 0;
  return result;
}

}  // namespace detail

Volume<float> distance_to(const Mask& mask, const Context& context) {
  detail::require_mask(mask);
  Volume<float> result(mask.grid());
  float* data = result.data();
  const auto [nx, ny, nz] = mask.grid().size;
  const Vec3 spacing = mask.grid().spacing;
  const std::int64_t width = nx, height = ny, depth = nz;
  parallel_for(
      depth,
      [&](std::int64_t begin, std::int64_t end) {
        Envelope along_y(height, spacing.y);
        for (std::int64_t z = begin; z < end; ++z) {
          for (std::int64_t y = 0; y < height; ++y) {
            scan_row(&mask.at(0, y, z), spacing.x, data + result.offset(0, y, z), width);
          }
          for (std::int64_t x = 0; x < width && height > 1; ++x) {
            along_y.transform(data + result.offset(x, 0, z), width);
          }
        }
      },
      context.part(0, 0.5));
  parallel_for(
      height,
      [&](std::int64_t begin, std::int64_t end) {
        Envelope along_z(depth, spacing.z);
        for (std::int64_t y = begin; y < end; ++y) {
          for (std::int64_t x = 0; x < width; ++x) {
            if (depth > 1) along_z.transform(data + result.offset(x, y, 0), width * height);
          }
          for (std::int64_t z = 0; z < depth; ++z) {
            float* row = data + result.offset(0, y, z);
            for (std::int64_t x = 0; x < width; ++x) row[x] = std::sqrt(row[x]);
          }
        }
      },
      context.part(0.5, 1));
  return result;
}

Mask dilate(const Mask& mask, double radius_mm, const Context& context) {
  require_radius(radius_mm);
  const Volume<float> distance = distance_to(mask, context);
  Mask result(mask.grid());
  for (std::int64_t i = 0; i < result.size(); ++i)
    result.data()[i] = double{distance.data()[i]} <= reach(radius_mm);
  return result;
}

Mask erode(const Mask& mask, double radius_mm, const Context& context) {
  require_radius(radius_mm);
  const Volume<float> distance = distance_to(detail::complement(mask), context);
  Mask result(mask.grid());
  const auto size = mask.grid().size;
  const Vec3 spacing = mask.grid().spacing;
  // Distance to the first voxel centre beyond the border; an axis of size 1 has no beyond.
  const auto to_outside = [&](std::size_t axis, std::int64_t i) {
    const auto n = size[axis];
    return n == 1 ? std::numeric_limits<double>::infinity()
                  : spacing[static_cast<int>(axis)] * static_cast<double>(std::min(i + 1, n - i));
  };
  for (std::int64_t z = 0; z < size[2]; ++z) {
    for (std::int64_t y = 0; y < size[1]; ++y) {
      const double row_to_outside = std::min(to_outside(2, z), to_outside(1, y));
      for (std::int64_t x = 0; x < size[0]; ++x) {
        const double to_background =
            std::min(double{distance.at(x, y, z)}, std::min(row_to_outside, to_outside(0, x)));
        result.at(x, y, z) = to_background > reach(radius_mm);
      }
    }
  }
  return result;
}

Mask open(const Mask& mask, double radius_mm, const Context& context) {
  return dilate(erode(mask, radius_mm, context.part(0, 0.5)), radius_mm, context.part(0.5, 1));
}

Mask close(const Mask& mask, double radius_mm, const Context& context) {
  detail::require_mask(mask);
  require_radius(radius_mm);
  Grid wide = mask.grid();
  double extent = 0;
  for (int axis = 0; axis < 3; ++axis) {
    extent =
        std::max(extent, wide.spacing[axis] * static_cast<double>(wide.size[static_cast<std::size_t>(axis)]));
  }
  if (radius_mm > extent) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("radius {} mm is larger than the image ({})", radius_mm, wide.describe()),
                "radius");
  }
  // The dilated region must not be cut at the border, or the erosion would take away what was inside.
  std::array<std::int64_t, 3> margin{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (wide.size[axis] == 1) continue;
    margin[axis] = static_cast<std::int64_t>(reach(radius_mm) / wide.spacing[static_cast<int>(axis)]) + 1;
    wide.size[axis] += 2 * margin[axis];
  }
  Mask padded(wide);
  copy_shifted(mask, padded, margin);
  const Mask closed = erode(dilate(padded, radius_mm, context.part(0, 0.5)), radius_mm, context.part(0.5, 1));
  Mask result(mask.grid());
  copy_shifted(closed, result, {-margin[0], -margin[1], -margin[2]});
  return result;
}

}  // namespace sg

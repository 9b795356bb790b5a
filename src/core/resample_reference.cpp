#include <algorithm>
#include <cmath>

#include "core/bspline.h"
#include "core/resample_kernels.h"

namespace sg::detail {

std::array<double, 3> position(const RowPath& path, std::int64_t i) {
  std::array<double, 3> at;
  for (std::size_t a = 0; a < 3; ++a) {
    at[a] = path.start[a] + static_cast<double>(i) * path.step[a];
    if (path.u[0] == nullptr) continue;
    for (std::size_t b = 0; b < 3; ++b) at[a] += double{path.matrix[a][b]} * double{path.u[b][i]};
  }
  return at;
}

bool settle(const Source& image, const BorderRule& border, std::array<double, 3>& at) {
  for (std::size_t a = 0; a < 3; ++a) {
    const double last = static_cast<double>(image.size[a] - 1);
    const bool kept = border.clamp ? !std::isnan(at[a]) : at[a] >= -0.5 && at[a] <= last + 0.5;
    if (!kept) return false;
    at[a] = std::clamp(at[a], 0.0, last);
  }
  return true;
}

namespace {

/// The eight voxels around a position; an axis of size 1 has both neighbours in the same place and weight 0.
struct Cell {
  double v[8];  // bit 0 of the place: x, bit 1: y, bit 2: z
  double w[3];
};

Cell cell_at(const Source& image, const std::array<double, 3>& at) {
  Cell cell;
  std::int64_t low[3], high[3];
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = std::max<std::int64_t>(0, std::min(static_cast<std::int64_t>(at[a]), image.size[a] - 2));
    high[a] = std::min(low[a] + 1, image.size[a] - 1);
    cell.w[a] = at[a] - static_cast<double>(low[a]);
  }
  for (unsigned corner = 0; corner < 8; ++corner) {
    const std::int64_t x = corner & 1 ? high[0] : low[0], y = corner & 2 ? high[1] : low[1],
                       z = corner & 4 ? high[2] : low[2];
    cell.v[corner] = double{image.data[(z * image.size[1] + y) * image.size[0] + x]};
  }
  return cell;
}

double mix(double a, double b, double w) { return (1 - w) * a + w * b; }

double value_of(const Cell& c) {
  const double low = mix(mix(c.v[0], c.v[1], c.w[0]), mix(c.v[2], c.v[3], c.w[0]), c.w[1]);
  const double high = mix(mix(c.v[4], c.v[5], c.w[0]), mix(c.v[6], c.v[7], c.w[0]), c.w[1]);
  return mix(low, high, c.w[2]);
}

double derivative_of(const Cell& c, unsigned axis) {
  const unsigned bit = 1U << axis, p = axis == 0 ? 1 : 0, q = axis == 2 ? 1 : 2;
  const auto step = [&](unsigned corner) { return c.v[corner | bit] - c.v[corner]; };
  const unsigned pb = 1U << p, qb = 1U << q;
  return mix(mix(step(0), step(pb), c.w[p]), mix(step(qb), step(pb | qb), c.w[p]), c.w[q]);
}

}  // namespace

void linear_row_reference(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                          std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    std::array<double, 3> at = position(path, i);
    out[i] = settle(image, border, at) ? static_cast<float>(value_of(cell_at(image, at))) : border.outside;
  }
}

void gradient_row_reference(const Source& image, const RowPath& path, const GradientRow& out,
                            std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    const std::array<double, 3> at = position(path, i);
    bool inside = true;
    std::array<double, 3> settled = at;
    for (std::size_t a = 0; a < 3; ++a) {
      const double last = static_cast<double>(image.size[a] - 1), reach = last > 0 ? 0 : 0.5;
      inside = inside && at[a] >= -reach && at[a] <= last + reach;
      settled[a] = inside ? std::clamp(at[a], 0.0, last) : 0;
    }
    const Cell cell = inside ? cell_at(image, settled) : Cell{};
    out.inside[i] = inside ? 1.0F : 0.0F;
    out.value[i] = static_cast<float>(value_of(cell));
    if (out.gx == nullptr) continue;
    out.gx[i] = static_cast<float>(derivative_of(cell, 0));
    out.gy[i] = static_cast<float>(derivative_of(cell, 1));
    out.gz[i] = static_cast<float>(derivative_of(cell, 2));
  }
}

void cubic_row_reference(const Source& image, const RowPath& path, const BorderRule& border, float* out,
                         std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    std::array<double, 3> at = position(path, i);
    if (!settle(image, border, at)) {
      out[i] = border.outside;
      continue;
    }
    CubicTaps taps[3];
    for (std::size_t a = 0; a < 3; ++a) taps[a] = cubic_taps(at[a], image.size[a]);
    double sum = 0;
    for (std::size_t z = 0; z < 4; ++z) {
      for (std::size_t y = 0; y < 4; ++y) {
        const float* row = image.data + (taps[2].index[z] * image.size[1] + taps[1].index[y]) * image.size[0];
        double along = 0;
        for (std::size_t x = 0; x < 4; ++x)
          along += double{taps[0].weight[x]} * double{row[taps[0].index[x]]};
        sum += double{taps[1].weight[y]} * double{taps[2].weight[z]} * along;
      }
    }
    out[i] = static_cast<float>(sum);
  }
}

}  // namespace sg::detail

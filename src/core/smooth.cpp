#include "core/smooth.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/resample.h"
#include "core/smooth_kernels.h"

namespace sg {
namespace {

void require_voxels(const Volume<float>& image) {
  if (image.empty()) throw Error(ErrorCode::invalid_input, "the image has no voxels", "image");
}

Volume<float> same_shape(const Volume<float>& image) {
  Volume<float> result(image.grid(), image.channels(), image.outer());
  result.set_time_step(image.time_step());
  return result;
}

/// A symmetric kernel of 2·radius+1 weights.
struct Kernel {
  std::vector<float> weights;
  std::int64_t radius() const { return std::ssize(weights) / 2; }
};

Kernel gaussian_kernel(double sigma_voxels) {
  const auto radius = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(3 * sigma_voxels)));
  std::vector<double> w;
  double sum = 0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    w.push_back(std::exp(-0.5 * std::pow(static_cast<double>(i) / sigma_voxels, 2)));
    sum += w.back();
  }
  Kernel kernel;
  for (double v : w) kernel.weights.push_back(static_cast<float>(v / sum));
  return kernel;
}

/// Along x: each row is extended by its border values, then its shifted copies are summed.
void convolve_rows(const float* in, float* out, std::int64_t n, std::int64_t rows, const Kernel& kernel) {
  const std::int64_t r = kernel.radius();
  std::vector<float> padded(static_cast<std::size_t>(n + 2 * r));
  std::vector<const float*> lines;
  for (std::int64_t k = 0; k <= 2 * r; ++k) lines.push_back(padded.data() + k);
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* line = in + row * n;
    std::fill_n(padded.data(), r, line[0]);
    std::memcpy(padded.data() + r, line, static_cast<std::size_t>(n) * sizeof(float));
    std::fill_n(padded.data() + r + n, r, line[n - 1]);
    detail::weighted_sum({lines.data(), kernel.weights.data(), 2 * r + 1}, out + row * n, n);
  }
}

/// Along an axis of n lines, `stride` apart; writes the lines begin…end−1.
struct LineSpan {
  std::int64_t n, stride, width, begin, end;
};
void convolve_lines(const float* in, float* out, const LineSpan& span, const Kernel& kernel) {
  const std::int64_t r = kernel.radius();
  std::vector<const float*> lines(static_cast<std::size_t>(2 * r + 1));
  for (std::int64_t i = span.begin; i < span.end; ++i) {
    for (std::int64_t k = -r; k <= r; ++k) {
      lines[static_cast<std::size_t>(k + r)] =
          in + std::clamp<std::int64_t>(i + k, 0, span.n - 1) * span.stride;
    }
    detail::weighted_sum({lines.data(), kernel.weights.data(), 2 * r + 1}, out + i * span.stride, span.width);
  }
}

void convolve_axis(const Volume<float>& in, Volume<float>& out, std::size_t axis, const Kernel& kernel,
                   const Context& context) {
  const auto [nx, ny, nz] = in.grid().size;
  // Rows of x in all: row index r = (channel · nz + z) · ny + y.
  parallel_for(
      ny * nz * in.channels(),
      [&, n = nx, height = ny, depth = nz](std::int64_t begin, std::int64_t end) {
        if (axis == 0)
          return convolve_rows(in.data() + begin * n, out.data() + begin * n, n, end - begin, kernel);
        for (std::int64_t r = begin; r < end; ++r) {
          const std::int64_t y = r % height, z = r / height % depth;
          const std::int64_t here = axis == 1 ? y : z, first = axis == 1 ? r - y : r - z * height;
          const LineSpan span{axis == 1 ? height : depth, axis == 1 ? n : n * height, n, here, here + 1};
          convolve_lines(in.data() + first * n, out.data() + first * n, span, kernel);
        }
      },
      context, std::max<std::int64_t>(1, 8192 / nx));
}

Volume<float> smoothed(const Volume<float>& image, Vec3 sigma_voxels, const Context& context) {
  Volume<float> a, b;
  const Volume<float>* latest = &image;
  for (int axis = 0; axis < 3; ++axis) {
    if (sigma_voxels[axis] <= 0 || image.grid().size[static_cast<std::size_t>(axis)] == 1) continue;
    Volume<float>& next = latest == &a ? b : a;
    if (next.empty()) next = same_shape(image);
    convolve_axis(*latest, next, static_cast<std::size_t>(axis), gaussian_kernel(sigma_voxels[axis]),
                  context.part(axis / 3.0, (axis + 1) / 3.0));
    latest = &next;
  }
  if (latest == &image) return image.clone();
  return latest == &a ? std::move(a) : std::move(b);
}

/// out = (high − low) / run
void slope(const float* low, const float* high, double run, float* out, std::int64_t n) {
  const auto per_mm = static_cast<float>(1 / run);
  for (std::int64_t i = 0; i < n; ++i) out[i] = (high[i] - low[i]) * per_mm;
}

void slope_along(const float* row, double spacing, float* out, std::int64_t n) {
  slope(row, row + 2, 2 * spacing, out + 1, n - 2);
  slope(row, row + 1, spacing, out, 1);
  slope(row + n - 2, row + n - 1, spacing, out + n - 1, 1);
}

}  // namespace

Volume<float> gaussian(const Volume<float>& image, Vec3 sigma_mm, const Context& context) {
  require_voxels(image);
  Vec3 voxels;
  for (int axis = 0; axis < 3; ++axis) {
    if (!(sigma_mm[axis] >= 0) || !std::isfinite(sigma_mm[axis])) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("sigma {} mm is not usable, expected ≥ 0", sigma_mm[axis]), "sigma");
    }
    voxels[axis] = sigma_mm[axis] / image.grid().spacing[axis];
    const auto n = static_cast<double>(image.grid().size[static_cast<std::size_t>(axis)]);
    if (n > 1 && voxels[axis] > 10 * n) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("sigma {} mm is far larger than the image ({})", sigma_mm[axis],
                              image.grid().describe()),
                  "sigma");
    }
  }
  return smoothed(image, voxels, context);
}

Volume<float> gradient(const Volume<float>& image, const Context& context) {
  require_voxels(image);
  if (image.channels() != 1) {
    throw Error(ErrorCode::invalid_input, fmt::format("gradient takes one channel, got {}", image.channels()),
                "image");
  }
  Volume<float> result(image.grid(), 3);
  const auto size = image.grid().size;
  const Vec3 spacing = image.grid().spacing;
  parallel_for(
      size[1] * size[2],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          const std::int64_t y = r % size[1], z = r / size[1];
          if (size[0] > 1)
            slope_along(image.data() + r * size[0], spacing.x, result.channel(0).data() + r * size[0],
                        size[0]);
          for (int axis = 1; axis < 3; ++axis) {
            const std::int64_t n = size[static_cast<std::size_t>(axis)], here = axis == 1 ? y : z;
            if (n == 1) continue;
            const std::int64_t low = std::max<std::int64_t>(0, here - 1), high = std::min(n - 1, here + 1);
            const auto line = [&](std::int64_t i) {
              return image.data() + (axis == 1 ? image.offset(0, i, z) : image.offset(0, y, i));
            };
            const double run = spacing[axis] * static_cast<double>(high - low);
            slope(line(low), line(high), run, result.channel(axis).data() + r * size[0], size[0]);
          }
        }
      },
      context, std::max<std::int64_t>(1, 8192 / size[0]));
  return result;
}

Volume<float> downsample(const Volume<float>& image, Vec3 spacing_mm, const Context& context) {
  require_voxels(image);
  const Grid coarse = with_spacing(image.grid(), spacing_mm);
  Vec3 sigma;
  for (int axis = 0; axis < 3; ++axis) {
    const double shrink = coarse.spacing[axis] / image.grid().spacing[axis];
    sigma[axis] = shrink > 1 ? 0.5 * std::sqrt(shrink * shrink - 1) : 0;
  }
  const Volume<float> smooth = smoothed(image, sigma, context.part(0, 0.8));
  return resample(smooth, {}, coarse, Interpolation::linear, 0, context.part(0.8, 1));
}

}  // namespace sg

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/smooth.h"
#include "core/smooth_kernels.h"

namespace sg {
namespace {

using detail::WindowSum;

Volume<float> shaped_like(const Volume<float>& image) {
  if (image.empty()) throw Error(ErrorCode::invalid_input, "the image has no voxels", "image");
  Volume<float> result(image.grid(), image.channels(), image.outer());
  result.set_time_step(image.time_step());
  return result;
}

/// The window along one axis and its weights: a mean divides by the window's length after summing, its
/// adjoint before.
struct BoxAxis {
  std::vector<double> ones, share;
  std::int64_t radius;
  bool adjoint;

  BoxAxis(std::int64_t n, int radius_, bool adjoint_)
      : ones(static_cast<std::size_t>(n), 1.0),
        share(static_cast<std::size_t>(n)),
        radius(std::min<std::int64_t>(radius_, n - 1)),
        adjoint(adjoint_) {
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t first = std::max<std::int64_t>(0, i - radius), last = std::min(n - 1, i + radius);
      share[static_cast<std::size_t>(i)] = 1.0 / static_cast<double>(last - first + 1);
    }
  }
  bool trivial() const { return radius == 0; }
  WindowSum window() const {
    return {std::ssize(ones), radius, adjoint ? share.data() : ones.data(),
            adjoint ? ones.data() : share.data()};
  }
};

constexpr std::int64_t column_tile = 256;

void box_columns_parallel(float* data, std::int64_t stride, const WindowSum& window, const Context& context) {
  parallel_for((stride + column_tile - 1) / column_tile,
               [&](std::int64_t begin, std::int64_t end) {
                 const std::int64_t first = begin * column_tile, last = std::min(stride, end * column_tile);
                 detail::window_columns(data + first, stride, last - first, window);
               },
               context);
}

void box(const Volume<float>& image, std::array<int, 3> radius, bool adjoint, Volume<float>& out,
         const Context& context) {
  if (image.empty()) throw Error(ErrorCode::invalid_input, "the image has no voxels", "image");
  if (*std::min_element(radius.begin(), radius.end()) < 0) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("box radius {}, {}, {} is not usable, expected each ≥ 0", radius[0], radius[1],
                            radius[2]),
                "radius");
  }
  if (out.grid().size != image.grid().size || out.channels() != image.channels()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("output of {} does not fit an image of {}", out.grid().describe(),
                            image.grid().describe()),
                "out");
  }
  const auto [nx, ny, nz] = image.grid().size;
  const BoxAxis x(nx, radius[0], adjoint), y(ny, radius[1], adjoint), z(nz, radius[2], adjoint);
  const std::int64_t slice = nx * ny;
  const auto rows_of = [&, n = nx](std::int64_t first, std::int64_t count) {
    const float* in = image.data() + first * n;
    float* to = out.data() + first * n;
    if (!x.trivial()) {
      detail::window_rows(in, to, count, x.window());
    } else if (in != to) {
      std::memcpy(to, in, static_cast<std::size_t>(count * n) * sizeof(float));
    }
  };
  if (nz >= 8) {
    // Both in-plane passes while the slice is in the cache.
    parallel_for(
        nz * image.channels(),
        [&, n = nx, height = ny](std::int64_t begin, std::int64_t end) {
          for (std::int64_t s = begin; s < end; ++s) {
            rows_of(s * height, height);
            if (!y.trivial()) detail::window_columns(out.data() + s * slice, n, n, y.window());
          }
        },
        context.part(0, 0.5));
  } else {
    parallel_for(
        ny * nz * image.channels(),
        [&](std::int64_t begin, std::int64_t end) { rows_of(begin, end - begin); }, context.part(0, 0.25),
        16);
    for (std::int64_t s = 0; s < nz * image.channels() && !y.trivial(); ++s) {
      box_columns_parallel(out.data() + s * slice, nx, y.window(), context.silent());
    }
  }
  for (std::int64_t c = 0; c < image.channels() && !z.trivial(); ++c) {
    box_columns_parallel(out.data() + c * slice * nz, slice, z.window(), context.silent());
  }
  context.progress(1);
}

}  // namespace

void box_mean_into(const Volume<float>& image, std::array<int, 3> radius, Volume<float>& out,
                   const Context& context) {
  box(image, radius, false, out, context);
}

void box_mean_adjoint_into(const Volume<float>& image, std::array<int, 3> radius, Volume<float>& out,
                           const Context& context) {
  box(image, radius, true, out, context);
}

Volume<float> box_mean(const Volume<float>& image, std::array<int, 3> radius, const Context& context) {
  Volume<float> out = shaped_like(image);
  box(image, radius, false, out, context);
  return out;
}

Volume<float> box_mean_adjoint(const Volume<float>& image, std::array<int, 3> radius,
                               const Context& context) {
  Volume<float> out = shaped_like(image);
  box(image, radius, true, out, context);
  return out;
}

}  // namespace sg

#include "core/resample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/bspline.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/resample_kernels.h"

namespace sg {
namespace {

using detail::BorderRule;
using detail::RowPath;
using detail::Source;

template <class T>
void nearest_row(const T* image, const Source& shape, const RowPath& path, T outside, std::span<T> out) {
  for (std::int64_t i = 0; i < std::ssize(out); ++i) {
    std::array<double, 3> at = detail::position(path, i);
    std::int64_t index[3] = {};
    const bool inside = detail::settle(shape, {}, at);
    for (std::size_t a = 0; inside && a < 3; ++a) {
      index[a] = std::min(static_cast<std::int64_t>(at[a] + 0.5), shape.size[a] - 1);
    }
    out[static_cast<std::size_t>(i)] =
        inside ? image[(index[2] * shape.size[1] + index[1]) * shape.size[0] + index[0]] : outside;
  }
}

RowPath path_along(const IndexMap& map, std::int64_t j, std::int64_t k) {
  RowPath path;
  const Vec3 start = map.offset + map.matrix * Vec3{0, static_cast<double>(j), static_cast<double>(k)};
  for (int a = 0; a < 3; ++a) {
    path.start[a] = start[a];
    path.step[a] = map.matrix[a][0];
  }
  return path;
}

void check_transform(const Transform& transform) {
  try {
    (void)transform.affine.inverse();
  } catch (const Error& error) {
    throw error.at("transform");
  }
  if (!std::isfinite(norm(transform.affine.translation))) {
    throw Error(ErrorCode::invalid_input, "the affine's translation is not finite", "transform");
  }
  if (transform.field && transform.field->displacement.channels() != 3) {
    throw Error(ErrorCode::invalid_input,
                "a displacement field has 3 channels, got " +
                    std::to_string(transform.field->displacement.channels()),
                "transform");
  }
}

/// Walks the rows of `reference` and gives each one's path through the image to `row(path, first, n)`, where
/// `first` is the row's offset in a volume on `reference`.
class RowWalker {
 public:
  RowWalker(const Grid& image, const Transform& transform, const Grid& reference)
      : reference_(reference), map_(index_map(reference, transform.affine, image)) {
    if (!transform.field) return;
    field_ = &transform.field->displacement;
    same_grid_ = field_->grid().same_as(reference, 1e-6);
    if (!same_grid_) field_map_ = index_map(reference, {}, field_->grid());
    const Mat3 matrix = inverse(image.index_to_lps()) * transform.affine.matrix;
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 3; ++b) matrix_[a][b] = static_cast<float>(matrix[a][b]);
    }
  }

  template <class Row>
  void for_each(const Context& context, const Row& row) const {
    const auto [nx, ny, nz] = reference_.size;
    parallel_for(
        ny * nz,
        [&, n = nx, height = ny](std::int64_t begin, std::int64_t end) {
          std::vector<float> scratch(field_ && !same_grid_ ? static_cast<std::size_t>(3 * (n + 16)) : 0);
          for (std::int64_t r = begin; r < end; ++r) {
            RowPath path = path_along(map_, r % height, r / height);
            if (field_) displace(path, r, scratch);
            row(path, r * n, n);
          }
        },
        context, std::max<std::int64_t>(1, 8192 / nx));
  }

 private:
  void displace(RowPath& path, std::int64_t r, std::vector<float>& scratch) const {
    const std::int64_t n = reference_.size[0], height = reference_.size[1];
    std::copy(&matrix_[0][0], &matrix_[0][0] + 9, &path.matrix[0][0]);
    const RowPath through_field = same_grid_ ? RowPath{} : path_along(field_map_, r % height, r / height);
    for (std::int64_t c = 0; c < 3; ++c) {
      const float* u = field_->channel(c).data();
      if (same_grid_) {
        path.u[c] = u + r * n;
        continue;
      }
      float* sampled = scratch.data() + c * (n + 16);
      detail::linear_row({u, field_->grid().size}, through_field, BorderRule{.clamp = true}, sampled, n);
      path.u[c] = sampled;
    }
  }

  Grid reference_;
  IndexMap map_, field_map_;
  const Volume<float>* field_ = nullptr;
  bool same_grid_ = false;
  float matrix_[3][3] = {};
};

template <class T>
Volume<T> result_like(const Volume<T>& image, const Transform& transform, const Grid& reference) {
  if (image.empty()) throw Error(ErrorCode::invalid_input, "the image to resample has no voxels", "image");
  check_transform(transform);
  Volume<T> result(reference, image.channels(), image.outer());
  result.set_time_step(image.time_step());
  return result;
}

template <class T>
Volume<T> nearest(const Volume<T>& image, const Transform& transform, const Grid& reference, T outside,
                  const Context& context) {
  Volume<T> result = result_like(image, transform, reference);
  RowWalker(image.grid(), transform, reference)
      .for_each(context, [&](const RowPath& path, std::int64_t first, std::int64_t n) {
        for (std::int64_t c = 0; c < image.channels(); ++c) {
          nearest_row(
              image.channel(c).data(), {nullptr, image.grid().size}, path, outside,
              result.channel(c).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)));
        }
      });
  return result;
}

/// Roundoff of the matrix products would otherwise turn the identity into a blend of neighbours.
double snapped(double x) {
  const double whole = std::nearbyint(x);
  return std::abs(x - whole) < 1e-10 ? whole : x;
}

}  // namespace

Volume<float> resample(const Volume<float>& image, const Transform& transform, const Grid& reference,
                       Interpolation interpolation, float outside, const Context& context) {
  if (interpolation == Interpolation::nearest) {
    return nearest(image, transform, reference, outside, context);
  }
  Volume<float> result = result_like(image, transform, reference);
  const bool cubic = interpolation == Interpolation::cubic;
  const Volume<float> coefficients =
      cubic ? detail::bspline_coefficients(image, context.part(0, 0.3)) : Volume<float>();
  const Volume<float>& source = cubic ? coefficients : image;
  const auto sample_into = cubic ? detail::cubic_row : detail::linear_row;
  RowWalker(image.grid(), transform, reference)
      .for_each(cubic ? context.part(0.3, 1) : context,
                [&](const RowPath& path, std::int64_t first, std::int64_t n) {
                  for (std::int64_t c = 0; c < source.channels(); ++c) {
                    sample_into({source.channel(c).data(), image.grid().size}, path,
                                BorderRule{.outside = outside}, result.channel(c).data() + first, n);
                  }
                });
  return result;
}

AnyVolume resample_nearest(const AnyVolume& image, const Transform& transform, const Grid& reference,
                           double outside, const Context& context) {
  return std::visit(
      [&]<class T>(const Volume<T>& voxels) -> AnyVolume {
        if constexpr (std::is_integral_v<T>) {
          using Limits = std::numeric_limits<T>;
          if (!(outside >= Limits::lowest() && outside <= Limits::max()) ||
              outside != std::nearbyint(outside)) {
            throw Error(ErrorCode::invalid_input,
                        fmt::format("outside is {}, expected a whole number from {} to {} for {} voxels",
                                    outside, Limits::lowest(), Limits::max(), scalar_name(image)),
                        "outside");
          }
        }
        return nearest(voxels, transform, reference, static_cast<T>(outside), context);
      },
      image);
}

LabelMap resample(const LabelMap& labels, const Transform& transform, const Grid& reference,
                  const Context& context) {
  return {nearest(labels.voxels, transform, reference, std::int32_t{0}, context), labels.names};
}

IndexMap index_map(const Grid& from, const Affine& affine, const Grid& to) {
  const Mat3 lps_to_index = inverse(to.index_to_lps());
  IndexMap map{lps_to_index * (affine.matrix * from.index_to_lps()),
               lps_to_index * (affine.apply(from.origin) - to.origin)};
  for (int a = 0; a < 3; ++a) {
    map.offset[a] = snapped(map.offset[a]);
    for (int b = 0; b < 3; ++b) map.matrix[a][b] = snapped(map.matrix[a][b]);
  }
  return map;
}

void sample_row(const Volume<float>& image, const IndexMap& map, std::int64_t j, std::int64_t k,
                SampledRow row) {
  const std::size_t n = row.value.size();
  const bool sloped = !row.gx.empty() || !row.gy.empty() || !row.gz.empty();
  const auto fits = [n](std::span<float> s) { return s.size() == n; };
  if (image.channels() != 1 || !fits(row.inside) ||
      (sloped && !(fits(row.gx) && fits(row.gy) && fits(row.gz)))) {
    throw Error(ErrorCode::invalid_input, "sample_row needs a one-channel image and spans of one length",
                "image");
  }
  const detail::GradientRow out{row.value.data(), sloped ? row.gx.data() : nullptr, row.gy.data(),
                                row.gz.data(), row.inside.data()};
  detail::gradient_row({image.data(), image.grid().size}, path_along(map, j, k), out,
                       static_cast<std::int64_t>(n));
}

}  // namespace sg

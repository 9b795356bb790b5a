#include "image/resample.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/smooth.h"
#include "image/convert.h"

namespace sg::image {

namespace {

/// Spacing of `grid` along a unit vector, mm: what a voxel spans there, as the length of its edges'
/// projections.
double spacing_along(const Grid& grid, Vec3 axis) {
  double sum = 0;
  for (int k = 0; k < 3; ++k) {
    const double part = dot(axis, grid.direction.column(k)) * grid.spacing[k];
    sum += part * part;
  }
  return std::sqrt(sum);
}

Vec3 antialias_sigma(const Grid& from, const Grid& to) {
  Vec3 sigma;
  for (int a = 0; a < 3; ++a) {
    const double own = from.spacing[a], wanted = spacing_along(to, from.direction.column(a));
    const bool grows = from.size[static_cast<std::size_t>(a)] > 1 && wanted > own * (1 + 1e-6);
    sigma[a] = grows ? .5 * std::sqrt(wanted * wanted - own * own) : 0;
  }
  return sigma;
}

LabelMap whole_numbers(const Image& image) {
  LabelMap map;
  std::visit(
      [&](const auto& voxels) {
        if (voxels.channels() != 1) {
          throw Error(ErrorCode::invalid_input,
                      fmt::format("labels have {} channels, expected 1", voxels.channels()), "image");
        }
        map.voxels = Volume<std::int32_t>(voxels.grid());
        for (std::int64_t i = 0; i < voxels.size(); ++i) {
          const double v = static_cast<double>(voxels.data()[i]);
          if (!(std::abs(v) < 0x1p31) || v != std::nearbyint(v)) {
            throw Error(ErrorCode::invalid_input,
                        fmt::format("label image holds {}, expected whole numbers of 32 bits", v), "image");
          }
          map.voxels.data()[i] = static_cast<std::int32_t>(v);
        }
      },
      image.voxels);
  return map;
}

}  // namespace

Volume<float> onto_grid(const Volume<float>& image, const Grid& grid, Interpolation interpolation,
                        bool antialias, const Context& context) {
  const Vec3 sigma = antialias_sigma(image.grid(), grid);
  const bool smooths = antialias && interpolation != Interpolation::nearest && sigma != Vec3{};
  if (!smooths) return resample(image, Transform{}, grid, interpolation, 0, context);
  const Volume<float> smooth = gaussian(image, sigma, context.part(0, .5, "smoothing"));
  return resample(smooth, Transform{}, grid, interpolation, 0, context.part(.5, 1, "resampling"));
}

Image labels_onto_grid(const Image& labels, const Grid& grid, const Context& context) {
  LabelMap moved = resample(whole_numbers(labels), Transform{}, grid, context);
  Image result;
  result.format = labels.format;
  result.metadata = labels.metadata;
  const auto type = static_cast<ScalarType>(labels.voxels.index() + 1);
  result.voxels = std::move(moved.voxels);
  return convert(result, type).image;
}

}  // namespace sg::image

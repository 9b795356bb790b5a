#include "core/onto_grid.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/smooth.h"

namespace sg {

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

}  // namespace

Volume<float> onto_grid(const Volume<float>& image, const Grid& grid, Interpolation interpolation,
                        bool antialias, const Context& context) {
  const Vec3 sigma = antialias_sigma(image.grid(), grid);
  const bool smooths = antialias && interpolation != Interpolation::nearest && sigma != Vec3{};
  if (!smooths) return resample(image, Transform{}, grid, interpolation, 0, context);
  const Volume<float> smooth = gaussian(image, sigma, context.part(0, .5, "smoothing"));
  return resample(smooth, Transform{}, grid, interpolation, 0, context.part(.5, 1, "resampling"));
}

}  // namespace sg

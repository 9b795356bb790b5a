#include "core/onto_grid.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace sg {
namespace {

Grid grid_of(std::array<std::int64_t, 3> size, Vec3 spacing = {1, 1, 1}) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

Volume<float> filled(const Grid& grid, float (*value)(LpsPoint)) {
  Volume<float> image(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        image.at(x, y, z) =
            value(grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
      }
    }
  }
  return image;
}

TEST(Resample, KeepsAPlaneOnAnyGrid) {
  const auto plane = [](LpsPoint p) { return static_cast<float>(3 + .5 * p.x - .25 * p.y + p.z); };
  const Volume<float> image = filled(grid_of({24, 24, 24}), plane);
  Grid turned = grid_of({5, 5, 5}, {1.5, .8, 1.1});
  turned.origin = {8, 9, 8};
  turned.direction = rotation({.2, .1, -.3});
  for (const auto interpolation : {Interpolation::linear, Interpolation::cubic}) {
    const Volume<float> result = onto_grid(image, turned, interpolation, true);
    const Volume<float> expected = filled(turned, plane);
    for (std::int64_t i = 0; i < result.size(); ++i) EXPECT_NEAR(result.data()[i], expected.data()[i], 2e-3);
  }
}

/// Stripes at the finest scale vanish on voxels four times larger; without smoothing they come back as false
/// ones.
TEST(Resample, DoesNotAliasWhenShrinking) {
  const Volume<float> stripes =
      filled(grid_of({64, 8, 8}), [](LpsPoint p) { return static_cast<int>(p.x) % 3 == 0 ? 1.F : 0.F; });
  const Grid coarse = with_spacing(stripes.grid(), {4, 1, 1});
  const auto spread = [](const Volume<float>& v) {
    float low = 1e9F, high = -1e9F;
    for (std::int64_t x = 2; x < v.grid().size[0] - 2; ++x) {
      low = std::min(low, v.at(x, 4, 4));
      high = std::max(high, v.at(x, 4, 4));
    }
    return high - low;
  };
  EXPECT_LT(spread(onto_grid(stripes, coarse, Interpolation::linear, true)), .06F);
  EXPECT_GT(spread(onto_grid(stripes, coarse, Interpolation::linear, false)), .2F);
}

}  // namespace
}  // namespace sg

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

#include "core/marching_cubes.h"
#include "core/regions.h"
#include "core/smooth.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::noise;
using test::oblique_grid;

/// Every side belongs to exactly two triangles, which run along it in opposite directions.
bool is_closed(const Mesh& mesh) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> sides;
  for (const auto& t : mesh.triangles) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (t[i] == t[(i + 1) % 3]) return false;
      if (++sides[{t[i], t[(i + 1) % 3]}] > 1) return false;
    }
  }
  for (const auto& [side, count] : sides) {
    if (!sides.contains({side.second, side.first})) return false;
  }
  return true;
}

/// Noise between borders that are below every level.
Volume<float> closed_noise(const Grid& grid, std::uint64_t seed, double sigma) {
  Volume<float> image = noise(grid, 1, 1, seed);
  if (sigma > 0) image = gaussian(image, {sigma, sigma, sigma});
  const auto [nx, ny, nz] = grid.size;
  for (std::int64_t z = 0; z < nz; ++z) {
    for (std::int64_t y = 0; y < ny; ++y) {
      for (std::int64_t x = 0; x < nx; ++x) {
        if (x == 0 || y == 0 || z == 0 || x == nx - 1 || y == ny - 1 || z == nz - 1) image.at(x, y, z) = -10;
      }
    }
  }
  return image;
}

Volume<float> sphere(Grid grid, double radius) {
  Volume<float> image(grid);
  const LpsPoint centre = grid.centre();
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const VoxelIndex at{static_cast<double>(i % grid.size[0]),
                        static_cast<double>(i / grid.size[0] % grid.size[1]),
                        static_cast<double>(i / grid.size[0] / grid.size[1])};
    image.data()[i] = static_cast<float>(radius - norm(grid.to_lps(at) - centre));
  }
  return image;
}

TEST(MarchingCubes, EveryCaseCutsItsCrossedEdgesOnly) {
  for (unsigned above = 0; above < 256; ++above) {
    std::array<bool, 12> used{};
    for (const auto& triangle : detail::cube_triangles()[above]) {
      for (std::uint8_t e : triangle) used[e] = true;
    }
    for (unsigned e = 0; e < 12; ++e) {
      const bool crossed = (above >> detail::edge_start(e) & 1) != (above >> detail::edge_end(e) & 1);
      EXPECT_EQ(used[e], crossed) << "case " << above << " edge " << e;
    }
  }
}

TEST(Isosurface, OfNoiseIsClosed) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Volume<float> image = closed_noise(oblique_grid({23, 20, 17}), seed, seed % 2 ? 0 : 1.5);
    const Mesh mesh = isosurface(image, 0.02);
    EXPECT_GT(mesh.triangles.size(), 1000U);
    EXPECT_TRUE(is_closed(mesh)) << "seed " << seed;
    EXPECT_GT(mesh_volume(mesh), 0);
  }
}

TEST(Isosurface, OfAMaskIsClosedAlthoughVerticesMeet) {
  Volume<float> image = closed_noise(grid_of_size({15, 14, 13}), 3, 0);
  for (float& v : image.values()) v = v > 0 ? 1.0F : 0.0F;
  for (double level : {0.5, 1.0, 1e-3}) EXPECT_TRUE(is_closed(isosurface(image, level))) << level;
}

TEST(Isosurface, OfASphereHasItsVolumeAndArea) {
  for (bool mirrored : {false, true}) {
    Grid grid = oblique_grid({64, 58, 44}, {0.8, 0.9, 1.2});
    if (mirrored) {
      for (int row = 0; row < 3; ++row) grid.direction[row][0] *= -1;
    }
    const double r = 20;
    const Mesh mesh = isosurface(sphere(grid, r), 0);
    const double volume = 4.0 / 3 * std::numbers::pi * r * r * r, area = 4 * std::numbers::pi * r * r;
    EXPECT_TRUE(is_closed(mesh));
    EXPECT_NEAR(mesh_volume(mesh) / volume, 1, 2e-3);
    EXPECT_NEAR(mesh_area(mesh) / area, 1, 2e-3);
    const LpsPoint c = grid.centre();
    for (const auto& v : mesh.vertices) {
      ASSERT_NEAR(norm(LpsPoint{double{v[0]}, double{v[1]}, double{v[2]}} - c), r, 0.02);
    }
    // Euler: V − E + F = 2 with 3F = 2E.
    EXPECT_EQ(mesh.vertices.size() - mesh.triangles.size() / 2, 2U);
  }
}

TEST(Isosurface, OfFlatOrUniformImagesIsEmpty) {
  EXPECT_TRUE(isosurface(noise(grid_of_size({9, 9, 1})), 0).triangles.empty());
  EXPECT_TRUE(isosurface(Volume<float>(grid_of_size({5, 5, 5})), 1).triangles.empty());
  EXPECT_EQ(mesh_volume({}), 0);
  EXPECT_EQ(mesh_area({}), 0);
}

TEST(Isosurface, TakesNanAsBelow) {
  Volume<float> image(grid_of_size({5, 5, 5}));
  std::ranges::fill(image.values(), std::numeric_limits<float>::quiet_NaN());
  image.at(2, 2, 2) = 1;
  const Mesh mesh = isosurface(image, 0.5);
  EXPECT_TRUE(is_closed(mesh));
  EXPECT_NEAR(mesh_volume(mesh), 1.0 / 6, 1e-6);  // the octahedron of half edges
}

TEST(Isosurface, RefusesWhatItCannotUse) {
  const Volume<float> image = noise(grid_of_size({4, 4, 4}));
  EXPECT_EQ(error_of([&] { isosurface(image, std::numeric_limits<double>::quiet_NaN()); }),
            ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { isosurface(noise(image.grid(), 2), 0); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { isosurface({}, 0); }), ErrorCode::invalid_input);
  const Mesh broken{{{0, 0, 0}}, {{0, 1, 2}}};
  EXPECT_EQ(error_of([&] { mesh_volume(broken); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { mesh_area(broken); }), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace sg

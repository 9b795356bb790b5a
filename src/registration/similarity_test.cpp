#include "registration/similarity.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/rng.h"
#include "registration/level.h"

namespace sg::registration {
namespace {

/// Smooth structure with some noise, in 0.1…0.9, so that no voxel sits at the clipping ends.
Volume<float> blobs(const Grid& grid, std::uint64_t seed, double phase) {
  Volume<float> v(grid);
  Rng rng(seed);
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const double s =
            std::sin(0.5 * static_cast<double>(x) + phase) * std::cos(0.4 * static_cast<double>(y)) +
            std::sin(0.45 * static_cast<double>(z) + 0.2 * static_cast<double>(x));
        v.at(x, y, z) = static_cast<float>(0.5 + 0.18 * s + 0.02 * rng.uniform(-1, 1));
      }
    }
  }
  return v;
}

Grid cube(std::int64_t n, Vec3 spacing = {1, 1, 1}) {
  Grid g;
  g.size = {n, n, n};
  g.spacing = spacing;
  return g;
}

class SimilarityGradient : public testing::TestWithParam<Metric> {
 protected:
  std::unique_ptr<Similarity> make(const Volume<float>& fixed) const {
    return GetParam() == Metric::lncc ? make_lncc(fixed, 2) : make_mutual_information(fixed, 16);
  }
};

TEST_P(SimilarityGradient, SlopeIsTheFiniteDifferenceOfTheLoss) {
  const Volume<float> fixed = blobs(cube(16), 1, 0);
  Volume<float> warped = blobs(cube(16), 2, 0.7);
  Volume<float> weight(cube(16));
  Rng rng(3);
  for (float& m : weight.values()) m = rng.uniform() < 0.1 ? 0.F : 1.F;
  const auto similarity = make(fixed);
  similarity->evaluate(warped, weight, true, {});
  const Volume<float> slope = similarity->slope().clone();
  // Along random directions: a single voxel's share of the loss drowns in float rounding.
  for (int trial = 0; trial < 5; ++trial) {
    Volume<float> direction(cube(16));
    double predicted = 0;
    for (std::int64_t i = 0; i < direction.size(); ++i) {
      direction.data()[i] = static_cast<float>(rng.normal());
      predicted += static_cast<double>(slope.data()[i]) * static_cast<double>(direction.data()[i]);
    }
    const float step = 1e-3F;
    Volume<float> plus = warped.clone(), minus = warped.clone();
    for (std::int64_t i = 0; i < direction.size(); ++i) {
      plus.data()[i] += step * direction.data()[i];
      minus.data()[i] -= step * direction.data()[i];
    }
    const double measured =
        (similarity->evaluate(plus, weight, false, {}) - similarity->evaluate(minus, weight, false, {})) /
        (2 * static_cast<double>(step));
    EXPECT_NEAR(predicted, measured, 2e-2 * std::abs(measured) + 2e-4);
  }
}

TEST_P(SimilarityGradient, InvertedContrastScoresAsWell) {
  const Volume<float> fixed = blobs(cube(16), 1, 0);
  Volume<float> inverted = fixed.clone();
  for (float& v : inverted.values()) v = 1 - v;
  Volume<float> weight(cube(16));
  for (float& m : weight.values()) m = 1;
  const auto similarity = make(fixed);
  const double same = similarity->evaluate(fixed, weight, false, {});
  const double opposite = similarity->evaluate(inverted, weight, false, {});
  const double other = similarity->evaluate(blobs(cube(16), 5, 2.5), weight, false, {});
  EXPECT_NEAR(same, opposite, 0.05 * std::abs(same));
  EXPECT_LT(same, other);
  if (GetParam() == Metric::lncc) {
    EXPECT_NEAR(same, -1, 0.05);  // exactly −1 up to the variance floor
  }
}

TEST_P(SimilarityGradient, NoWeightMeansNoLoss) {
  const Volume<float> fixed = blobs(cube(8), 1, 0);
  EXPECT_EQ(make(fixed)->evaluate(fixed, Volume<float>(cube(8)), true, {}), 0);
}

/// The expansion's gradient against finite differences of the loss in each of the twelve numbers, on grids
/// with different spacing, direction and origin.
TEST_P(SimilarityGradient, PoseGradientIsTheFiniteDifferenceOfTheLoss) {
  Grid fixed_grid = cube(20, {1.5, 1.2, 2}), moving_grid = cube(48, {1.4, 1.5, 1.6});
  fixed_grid.direction = rotation({0.3, -0.2, 0.1});
  fixed_grid.origin = {-20, 5, 8};
  moving_grid.direction = rotation({-0.1, 0.4, 0.2});
  moving_grid.origin = fixed_grid.centre() + (LpsPoint{} - moving_grid.centre());
  const LpsPoint centre = fixed_grid.centre();
  const double reach = 12;
  Level level(blobs(fixed_grid, 1, 0), blobs(moving_grid, 2, 0.3), GetParam(), centre, reach);
  const Mat3 matrix = rotation({0.05, -0.03, 0.08});
  const Vec3 shift{0.37, -0.61, 0.23};
  const Expansion here = level.evaluate(Affine::about(centre, matrix, shift), true, {});
  ASSERT_EQ(here.overlap, 1);  // voxels that enter or leave the overlap are not part of the derivative
  double scale = 0;
  for (double g : here.gradient) scale = std::max(scale, std::abs(g));
  for (int parameter = 0; parameter < 12; ++parameter) {
    const double step = 0.01;  // mm; small against a voxel, large against float rounding
    double loss[2];
    for (int side = 0; side < 2; ++side) {
      Mat3 m = matrix;
      Vec3 t = shift;
      const double delta = side == 0 ? -step : step;
      if (parameter % 4 == 3) {
        t[parameter / 4] += delta;
      } else {
        m[parameter / 4][static_cast<std::size_t>(parameter % 4)] += delta / reach;
      }
      loss[side] = level.evaluate(Affine::about(centre, m, t), false, {}).loss;
    }
    const double measured = (loss[1] - loss[0]) / (2 * step);
    EXPECT_NEAR(here.gradient[static_cast<std::size_t>(parameter)], measured, 0.02 * scale)
        << "parameter " << parameter;
  }
  for (int a = 0; a < 12; ++a) {
    EXPECT_GE(here.hessian[static_cast<std::size_t>(a)][static_cast<std::size_t>(a)], 0);
    for (int b = 0; b < a; ++b) {
      EXPECT_NEAR(here.hessian[static_cast<std::size_t>(a)][static_cast<std::size_t>(b)],
                  here.hessian[static_cast<std::size_t>(b)][static_cast<std::size_t>(a)],
                  1e-9 * std::abs(here.hessian[0][0]));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Metrics, SimilarityGradient,
                         testing::Values(Metric::lncc, Metric::mutual_information), [](const auto& test) {
                           return test.param == Metric::lncc ? "lncc" : "mutual_information";
                         });

}  // namespace
}  // namespace sg::registration

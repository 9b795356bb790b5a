#include "core/geometry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <numbers>
#include <set>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::oblique_grid;

double any_real(double low, double high) { return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6; }
Vec3 any_vector(double low, double high) {
  return {any_real(low, high), any_real(low, high), any_real(low, high)};
}

Mat3 any_matrix() {
  Mat3 m;
  for (auto& row : m.m) {
    for (double& v : row) v = any_real(-2, 2);
  }
  return m;
}

double difference(const Mat3& a, const Mat3& b) {
  double largest = 0;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) largest = std::max(largest, std::abs(a[i][j] - b[i][j]));
  }
  return largest;
}

RC_GTEST_PROP(Mat3, InverseUndoes, ()) {
  const Mat3 a = any_matrix();
  RC_PRE(std::abs(determinant(a)) > 1e-2);
  RC_ASSERT(difference(inverse(a) * a, {}) < 1e-10);
  RC_ASSERT(difference(inverse(inverse(a)), a) < 1e-8);
}

RC_GTEST_PROP(Mat3, DeterminantIsMultiplicativeAndTransposeReverses, ()) {
  const Mat3 a = any_matrix(), b = any_matrix();
  RC_ASSERT(std::abs(determinant(a * b) - determinant(a) * determinant(b)) < 1e-9);
  RC_ASSERT(difference(transpose(a * b), transpose(b) * transpose(a)) < 1e-12);
}

RC_GTEST_PROP(Mat3, RotationIsOrthonormal, ()) {
  const Mat3 r = rotation(any_vector(-10, 10));
  RC_ASSERT(difference(r * transpose(r), {}) < 1e-12);
  RC_ASSERT(std::abs(determinant(r) - 1) < 1e-12);
}

TEST(Mat3, RotationTurnsAboutXThenYThenZ) {
  const double quarter = std::numbers::pi / 2;
  const Vec3 turned = rotation({quarter, quarter, 0}) * Vec3{0, 1, 0};  // y → z about x, z → x about y
  EXPECT_NEAR(norm(turned - Vec3{1, 0, 0}), 0, 1e-12);
}

TEST(Mat3, InverseRefusesSingularMatrices) {
  EXPECT_EQ(error_of([] { inverse(Mat3::diagonal({1, 0, 1})); }), ErrorCode::invalid_input);
  Mat3 parallel;
  parallel[1] = parallel[0];
  EXPECT_EQ(error_of([&] { inverse(parallel); }), ErrorCode::invalid_input);
  Mat3 nan;
  nan[2][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { inverse(nan); }), ErrorCode::invalid_input);
  EXPECT_NO_THROW(inverse(Mat3::diagonal({1e-9, 1e-9, 1e-9})));
}

/// The 48 ways to lay three index axes along ±x, ±y, ±z.
std::vector<Mat3> axis_permutations() {
  std::vector<Mat3> all;
  std::array<int, 3> to{0, 1, 2};
  do {
    for (unsigned signs = 0; signs < 8; ++signs) {
      Mat3 m = Mat3::diagonal({0, 0, 0});
      for (int axis = 0; axis < 3; ++axis)
        m[to[static_cast<std::size_t>(axis)]][axis] = signs >> axis & 1 ? -1 : 1;
      all.push_back(m);
    }
  } while (std::next_permutation(to.begin(), to.end()));
  return all;
}

TEST(Grid, AllAxisPermutationsRoundTripAndAreNamedApart) {
  std::set<std::string> names;
  for (const Mat3& direction : axis_permutations()) {
    Grid grid = grid_of_size({7, 5, 3});
    grid.direction = direction;
    grid.spacing = {0.5, 1.25, 3};
    grid.origin = {10, -20, 30};
    EXPECT_NO_THROW(grid.validate());
    const VoxelIndex there{1.5, 4, 2.25}, back = grid.to_index(grid.to_lps(there));
    EXPECT_NEAR(back.i, there.i, 1e-12);
    EXPECT_NEAR(back.j, there.j, 1e-12);
    EXPECT_NEAR(back.k, there.k, 1e-12);
    const std::string name = grid.orientation();
    names.insert(name);
    const std::string positive = "LPS", negative = "RAI";
    for (int axis = 0; axis < 3; ++axis) {
      const Vec3 step =
          grid.to_lps({axis == 0 ? 1.0 : 0, axis == 1 ? 1.0 : 0, axis == 2 ? 1.0 : 0}) - grid.origin;
      const char letter = name[static_cast<std::size_t>(axis)];
      const std::size_t row =
          positive.find(letter) != std::string::npos ? positive.find(letter) : negative.find(letter);
      EXPECT_NEAR(step[static_cast<int>(row)], (positive[row] == letter ? 1 : -1) * grid.spacing[axis],
                  1e-12);
    }
  }
  EXPECT_EQ(names.size(), 48U);
}

RC_GTEST_PROP(Grid, IndexAndPointRoundTrip, ()) {
  Grid grid = oblique_grid({20, 30, 40}, any_vector(0.05, 8));
  grid.direction = rotation(any_vector(-3, 3));
  grid.origin = as_point(any_vector(-1000, 1000));
  const Vec3 at = any_vector(-50, 50);
  const VoxelIndex back = grid.to_index(grid.to_lps({at.x, at.y, at.z}));
  RC_ASSERT(norm(Vec3{back.i, back.j, back.k} - at) < 1e-9);
  const Vec3 direct = as_vector(grid.origin) + grid.index_to_lps() * at;
  RC_ASSERT(norm(as_vector(grid.to_lps({at.x, at.y, at.z})) - direct) < 1e-9);
}

TEST(Grid, ObliqueOrientationGoesByTheNearestAxes) {
  Grid grid;
  grid.direction = rotation({0.3, -0.2, 0.4});
  EXPECT_EQ(grid.orientation(), "LPS");
}

TEST(Grid, CentreLiesBetweenOppositeCorners) {
  const Grid grid = oblique_grid({7, 8, 9});
  const Vec3 sum = as_vector(grid.to_lps({0, 0, 0})) + as_vector(grid.to_lps({6, 7, 8}));
  EXPECT_NEAR(norm(0.5 * sum - as_vector(grid.centre())), 0, 1e-12);
}

TEST(Grid, SameAsAllowsRoundoffOnly) {
  const Grid grid = oblique_grid({50, 60, 70});
  Grid other = grid;
  other.origin.x += 5e-4;
  EXPECT_TRUE(grid.same_as(other));
  other.origin.x += 0.01;
  EXPECT_FALSE(grid.same_as(other));
  other = grid;
  other.spacing.y *= 1.001;  // 0.06 voxel at the far corner
  EXPECT_FALSE(grid.same_as(other));
  other = grid;
  other.size[2] = 71;
  EXPECT_FALSE(grid.same_as(other));
}

TEST(Grid, ValidateRefusesWhatCannotBe) {
  const auto refused = [](auto change) {
    Grid grid = grid_of_size({4, 4, 4});
    change(grid);
    return error_of([&] { grid.validate(); }) == ErrorCode::invalid_input;
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(refused([](Grid& g) { g.size[1] = 0; }));
  EXPECT_TRUE(refused([](Grid& g) { g.size[0] = -3; }));
  EXPECT_TRUE(refused([](Grid& g) { g.size = {1 << 20, 1 << 20, 2}; }));
  EXPECT_TRUE(refused([](Grid& g) { g.spacing.z = 0; }));
  EXPECT_TRUE(refused([](Grid& g) { g.spacing.x = -1; }));
  EXPECT_TRUE(refused([](Grid& g) { g.spacing.y = nan; }));
  EXPECT_TRUE(refused([](Grid& g) { g.spacing.y = std::numeric_limits<double>::infinity(); }));
  EXPECT_TRUE(refused([](Grid& g) { g.direction[0] = g.direction[1]; }));
  EXPECT_TRUE(refused([](Grid& g) { g.direction[2][2] = nan; }));
  EXPECT_TRUE(refused([](Grid& g) { g.origin.y = nan; }));
}

TEST(Grid, DescribesItself) {
  Grid grid = grid_of_size({181, 217, 181});
  EXPECT_EQ(grid.describe(), "181×217×181, 1×1×1 mm");
}

RC_GTEST_PROP(WithSpacing, KeepsTheExtentToAVoxelAndTheCentre, ()) {
  const Grid grid = oblique_grid({20, 31, 12}, any_vector(0.3, 3));
  const Vec3 spacing = any_vector(0.3, 6);
  const Grid result = with_spacing(grid, spacing);
  RC_ASSERT(result.spacing == spacing);
  RC_ASSERT(norm(result.centre() - grid.centre()) < 1e-9);
  for (int axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const double before = static_cast<double>(grid.size[a]) * grid.spacing[axis],
                 after = static_cast<double>(result.size[a]) * result.spacing[axis];
    RC_ASSERT(std::abs(before - after) <= spacing[axis]);
  }
}

TEST(WithSpacing, LeavesZOfFlatGridsAndRefusesZero) {
  const Grid flat = with_spacing(grid_of_size({20, 10, 1}), {2, 2, 7});
  EXPECT_EQ(flat.size, (std::array<std::int64_t, 3>{10, 5, 1}));
  EXPECT_EQ(flat.spacing.z, 1);
  for (double bad : {0.0, -2.0, std::numeric_limits<double>::quiet_NaN(), 1e-300}) {
    EXPECT_EQ(error_of([&] {
                with_spacing(grid_of_size({4, 4, 4}), {1, bad, 1});
              }),
              ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace sg

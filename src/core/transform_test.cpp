#include "core/transform.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::noise;
using test::oblique_grid;

double any_real(double low, double high) { return low + (high - low) * *rc::gen::inRange(0, 1000001) / 1e6; }
Vec3 any_vector(double low, double high) {
  return {any_real(low, high), any_real(low, high), any_real(low, high)};
}

/// Rotation up to π, scale 0.5…2, shear.
Affine any_affine() {
  Mat3 shear;
  shear[0][1] = any_real(-0.3, 0.3);
  return {rotation(any_vector(-3, 3)) * Mat3::diagonal(any_vector(0.5, 2)) * shear, any_vector(-200, 200)};
}

RC_GTEST_PROP(Affine, ThereAndBackIsCloserThanAHundredthOfAMicrometre, ()) {
  const Affine affine = any_affine();
  const LpsPoint p = as_point(any_vector(-300, 300));
  RC_ASSERT(norm(affine.inverse().apply(affine.apply(p)) - p) < 1e-5);
  RC_ASSERT(norm(compose(affine.inverse(), affine).apply(p) - p) < 1e-5);
}

RC_GTEST_PROP(Affine, ComposeAppliesTheSecondArgumentFirst, ()) {
  const Affine after = any_affine(), before = any_affine();
  const LpsPoint p = as_point(any_vector(-300, 300));
  RC_ASSERT(norm(compose(after, before).apply(p) - after.apply(before.apply(p))) < 1e-9);
}

RC_GTEST_PROP(Affine, AboutMovesTheCentreByTheShiftOnly, ()) {
  const LpsPoint centre = as_point(any_vector(-300, 300));
  const Vec3 shift = any_vector(-20, 20);
  RC_ASSERT(norm(Affine::about(centre, any_affine().matrix, shift).apply(centre) - (centre + shift)) < 1e-9);
}

TEST(Affine, SingularOnesHaveNoInverse) {
  const Affine flat{Mat3::diagonal({1, 1, 0}), {}};
  EXPECT_EQ(error_of([&] { flat.inverse(); }), ErrorCode::invalid_input);
}

TEST(Field, IsTrilinearInsideAndConstantBeyondTheBorder) {
  const Grid grid = oblique_grid({6, 5, 4});
  const Field field{noise(grid, 3, 5)};
  const auto stored = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    return Vec3{double{field.displacement.at(x, y, z, 0)}, double{field.displacement.at(x, y, z, 1)},
                double{field.displacement.at(x, y, z, 2)}};
  };
  EXPECT_NEAR(norm(field.at(grid.to_lps({3, 2, 1})) - stored(3, 2, 1)), 0, 1e-9);
  const Vec3 between = 0.25 * stored(3, 2, 1) + 0.75 * stored(4, 2, 1);
  EXPECT_NEAR(norm(field.at(grid.to_lps({3.75, 2, 1})) - between), 0, 1e-9);
  EXPECT_NEAR(norm(field.at(grid.to_lps({-40, 2, 99})) - stored(0, 2, 3)), 0, 1e-9);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NO_THROW(field.at({nan, nan, nan}));
}

TEST(Transform, AddsTheDisplacementBeforeTheAffine) {
  Volume<float> constant(grid_of_size({3, 3, 3}), 3);
  std::ranges::fill(constant.channel(0), 2.0F);
  const Transform transform{{Mat3::diagonal({10, 1, 1}), {0, 5, 0}}, Field{std::move(constant)}};
  const LpsPoint p = transform.apply({1, 1, 1});
  EXPECT_NEAR(norm(p - LpsPoint{30, 6, 1}), 0, 1e-12);
  EXPECT_EQ(Transform{}.apply({1, 2, 3}), (LpsPoint{1, 2, 3}));
}

}  // namespace
}  // namespace sg

#include "registration/affine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <ostream>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::registration {
namespace {

constexpr double degree = std::numbers::pi / 180;

/// An asymmetric phantom in 3-D (or, with z = 1, 2-D): overlapping soft ellipsoids of different brightness,
/// seen through `to_phantom`, in one of two contrasts of opposite order.
Volume<float> phantom(const Grid& grid, const Affine& to_phantom = {}, bool inverted = false) {
  struct Ellipsoid {
    Vec3 centre, radius;
    double value, inverted_value;
  };
  const Ellipsoid parts[] = {{{0, 0, 0}, {40, 50, 35}, 0.5, 0.7},      {{-15, 10, 5}, {10, 14, 9}, 0.4, -0.5},
                             {{18, -12, 8}, {8, 6, 12}, -0.3, 0.25},   {{4, 25, -10}, {12, 7, 8}, 0.35, -0.3},
                             {{-8, -28, -6}, {9, 9, 14}, -0.2, 0.2},   {{22, 18, 3}, {5, 6, 5}, 0.5, -0.6},
                             {{-22, -10, -14}, {7, 9, 6}, 0.3, -0.35}, {{6, -4, 20}, {14, 8, 5}, -0.25, 0.3}};
  Volume<float> v(grid);
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const LpsPoint p = to_phantom.apply(
            grid.to_lps({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)}));
        double sum = 0;
        for (const Ellipsoid& e : parts) {
          const double x = (p.x - e.centre.x) / e.radius.x, y = (p.y - e.centre.y) / e.radius.y,
                       z = (p.z - e.centre.z) / e.radius.z;
          const double r = std::sqrt(x * x + y * y + z * z);
          sum += (inverted ? e.inverted_value : e.value) / (1 + std::exp(20 * (r - 1)));
        }
        v.at(i, j, k) = static_cast<float>(100 * sum);
      }
    }
  }
  return v;
}

Grid centred(std::array<std::int64_t, 3> size, Vec3 spacing, LpsPoint at = {}) {
  Grid g;
  g.size = size;
  g.spacing = spacing;
  g.origin = g.origin + (at - g.centre());
  return g;
}

/// How far the estimate sends the phantom's inside from where the truth sends it.
double worst_error(const Affine& estimate, const Affine& truth, bool planar) {
  double worst = 0;
  for (double x : {-20.0, 0.0, 20.0}) {
    for (double y : {-25.0, 0.0, 25.0}) {
      for (double z : {-17.0, 0.0, 17.0}) {
        const LpsPoint p{x, y, planar ? 0 : z};
        worst = std::max(worst, norm(estimate.apply(p) - truth.apply(p)));
      }
    }
  }
  return worst;
}

/// moving(T(x)) = phantom(x) on another grid.
Volume<float> acquired(const Affine& truth, const Grid& grid, bool inverted = false) {
  return phantom(grid, truth.inverse(), inverted);
}

struct Case {
  const char* name;
  Metric metric;
  bool inverted;
  Affine truth;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class AlignAffine : public testing::TestWithParam<Case> {};

TEST_P(AlignAffine, FindsTheKnownTransform) {
  const Volume<float> fixed = phantom(centred({48, 60, 44}, {2, 2, 2}));
  const Volume<float> moving =
      acquired(GetParam().truth, centred({68, 70, 44}, {1.8, 2.1, 2.6}, GetParam().truth.apply({3, -2, 4})),
               GetParam().inverted);
  AffineOptions options;
  options.metric = GetParam().metric;
  const AffineResult result = align_affine(fixed, moving, options);
  EXPECT_LT(worst_error(result.affine, GetParam().truth, false), 0.6);  // mm, with voxels of 2 mm and more
  EXPECT_LT(result.loss_after, result.loss_before);
  EXPECT_GT(result.distinctness, 3);
  EXPECT_GT(result.overlap, 0.5);
  ASSERT_EQ(result.levels.size(), 3u);
  for (const LevelRecord& level : result.levels) EXPECT_LE(level.losses.back(), level.losses.front());
}

const Mat3 turned = rotation({18 * degree, -12 * degree, 20 * degree}) * Mat3::diagonal({1.08, 0.93, 1.05});
const Mat3 sheared{{{{1, 0.06, 0}, {0, 1, 0.04}, {0.03, 0, 1}}}};
INSTANTIATE_TEST_SUITE_P(
    Poses, AlignAffine,
    testing::Values(
        Case{"lncc_turned", Metric::lncc, false, {turned, {9, -7, 6}}},
        Case{"lncc_inverted", Metric::lncc, true, {turned * sheared, {-12, 4, 8}}},
        Case{"mutual_information_turned", Metric::mutual_information, false, {turned, {9, -7, 6}}},
        Case{"mutual_information_inverted", Metric::mutual_information, true, {turned, {5, 11, -4}}},
        Case{"lncc_far",
             Metric::lncc,
             false,
             {rotation({-40 * degree, 25 * degree, 35 * degree}), {60, -50, 40}}}),
    [](const auto& test) { return test.param.name; });

TEST(AlignAffineTest, RigidResultIsARotation) {
  const Volume<float> fixed = phantom(centred({48, 60, 44}, {2, 2, 2}));
  const Affine truth{rotation({0.2, -0.1, 0.15}), {6, -9, 3}};
  const Volume<float> moving = acquired(truth, fixed.grid());
  AffineOptions options;
  options.model = AffineModel::rigid;
  const AffineResult result = align_affine(fixed, moving, options);
  const Mat3 product = transpose(result.affine.matrix) * result.affine.matrix;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) EXPECT_NEAR(product[i][static_cast<std::size_t>(j)], i == j ? 1 : 0, 1e-9);
  }
  EXPECT_LT(worst_error(result.affine, truth, false), 0.6);
}

TEST(AlignAffineTest, SimilarityScalesAllAxesAlike) {
  const Volume<float> fixed = phantom(centred({48, 60, 44}, {2, 2, 2}));
  const Affine truth{rotation({0.1, 0.1, 0.3}) * Mat3::diagonal({1.1, 1.1, 1.1}), {3, 4, -5}};
  const Volume<float> moving = acquired(truth, centred({64, 70, 54}, {2, 2, 2}));
  AffineOptions options;
  options.model = AffineModel::similarity;
  const AffineResult result = align_affine(fixed, moving, options);
  EXPECT_NEAR(determinant(result.affine.matrix), 1.331, 0.05);  // 1 % of each scale: .5 mm at the rim
  EXPECT_LT(worst_error(result.affine, truth, false), 0.8);
}

TEST(AlignAffineTest, PlanarImagesMoveInThePlane) {
  const Volume<float> fixed = phantom(centred({160, 180, 1}, {0.7, 0.7, 1}));
  Mat3 matrix = rotation({0, 0, 15 * degree});
  matrix[0][1] += 0.05;
  const Affine truth{matrix, {8, -6, 0}};
  const Volume<float> moving = acquired(truth, centred({200, 170, 1}, {0.6, 0.8, 1}));
  const AffineResult result = align_affine(fixed, moving);
  EXPECT_LT(worst_error(result.affine, truth, true), 0.4);
  EXPECT_EQ(result.affine.matrix[2], (std::array<double, 3>{0, 0, 1}));
  EXPECT_EQ(result.affine.matrix[0][2], 0);
}

TEST(AlignAffineTest, ThreadsDoNotChangeTheResult) {
  const Volume<float> fixed = phantom(centred({40, 50, 36}, {2.4, 2.4, 2.4}));
  const Volume<float> moving = acquired({turned, {9, -7, 6}}, fixed.grid());
  const Affine several = align_affine(fixed, moving).affine;
  set_threads(1);
  const Affine one = align_affine(fixed, moving).affine;
  set_threads(0);
  EXPECT_EQ(several, one);
}

TEST(AlignAffineTest, NotFiniteVoxelsAreCountedAndPassedOver) {
  const Volume<float> fixed = phantom(centred({40, 50, 36}, {2.4, 2.4, 2.4}));
  const Affine truth{rotation({0.1, 0, 0.1}), {3, 0, 0}};
  Volume<float> moving = acquired(truth, fixed.grid());
  for (std::int64_t i = 0; i < moving.size(); i += 501) moving.data()[i] = std::nanf("");
  const AffineResult result = align_affine(fixed, moving);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_NE(result.warnings[0].find("voxels are not finite"), std::string::npos);
  EXPECT_LT(worst_error(result.affine, truth, false), 1.5);
}

std::string message_of(const Volume<float>& fixed, const Volume<float>& moving) {
  try {
    align_affine(fixed, moving);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_input);
    return e.field() + ": " + e.what();
  }
  return "no error";
}

TEST(AlignAffineTest, BadPairsAreRefused) {
  const Volume<float> good = phantom(centred({20, 24, 18}, {5, 5, 5}));
  Volume<float> constant(good.grid()), nothing(good.grid());
  for (float& v : constant.values()) v = 7;
  for (float& v : nothing.values()) v = std::nanf("");
  EXPECT_EQ(message_of(constant, good),
            "fixed: fixed image is constant (7 everywhere), expected structure to align");
  EXPECT_EQ(message_of(good, nothing), "moving: moving image holds no finite value");
  EXPECT_EQ(message_of(good, Volume<float>(good.grid(), 2)),
            "moving: moving image has 2 channels or time points, expected 1");
  EXPECT_EQ(message_of(good, phantom(centred({20, 24, 1}, {5, 5, 5}))),
            "moving: moving image is 2-D and fixed image is 3-D, expected both 2-D or both 3-D");
  Grid upright = centred({20, 24, 1}, {5, 5, 5});
  upright.direction = rotation({std::numbers::pi / 2, 0, 0});
  EXPECT_EQ(message_of(phantom(upright), phantom(upright)),
            "fixed: 2-D images must lie in the LPS xy plane to be aligned");
}

TEST(AlignAffineTest, CancelStopsTheWork) {
  const Volume<float> fixed = phantom(centred({48, 60, 44}, {2, 2, 2}));
  Context context;
  context.on_progress([&](double fraction, const std::string&) {
    if (fraction > 0.3) context.cancel();
  });
  try {
    align_affine(fixed, fixed, {}, context);
    FAIL() << "was not cancelled";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::cancelled);
  }
}

}  // namespace
}  // namespace sg::registration

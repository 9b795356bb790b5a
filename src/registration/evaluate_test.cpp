#include "registration/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/error.h"
#include "registration/pictures.h"

namespace sg::registration {
namespace {

Grid grid_of_40() {
  Grid g;
  g.size = {40, 40, 40};
  g.spacing = {2, 2, 2};
  g.origin = {-39, -39, -39};
  return g;
}

/// Two boxes, shifted by whole voxels of 2 mm.
LabelMap boxes(int shift) {
  LabelMap map{Volume<std::int32_t>(grid_of_40()), {{1, "left box"}, {2, "right box"}}};
  for (std::int64_t z = 10; z < 20; ++z) {
    for (std::int64_t y = 10; y < 20; ++y) {
      for (std::int64_t x = 5; x < 15; ++x) {
        map.voxels.at(x + shift, y, z) = 1;
        map.voxels.at(x + 15 + shift, y, z) = 2;
      }
    }
  }
  return map;
}

TEST(Evaluate, ErrorIsTheDistanceToWhereTheTruthSendsTheTarget) {
  const LabelMap labels = boxes(0);
  const Transform truth{{Mat3{}, {3, 4, 0}}, {}}, estimate{{Mat3{}, {3, 4, 12}}, {}};
  const Evaluation e = evaluate(labels.voxels.grid(), estimate, {&labels, nullptr, &truth});
  ASSERT_EQ(e.targets.positions.size(), 2u);
  EXPECT_EQ(e.targets.names[0], "left box");
  EXPECT_DOUBLE_EQ(e.error_before->median, 5);
  EXPECT_DOUBLE_EQ(e.error_after->median, 12);
  EXPECT_FALSE(e.overlap_after);
  const Table table = target_table(e);
  EXPECT_EQ(table.rows(), 2u);
  EXPECT_EQ(std::get<std::vector<double>>(table.columns[5].values)[1], 12);
}

TEST(Evaluate, WithoutLabelsALatticeIsUsed) {
  const Transform truth{{Mat3{}, {1, 0, 0}}, {}};
  const Evaluation e = evaluate(grid_of_40(), {}, {nullptr, nullptr, &truth});
  EXPECT_EQ(e.targets.positions.size(), 27u);
  EXPECT_DOUBLE_EQ(e.error_after->max, 1);
}

TEST(Evaluate, LabelsAreCarriedByThePullBack) {
  // moving = fixed shifted by +4 voxels = 8 mm along x: fixed point x lies at x + 8 mm in the moving image.
  const LabelMap fixed = boxes(0), moving = boxes(4);
  const Transform estimate{{Mat3{}, {8, 0, 0}}, {}};
  const Evaluation e = evaluate(grid_of_40(), estimate, {&fixed, &moving, nullptr});
  EXPECT_DOUBLE_EQ(e.overlap_after->mean_dice, 1);
  EXPECT_DOUBLE_EQ(e.overlap_before->mean_dice, 0.6);  // boxes of 10 voxels, 6 of them shared
  EXPECT_FALSE(e.error_after);
  EXPECT_EQ(target_table(e).rows(), 0u);
}

TEST(Evaluate, NothingKnownIsAnError) {
  const LabelMap labels = boxes(0);
  try {
    evaluate(grid_of_40(), {}, {&labels, nullptr, nullptr});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_input);
    EXPECT_STREQ(error.what(), "nothing to evaluate against: give truth, or fixed_labels and moving_labels");
  }
}

TEST(Decomposition, FindsRotationScaleShearAndShift) {
  const double degree = std::numbers::pi / 180;
  const Mat3 stretch{{{{1.1, 0.03, 0}, {0.03, 0.9, 0.02}, {0, 0.02, 1.05}}}};
  const Grid grid = grid_of_40();
  const Affine affine =
      Affine::about(grid.centre(), rotation({10 * degree, -5 * degree, 20 * degree}) * stretch, {1, 2, 3});
  const Table table = decomposition(affine, grid);
  const auto value = [&](std::size_t column, std::size_t row) {
    return std::get<std::vector<double>>(table.columns[column].values)[row];
  };
  EXPECT_NEAR(value(1, 0), 10, 1e-9);
  EXPECT_NEAR(value(2, 0), -5, 1e-9);
  EXPECT_NEAR(value(3, 0), 20, 1e-9);
  EXPECT_NEAR(value(1, 1), 1.1, 1e-9);
  EXPECT_NEAR(value(2, 1), 0.9, 1e-9);
  EXPECT_NEAR(value(3, 1), 1.05, 1e-9);
  EXPECT_NEAR(value(1, 2), 0.03, 1e-9);
  EXPECT_NEAR(value(2, 2), 0, 1e-9);
  EXPECT_NEAR(value(3, 2), 0.02, 1e-9);
  EXPECT_NEAR(value(1, 3), 1, 1e-9);
  EXPECT_NEAR(value(2, 3), 2, 1e-9);
  EXPECT_NEAR(value(3, 3), 3, 1e-9);
}

}  // namespace
}  // namespace sg::registration

#include "train/schedule.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace sg::train {
namespace {

TEST(Schedule, CosineRisesThenFallsToItsFloor) {
  const Schedule schedule({.rate = 2, .floor = 0.1, .warm_up = 4}, 25);
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.5);
  EXPECT_DOUBLE_EQ(schedule.rate(3), 2);
  EXPECT_DOUBLE_EQ(schedule.rate(4), 2);
  EXPECT_NEAR(schedule.rate(14), 2 * 0.55, 1e-12);
  EXPECT_NEAR(schedule.rate(24), 0.2, 1e-12);
}

TEST(Schedule, ConstantStays) {
  const Schedule schedule({.decay = Decay::constant, .rate = 3}, 10);
  EXPECT_EQ(schedule.rate(0), 3);
  EXPECT_EQ(schedule.rate(9), 3);
}

TEST(Schedule, PlateauDropsWhenNothingGetsBetter) {
  Schedule schedule({.decay = Decay::plateau, .rate = 1, .floor = 0.2, .patience = 2}, 100);
  for (const double loss : {3.0, 2.0, 2.5}) schedule.observe(loss);
  EXPECT_EQ(schedule.rate(50), 1);
  schedule.observe(2.0);
  EXPECT_EQ(schedule.rate(50), 0.5);
  for (int i = 0; i < 10; ++i) schedule.observe(5);
  EXPECT_EQ(schedule.rate(50), 0.2);
}

TEST(Schedule, RefusesImpossibleOptionsByName) {
  const auto field = [](const ScheduleOptions& options) {
    try {
      const Schedule schedule(options, 10);
    } catch (const Error& error) {
      return error.field();
    }
    return std::string();
  };
  EXPECT_EQ(field({.rate = 0}), "rate");
  EXPECT_EQ(field({.floor = 2}), "floor");
  EXPECT_EQ(field({.warm_up = 10}), "warm_up");
  EXPECT_EQ(field({.factor = 0}), "factor");
  EXPECT_EQ(field({.patience = 0}), "plateau_patience");
}

}  // namespace
}  // namespace sg::train

#include "evaluation/overlap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "core/error.h"
#include "core/rng.h"
#include "evaluation/operations.h"

namespace sg::evaluation {
namespace {

Grid grid_of(std::array<std::int64_t, 3> size, Vec3 spacing = {1, 1, 1}) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  return grid;
}

LabelMap filled(const Grid& grid, const std::function<std::int32_t(LpsPoint)>& label_at) {
  LabelMap map{Volume<std::int32_t>(grid), {}};
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        map.voxels.at(x, y, z) =
            label_at(grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
      }
    }
  }
  return map;
}

LabelMap box(const Grid& grid, double from, double to, std::int32_t label = 1) {
  return filled(grid, [=](LpsPoint p) {
    const auto within = [&](double v) { return v >= 2 && v <= 9; };
    return p.x >= from && p.x <= to && within(p.y) && within(p.z) ? label : 0;
  });
}

/// The definition, pair by pair.
struct BruteForce {
  double hd95, assd;
};
std::vector<LpsPoint> surface(const LabelMap& map, std::int32_t label) {
  const Grid& grid = map.voxels.grid();
  const auto is = [&](std::int64_t x, std::int64_t y, std::int64_t z) {
    if (x < 0 || y < 0 || z < 0 || x >= grid.size[0] || y >= grid.size[1] || z >= grid.size[2]) return false;
    return map.voxels.at(x, y, z) == label;
  };
  std::vector<LpsPoint> points;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const bool flat = is(x - 1, y, z) && is(x + 1, y, z) && is(x, y - 1, z) && is(x, y + 1, z);
        const bool inner = flat && (grid.is_2d() || (is(x, y, z - 1) && is(x, y, z + 1)));
        if (is(x, y, z) && !inner) {
          points.push_back(
              grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
        }
      }
    }
  }
  return points;
}
std::vector<double> directed(const std::vector<LpsPoint>& from, const std::vector<LpsPoint>& to) {
  std::vector<double> result;
  for (const LpsPoint a : from) {
    double nearest = 1e300;
    for (const LpsPoint b : to) nearest = std::min(nearest, norm(a - b));
    result.push_back(nearest);
  }
  std::sort(result.begin(), result.end());
  return result;
}
double percentile_95(const std::vector<double>& sorted) {
  const double at = .95 * static_cast<double>(sorted.size() - 1), base = std::floor(at);
  const auto i = static_cast<std::size_t>(base);
  return i + 1 < sorted.size() ? sorted[i] + (at - base) * (sorted[i + 1] - sorted[i]) : sorted[i];
}
BruteForce brute_force(const LabelMap& a, const LabelMap& b, std::int32_t label) {
  const auto sa = surface(a, label), sb = surface(b, label);
  const auto ab = directed(sa, sb), ba = directed(sb, sa);
  double sum = 0;
  for (const double d : ab) sum += d;
  for (const double d : ba) sum += d;
  return {std::max(percentile_95(ab), percentile_95(ba)), sum / static_cast<double>(ab.size() + ba.size())};
}

TEST(Overlap, OfAMapWithItselfIsPerfect) {
  const LabelMap map = box(grid_of({12, 12, 12}), 3, 7);
  const Overlap result = overlap(map, map);
  EXPECT_EQ(result.mean_dice, 1);
  EXPECT_EQ(result.mean_jaccard, 1);
  EXPECT_EQ(result.mean_hd95, 0);
  EXPECT_EQ(result.mean_assd, 0);
  EXPECT_EQ(result.labels[0].volume_difference, 0);
}

TEST(Overlap, OfShiftedBoxesInClosedForm) {
  const Grid grid = grid_of({20, 12, 12}, {2, 1, 1});
  const LabelMap a = box(grid, 4, 22, 7),
                 b = box(grid, 10, 28, 7);  // ten slabs of voxels each, shifted by three
  const Overlap result = overlap(a, b);
  ASSERT_EQ(result.labels.size(), 1u);
  EXPECT_EQ(result.labels[0].label, 7);
  EXPECT_DOUBLE_EQ(result.mean_dice, 2 * 7.0 / 20);
  EXPECT_DOUBLE_EQ(result.mean_jaccard, 7.0 / 13);
  EXPECT_DOUBLE_EQ(result.labels[0].volume_reference, 10 * 2 * 64.0);
  EXPECT_NEAR(result.mean_hd95, 6, 1e-6);  // the whole end face is three slabs of 2 mm away
}

TEST(Overlap, OfSpheresMeetsTheLens) {
  const Grid grid = grid_of({64, 56, 56});
  const double r = 20, d = 6;
  const auto ball = [&](double x) {
    return filled(grid, [=](LpsPoint p) { return norm(p - LpsPoint{x, 28, 28}) <= r ? 1 : 0; });
  };
  const Overlap result = overlap(ball(28), ball(28 + d));
  const double lens = std::numbers::pi * (4 * r + d) * (2 * r - d) * (2 * r - d) / 12;
  const double volume = 4.0 / 3 * std::numbers::pi * r * r * r;
  EXPECT_NEAR(result.mean_dice, lens / volume, .003);
  EXPECT_NEAR(result.labels[0].volume_reference, volume, .01 * volume);
  // Surfaces are |d·cos θ| apart to first order, which is uniform in 0…d over the sphere.
  EXPECT_NEAR(result.mean_hd95, .95 * d, .4);
  EXPECT_NEAR(result.mean_assd, d / 2, .35);
}

TEST(Overlap, AgreesWithBruteForceOnRandomMasks) {
  Rng rng(11);
  for (int round = 0; round < 12; ++round) {
    const bool flat = round % 4 == 3;
    const Grid grid =
        grid_of({9, 8, flat ? 1 : 7}, {rng.uniform(.5, 2), rng.uniform(.5, 2), rng.uniform(.5, 3)});
    const double density = rng.uniform(.05, .9);
    const auto random = [&] {
      return filled(grid, [&](LpsPoint) {
        return rng.uniform() < density ? 1 + static_cast<std::int32_t>(rng.below(2)) : 0;
      });
    };
    const LabelMap a = random(), b = random();
    const Overlap result = overlap(a, b);
    for (const LabelOverlap& l : result.labels) {
      if (std::isnan(l.dice)) continue;
      const BruteForce expected = brute_force(a, b, l.label);
      EXPECT_NEAR(l.hd95, expected.hd95, 1e-5) << round;
      EXPECT_NEAR(l.assd, expected.assd, 1e-5) << round;
    }
    const Overlap reversed = overlap(b, a);
    EXPECT_DOUBLE_EQ(result.mean_dice, reversed.mean_dice);
    EXPECT_DOUBLE_EQ(result.mean_hd95, reversed.mean_hd95);
    EXPECT_NEAR(result.mean_assd, reversed.mean_assd, 1e-12);
  }
}

TEST(Overlap, AbsentLabelsHaveNoValueAndStayOutOfTheMeans) {
  const Grid grid = grid_of({20, 12, 12});
  LabelMap a = box(grid, 2, 5, 1), b = box(grid, 2, 5, 1);
  a.voxels.at(15, 3, 3) = 2;
  b.voxels.at(15, 8, 8) = 3;
  a.names[2] = "only in the reference";
  const Overlap result = overlap(a, b);
  EXPECT_EQ(result.absent, (std::vector<std::int32_t>{2, 3}));
  EXPECT_EQ(result.mean_dice, 1);
  ASSERT_EQ(result.labels.size(), 3u);
  EXPECT_TRUE(std::isnan(result.labels[1].dice));
  EXPECT_TRUE(std::isnan(result.labels[1].hd95));
  EXPECT_EQ(result.labels[1].name, "only in the reference");
  EXPECT_EQ(result.labels[1].volume_reference, 1);
  EXPECT_EQ(result.labels[2].volume_candidate, 1);

  const Overlap some = overlap(a, b, {9, 1, 1});
  ASSERT_EQ(some.labels.size(), 2u);
  EXPECT_EQ(some.absent, std::vector<std::int32_t>{9});
  EXPECT_EQ(to_table(some).rows(), 2u);

  const LabelMap empty{Volume<std::int32_t>(grid), {}};
  EXPECT_TRUE(overlap(empty, empty).labels.empty());
  EXPECT_TRUE(std::isnan(overlap(empty, empty).mean_dice));
}

TEST(Overlap, NamesBothGridsWhenTheyDiffer) {
  const LabelMap a = box(grid_of({12, 12, 12}), 2, 5), b = box(grid_of({12, 12, 13}), 2, 5);
  try {
    overlap(a, b);
    FAIL();
  } catch (const Error& e) {
    const std::string what = e.what();
    EXPECT_EQ(e.field(), "candidate");
    EXPECT_NE(what.find(a.voxels.grid().describe()), std::string::npos);
    EXPECT_NE(what.find(b.voxels.grid().describe()), std::string::npos);
    EXPECT_NE(what.find("registration.apply"), std::string::npos);
  }
  LabelMap moved = box(grid_of({12, 12, 12}), 2, 5);
  Grid grid = moved.voxels.grid();
  grid.origin.x += 4;
  moved.voxels.set_grid(grid);
  EXPECT_THROW(overlap(a, moved), Error);
  EXPECT_THROW(overlap(a, a, {0}), Error);
}

TEST(Overlap, OperationIsWellDeclared) {
  EXPECT_EQ(op::verify(overlap_operation()), std::vector<std::string>{});
}

}  // namespace
}  // namespace sg::evaluation

#include "evaluation/points.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"

namespace sg::evaluation {
namespace {

TEST(Points, ErrorsInClosedForm) {
  Points truth, found;
  for (int i = 0; i <= 20; ++i) {
    truth.positions.push_back({static_cast<double>(i), 5, -3});
    found.positions.push_back({static_cast<double>(i), 5 + 3.0 * i, -3 - 4.0 * i});  // distance 5 i
  }
  const PointError error = target_registration_error(truth, found);
  EXPECT_EQ(error.distances.size(), 21u);
  EXPECT_DOUBLE_EQ(error.mean, 50);
  EXPECT_DOUBLE_EQ(error.median, 50);
  EXPECT_DOUBLE_EQ(error.percentile_95, 95);
  EXPECT_DOUBLE_EQ(error.max, 100);
  EXPECT_NEAR(error.sd, 5 * std::sqrt(38.5), 1e-9);  // variance of 0…20 is 38.5
}

TEST(Points, RefuseListsThatDoNotMatch) {
  const Points one{{{0, 0, 0}}, {}}, two{{{0, 0, 0}, {1, 0, 0}}, {}};
  EXPECT_THROW(target_registration_error(one, two), Error);
  EXPECT_THROW(target_registration_error({}, {}), Error);
  const Points bad{{{0, std::nan(""), 0}}, {}};
  EXPECT_THROW(target_registration_error(one, bad), Error);
}

TEST(Points, CentroidsInThePatientFrame) {
  Grid grid;
  grid.size = {10, 10, 4};
  grid.spacing = {2, 1, 3};
  grid.origin = {-5, 7, 11};
  grid.direction = rotation({.2, -.1, .4});
  LabelMap map{Volume<std::int32_t>(grid), {{5, "five"}}};
  for (std::int64_t x = 2; x <= 6; ++x) map.voxels.at(x, 3, 2) = 5;
  map.voxels.at(9, 9, 3) = 2;
  const Points all = label_centroids(map);
  ASSERT_EQ(all.positions.size(), 2u);
  EXPECT_EQ(all.names, (std::vector<std::string>{"2", "five"}));
  EXPECT_LT(norm(all.positions[0] - grid.to_lps({9, 9, 3})), 1e-9);
  EXPECT_LT(norm(all.positions[1] - grid.to_lps({4, 3, 2})), 1e-9);
  EXPECT_EQ(label_centroids(map, {5}).names, std::vector<std::string>{"five"});
  EXPECT_THROW(label_centroids(map, {8}), Error);
}

}  // namespace
}  // namespace sg::evaluation

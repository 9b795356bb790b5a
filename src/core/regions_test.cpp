#include "core/regions.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>
#include <vector>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::oblique_grid;

Mask random_mask(const Grid& grid, double share, std::uint64_t seed) {
  Mask mask(grid);
  Rng rng(seed);
  for (auto& v : mask.values()) v = rng.uniform() < share ? 255 : 0;
  return mask;
}

Mask any_mask() {
  const std::array<std::int64_t, 3> size{*rc::gen::inRange<std::int64_t>(1, 14),
                                         *rc::gen::inRange<std::int64_t>(1, 12),
                                         *rc::gen::inRange<std::int64_t>(1, 10)};
  const double share = *rc::gen::inRange(0, 101) / 100.0;
  return random_mask(oblique_grid(size), share * share, *rc::gen::arbitrary<std::uint64_t>());
}

struct Voxel {
  std::int64_t x, y, z;
};

std::vector<Voxel> voxels_of(const Grid& grid) {
  std::vector<Voxel> all;
  for (std::int64_t i = 0; i < grid.voxel_count(); ++i) {
    all.push_back({i % grid.size[0], i / grid.size[0] % grid.size[1], i / grid.size[0] / grid.size[1]});
  }
  return all;
}

double distance_between(const Grid& grid, Voxel a, Voxel b) {
  return norm({grid.spacing.x * static_cast<double>(a.x - b.x),
               grid.spacing.y * static_cast<double>(a.y - b.y),
               grid.spacing.z * static_cast<double>(a.z - b.z)});
}

double brute_distance(const Mask& mask, Voxel at) {
  double nearest = std::numeric_limits<double>::infinity();
  for (Voxel v : voxels_of(mask.grid())) {
    if (mask.at(v.x, v.y, v.z)) nearest = std::min(nearest, distance_between(mask.grid(), at, v));
  }
  return nearest;
}

bool equal(const Mask& a, const Mask& b) {
  return std::equal(a.values().begin(), a.values().end(), b.values().begin(), b.values().end(),
                    [](auto x, auto y) { return (x != 0) == (y != 0); });
}

bool contains(const Mask& outer, const Mask& inner) {
  for (std::int64_t i = 0; i < inner.size(); ++i) {
    if (inner.data()[i] && !outer.data()[i]) return false;
  }
  return true;
}

RC_GTEST_PROP(Distance, EqualsBruteForce, ()) {
  const Mask mask = any_mask();
  const Volume<float> distance = distance_to(mask);
  for (Voxel v : voxels_of(mask.grid())) {
    const double expected = brute_distance(mask, v);
    const double got = double{distance.at(v.x, v.y, v.z)};
    RC_ASSERT(got == expected || std::abs(got - expected) < 1e-5 * (1 + expected));
  }
}

TEST(Distance, IsInfiniteWithoutInside) {
  const Volume<float> distance = distance_to(Mask(grid_of_size({4, 3, 2})));
  for (float d : distance.values()) EXPECT_EQ(d, std::numeric_limits<float>::infinity());
}

RC_GTEST_PROP(Morphology, DilationAndErosionEqualBruteForce, ()) {
  const Mask mask = any_mask();
  const double radius = *rc::gen::inRange(0, 60) / 10.0;
  const Mask wide = dilate(mask, radius), narrow = erode(mask, radius);
  // What lies around the grid is outside: the same mask in a wider one.
  Grid around = mask.grid();
  std::array<std::int64_t, 3> margin{};
  for (std::size_t a = 0; a < 3; ++a) {
    margin[a] = around.size[a] > 1 ? 8 : 0;
    around.size[a] += 2 * margin[a];
  }
  Mask background(around);
  std::ranges::fill(background.values(), 1);
  for (Voxel v : voxels_of(mask.grid())) {
    background.at(v.x + margin[0], v.y + margin[1], v.z + margin[2]) = mask.at(v.x, v.y, v.z) == 0;
  }
  const Volume<float> to_background = distance_to(background);  // checked above
  for (Voxel v : voxels_of(mask.grid())) {
    RC_ASSERT((wide.at(v.x, v.y, v.z) != 0) == (brute_distance(mask, v) <= radius + 1e-6));
    const double d = double{to_background.at(v.x + margin[0], v.y + margin[1], v.z + margin[2])};
    RC_ASSERT((narrow.at(v.x, v.y, v.z) != 0) == (d > radius + 1e-6));
  }
}

RC_GTEST_PROP(Morphology, OpeningShrinksClosingGrowsAndBothAreIdempotent, ()) {
  const Mask mask = any_mask();
  const double radius =
      *rc::gen::inRange(0, 40) / 10.0 * (mask.grid().size[0] > 5 && mask.grid().size[1] > 5 ? 1 : 0.2);
  const Mask opened = open(mask, radius), closed = close(mask, radius);
  RC_ASSERT(contains(mask, opened));
  RC_ASSERT(contains(closed, mask));
  RC_ASSERT(equal(open(opened, radius), opened));
  RC_ASSERT(equal(close(closed, radius), closed));
}

TEST(Morphology, ARadiusOfWholeVoxelsReachesThem) {
  Grid grid = grid_of_size({11, 1, 1});
  grid.spacing = {0.1, 1, 1};
  Mask mask(grid);
  mask.at(5, 0, 0) = 1;
  const Mask wide = dilate(mask, 0.3);
  for (std::int64_t x = 0; x < 11; ++x) EXPECT_EQ(wide.at(x, 0, 0), std::abs(x - 5) <= 3);
}

TEST(Morphology, RefusesWhatItCannotUse) {
  const Mask mask = random_mask(grid_of_size({4, 4, 4}), 0.5, 1);
  for (double bad :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(error_of([&] { dilate(mask, bad); }), ErrorCode::invalid_input);
    EXPECT_EQ(error_of([&] { erode(mask, bad); }), ErrorCode::invalid_input);
    EXPECT_EQ(error_of([&] { open(mask, bad); }), ErrorCode::invalid_input);
    EXPECT_EQ(error_of([&] { close(mask, bad); }), ErrorCode::invalid_input);
  }
  EXPECT_EQ(error_of([&] { close(mask, 5); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { distance_to(Mask()); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { distance_to(Mask(mask.grid(), 2)); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { erode(Mask(), 1); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { close(Mask(), 1); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { connected_components(Mask()); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { fill_holes(Mask()); }), ErrorCode::invalid_input);
}

/// All voxels reached from `start` through inside voxels, by breadth-first search.
std::vector<std::int64_t> flood(const Mask& mask, std::int64_t start, Connectivity connectivity) {
  const auto size = mask.grid().size;
  std::vector<bool> seen(static_cast<std::size_t>(mask.size()));
  std::vector<std::int64_t> reached{start};
  seen[static_cast<std::size_t>(start)] = true;
  for (std::size_t head = 0; head < reached.size(); ++head) {
    const std::int64_t i = reached[head];
    for (std::int64_t t = 0; t < 27; ++t) {
      const std::int64_t dx = t % 3 - 1, dy = t / 3 % 3 - 1, dz = t / 9 - 1;
      if (connectivity == Connectivity::faces && std::abs(dx) + std::abs(dy) + std::abs(dz) != 1) continue;
      const std::int64_t x = i % size[0] + dx, y = i / size[0] % size[1] + dy, z = i / size[0] / size[1] + dz;
      if (x < 0 || y < 0 || z < 0 || x >= size[0] || y >= size[1] || z >= size[2]) continue;
      const std::int64_t j = mask.offset(x, y, z);
      if (mask.data()[j] == 0 || seen[static_cast<std::size_t>(j)]) continue;
      seen[static_cast<std::size_t>(j)] = true;
      reached.push_back(j);
    }
  }
  return reached;
}

RC_GTEST_PROP(ConnectedComponents, EqualFloodFill, ()) {
  const Mask mask = any_mask();
  for (Connectivity connectivity : {Connectivity::faces, Connectivity::full}) {
    const Components parts = connected_components(mask, connectivity);
    const std::int32_t* labels = parts.labels.voxels.data();
    RC_ASSERT(std::is_sorted(parts.voxels.begin(), parts.voxels.end(), std::greater<>()));
    std::int64_t inside = 0;
    std::vector<bool> checked(parts.voxels.size() + 1);
    for (std::int64_t i = 0; i < mask.size(); ++i) {
      RC_ASSERT((mask.data()[i] != 0) == (labels[i] != 0));
      if (labels[i] == 0) continue;
      ++inside;
      if (checked[static_cast<std::size_t>(labels[i])]) continue;
      checked[static_cast<std::size_t>(labels[i])] = true;
      const std::vector<std::int64_t> reached = flood(mask, i, connectivity);
      RC_ASSERT(std::ssize(reached) == parts.voxels[static_cast<std::size_t>(labels[i] - 1)]);
      for (std::int64_t j : reached) RC_ASSERT(labels[j] == labels[i]);
    }
    std::int64_t total = 0;
    for (std::int64_t n : parts.voxels) total += n;
    RC_ASSERT(total == inside);
  }
}

TEST(ConnectedComponents, TiesGoByTheFirstVoxel) {
  Mask mask(grid_of_size({9, 1, 1}));
  for (std::int64_t x : {0, 1, 3, 4, 6, 7, 8}) mask.at(x, 0, 0) = 1;
  const Components parts = connected_components(mask);
  EXPECT_EQ(parts.voxels, (std::vector<std::int64_t>{3, 2, 2}));
  EXPECT_EQ(parts.labels.voxels.at(0, 0, 0), 2);
  EXPECT_EQ(parts.labels.voxels.at(3, 0, 0), 3);
  EXPECT_EQ(parts.labels.voxels.at(6, 0, 0), 1);
}

TEST(FillHoles, FillsWhatIsEnclosedOnly) {
  for (std::int64_t depth : {1, 7}) {
    Mask mask(grid_of_size({9, 9, depth}));
    for (Voxel v : voxels_of(mask.grid())) {
      const bool shell =
          std::max(std::abs(v.x - 4), std::abs(v.y - 4)) == 3 || (depth > 1 && std::abs(v.z - 3) == 3);
      mask.at(v.x, v.y, v.z) = shell;
    }
    const std::int64_t middle = depth / 2;
    const Mask filled = fill_holes(mask);
    EXPECT_EQ(filled.at(4, 4, middle), 1);
    EXPECT_EQ(filled.at(0, 0, middle), 0);
    mask.at(1, 4, middle) = 0;  // a tunnel to the border
    EXPECT_TRUE(equal(fill_holes(mask), mask));
  }
  EXPECT_TRUE(equal(fill_holes(Mask(grid_of_size({1, 1, 1}))), Mask(grid_of_size({1, 1, 1}))));
}

}  // namespace
}  // namespace sg

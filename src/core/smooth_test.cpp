#include "core/smooth.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <numbers>
#include <vector>

#include "core/parallel.h"
#include "core/smooth_kernels.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::for_each_target;
using test::grid_of_size;
using test::noise;
using test::oblique_grid;

std::array<std::int64_t, 3> any_size() {
  return {*rc::gen::inRange<std::int64_t>(1, 40), *rc::gen::inRange<std::int64_t>(1, 24),
          *rc::gen::inRange<std::int64_t>(1, 20)};
}

std::array<int, 3> any_radius() {
  return {*rc::gen::inRange(0, 9), *rc::gen::inRange(0, 9), *rc::gen::inRange(0, 30)};
}

double inner(const Volume<float>& a, const Volume<float>& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += double{a.data()[i]} * double{b.data()[i]};
  return sum;
}

float brute_box_mean(const Volume<float>& image, std::array<int, 3> radius, std::array<std::int64_t, 3> at) {
  double sum = 0;
  std::int64_t count = 0;
  const auto [nx, ny, nz] = image.grid().size;
  for (std::int64_t z = std::max<std::int64_t>(0, at[2] - radius[2]);
       z <= std::min(nz - 1, at[2] + radius[2]); ++z) {
    for (std::int64_t y = std::max<std::int64_t>(0, at[1] - radius[1]);
         y <= std::min(ny - 1, at[1] + radius[1]); ++y) {
      for (std::int64_t x = std::max<std::int64_t>(0, at[0] - radius[0]);
           x <= std::min(nx - 1, at[0] + radius[0]); ++x) {
        sum += double{image.at(x, y, z)};
        ++count;
      }
    }
  }
  return static_cast<float>(sum / static_cast<double>(count));
}

RC_GTEST_PROP(BoxMean, EqualsTheMeanOverTheBox, ()) {
  const Volume<float> image = noise(grid_of_size(any_size()), 1, 1, *rc::gen::arbitrary<std::uint64_t>());
  const std::array<int, 3> radius = any_radius();
  const Volume<float> mean = box_mean(image, radius);
  for (int trial = 0; trial < 20; ++trial) {
    const std::int64_t i = *rc::gen::inRange<std::int64_t>(0, image.size());
    const auto size = image.grid().size;
    const float expected =
        brute_box_mean(image, radius, {i % size[0], i / size[0] % size[1], i / size[0] / size[1]});
    RC_ASSERT(std::abs(mean.data()[i] - expected) < 1e-6F);
  }
}

RC_GTEST_PROP(BoxMean, AdjointIsTheAdjoint, ()) {
  const Grid grid = grid_of_size(any_size());
  const Volume<float> a = noise(grid, 2, 1, 1), b = noise(grid, 2, 1, 2);
  const std::array<int, 3> radius = any_radius();
  const double left = inner(box_mean(a, radius), b), right = inner(a, box_mean_adjoint(b, radius));
  RC_ASSERT(std::abs(left - right) < 1e-6 * static_cast<double>(a.size() + 10));
}

RC_GTEST_PROP(BoxMean, InPlaceGivesTheSame, ()) {
  Volume<float> image = noise(grid_of_size(any_size()), 2);
  const std::array<int, 3> radius = any_radius();
  const Volume<float> mean = box_mean(image, radius), adjoint = box_mean_adjoint(image, radius);
  Volume<float> other = image.clone();
  box_mean_adjoint_into(other, radius, other);
  RC_ASSERT(std::equal(other.values().begin(), other.values().end(), adjoint.values().begin()));
  box_mean_into(image, radius, image);
  RC_ASSERT(std::equal(image.values().begin(), image.values().end(), mean.values().begin()));
}

TEST(BoxMean, LargeValuesLeaveNoTraceBehind) {
  Volume<float> image(grid_of_size({64, 3, 64}));
  image.at(0, 0, 0) = 1e9F;
  image.at(63, 2, 63) = 1e-3F;
  const Volume<float> mean = box_mean(image, {2, 1, 2});
  EXPECT_FLOAT_EQ(mean.at(63, 2, 63), 1e-3F / 18);
  EXPECT_EQ(mean.at(30, 1, 30), 0);
}

TEST(BoxMean, ResultDoesNotDependOnTheThreadCount) {
  const Volume<float> image = noise(grid_of_size({61, 47, 33}));
  set_threads(1);
  const Volume<float> one = box_mean(image, {3, 4, 5});
  set_threads(0);
  const Volume<float> all = box_mean(image, {3, 4, 5});
  EXPECT_TRUE(std::equal(one.values().begin(), one.values().end(), all.values().begin()));
}

TEST(BoxMean, RefusesWhatItCannotUse) {
  const Volume<float> image = noise(grid_of_size({4, 4, 4}));
  Volume<float> smaller(grid_of_size({4, 4, 3}));
  EXPECT_EQ(error_of([&] { box_mean(image, {1, -1, 1}); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { box_mean_into(image, {1, 1, 1}, smaller); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { box_mean(Volume<float>(), {1, 1, 1}); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { box_mean_adjoint(Volume<float>(), {1, 1, 1}); }), ErrorCode::invalid_input);
}

TEST(SmoothKernels, WindowSumsMatchReferenceOnEveryTarget) {
  for_each_target([] {
    Rng rng(5);
    for (int trial = 0; trial < 100; ++trial) {
      const auto n = 1 + static_cast<std::int64_t>(rng.below(40)),
                 width = 1 + static_cast<std::int64_t>(rng.below(700));
      const auto radius = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(n)));
      std::vector<double> before, after;
      for (std::int64_t i = 0; i < n; ++i) {
        before.push_back(rng.uniform(0.1, 2));
        after.push_back(rng.uniform(0.1, 2));
      }
      const detail::WindowSum window{n, radius, before.data(), after.data()};
      const Volume<float> data = noise(grid_of_size({n * width, 1, 1}), 1, 1, rng.next());
      Volume<float> got = data.clone(), expected = data.clone();
      detail::window_columns(got.data(), width, width, window);
      detail::window_columns_reference(expected.data(), width, width, window);
      for (std::int64_t i = 0; i < data.size(); ++i) ASSERT_NEAR(got.data()[i], expected.data()[i], 1e-5);
      detail::window_rows(data.data(), got.data(), width, window);
      detail::window_rows_reference(data.data(), expected.data(), width, window);
      for (std::int64_t i = 0; i < data.size(); ++i) ASSERT_NEAR(got.data()[i], expected.data()[i], 1e-5);
    }
  });
}

TEST(SmoothKernels, WeightedSumMatchesReferenceOnEveryTarget) {
  for_each_target([] {
    Rng rng(6);
    for (int trial = 0; trial < 200; ++trial) {
      const auto n = static_cast<std::int64_t>(rng.below(300)),
                 count = 1 + static_cast<std::int64_t>(rng.below(30));
      const Volume<float> data = noise(grid_of_size({n + count, 1, 1}), 1, 1, rng.next());
      std::vector<const float*> lines;
      std::vector<float> weights;
      for (std::int64_t k = 0; k < count; ++k) {
        lines.push_back(data.data() + k);
        weights.push_back(static_cast<float>(rng.uniform(-1, 1)));
      }
      std::vector<float> got(static_cast<std::size_t>(n) + 1, 99.0F), expected(got);
      detail::weighted_sum({lines.data(), weights.data(), count}, got.data(), n);
      detail::weighted_sum_reference({lines.data(), weights.data(), count}, expected.data(), n);
      for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], 1e-5);
    }
  });
}

RC_GTEST_PROP(Gaussian, PreservesConstants, ()) {
  Volume<float> image(oblique_grid(any_size()), 2);
  std::ranges::fill(image.values(), 37.5F);
  const Volume<float> smooth = gaussian(image, {*rc::gen::inRange(0, 60) / 10.0, 1.3, 0.1});
  for (float v : smooth.values()) RC_ASSERT(std::abs(v - 37.5F) < 1e-4F);
}

TEST(Gaussian, SpreadsAPointIntoTheSampledGaussian) {
  Grid grid = grid_of_size({41, 41, 41});
  grid.spacing = {0.5, 1, 2};
  Volume<float> image(grid);
  image.at(20, 20, 20) = 1;
  const Vec3 sigma{1.5, 2, 5};
  const Volume<float> smooth = gaussian(image, sigma);
  // The truncation at 3σ holds back 0.27 % an axis.
  const double mass = std::pow(2 * std::numbers::pi, -1.5) / (sigma.x * sigma.y * sigma.z) * 0.5 * 1 * 2;
  for (std::int64_t z = 14; z < 27; ++z) {
    for (std::int64_t x = 12; x < 29; ++x) {
      const Vec3 d{0.5 * static_cast<double>(x - 20) / sigma.x, 1 / sigma.y,
                   2 * static_cast<double>(z - 20) / sigma.z};
      ASSERT_NEAR(smooth.at(x, 21, z), mass * std::exp(-0.5 * dot(d, d)), 0.012 * mass);
    }
  }
  double total = 0;
  for (float v : smooth.values()) total += double{v};
  EXPECT_NEAR(total, 1, 1e-5);
}

TEST(Gaussian, LeavesAxesWithSigmaZeroOrSizeOne) {
  const Volume<float> image = noise(grid_of_size({9, 8, 1}));
  const Volume<float> same = gaussian(image, {0, 0, 3});
  EXPECT_TRUE(std::equal(same.values().begin(), same.values().end(), image.values().begin()));
}

TEST(Gaussian, NanSpreadsNoFurtherThanTheKernel) {
  Volume<float> image = noise(grid_of_size({30, 30, 30}));
  image.at(15, 15, 15) = std::numeric_limits<float>::quiet_NaN();
  const Volume<float> smooth = gaussian(image, {1, 1, 1});
  std::int64_t count = 0;
  for (float v : smooth.values()) count += std::isnan(v);
  EXPECT_EQ(count, 7 * 7 * 7);
}

TEST(Gaussian, RefusesWhatItCannotUse) {
  const Volume<float> image = noise(grid_of_size({4, 4, 4}));
  EXPECT_EQ(error_of([&] { gaussian(image, {1, -1, 1}); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] {
              gaussian(image, {1, std::numeric_limits<double>::quiet_NaN(), 1});
            }),
            ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { gaussian(image, {1e12, 0, 0}); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([&] { gaussian(Volume<float>(), {1, 1, 1}); }), ErrorCode::invalid_input);
}

TEST(Gradient, IsExactOnQuadraticsInsideAndLinearsAtTheBorder) {
  Grid grid = oblique_grid({12, 10, 8}, {0.5, 1, 2});
  Volume<float> image(grid);
  for (std::int64_t z = 0; z < 8; ++z) {
    for (std::int64_t y = 0; y < 10; ++y) {
      for (std::int64_t x = 0; x < 12; ++x) {
        const double px = 0.5 * static_cast<double>(x), py = static_cast<double>(y),
                     pz = 2 * static_cast<double>(z);
        image.at(x, y, z) = static_cast<float>(px * px + 3 * py - 2 * pz);
      }
    }
  }
  const Volume<float> g = gradient(image);
  EXPECT_EQ(g.channels(), 3);
  for (std::int64_t z = 0; z < 8; ++z) {
    for (std::int64_t y = 0; y < 10; ++y) {
      for (std::int64_t x = 0; x < 12; ++x) {
        const double at = x == 0 ? 0.25 : x == 11 ? 5.25 : 0.5 * static_cast<double>(x);
        ASSERT_NEAR(g.at(x, y, z, 0), 2 * at, 1e-4);
        ASSERT_NEAR(g.at(x, y, z, 1), 3, 1e-4);
        ASSERT_NEAR(g.at(x, y, z, 2), -2, 1e-4);
      }
    }
  }
}

TEST(Gradient, IsZeroOnConstantsAndAlongAxesOfSizeOne) {
  for (std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{5, 4, 3}, {1, 1, 1}, {2, 1, 7}, {9, 2, 1}}) {
    Volume<float> image(grid_of_size(size));
    std::ranges::fill(image.values(), 1000.1F);
    const Volume<float> g = gradient(image);
    for (float v : g.values()) EXPECT_EQ(v, 0);
  }
}

TEST(Gradient, RefusesWhatItCannotUse) {
  EXPECT_EQ(error_of([] { gradient(noise(grid_of_size({4, 4, 4}), 2)); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { gradient(Volume<float>()); }), ErrorCode::invalid_input);
}

TEST(Downsample, KeepsSlowWavesAndRemovesFastOnes) {
  Volume<float> slow(grid_of_size({128, 8, 8})), fast = slow.clone();
  for (std::int64_t i = 0; i < slow.size(); ++i) {
    const double x = static_cast<double>(i % 128);
    slow.data()[i] = static_cast<float>(std::sin(2 * std::numbers::pi * x / 64));
    fast.data()[i] = static_cast<float>(std::sin(2 * std::numbers::pi * x / 2.3));
  }
  const Volume<float> kept = downsample(slow, {4, 4, 4}), gone = downsample(fast, {4, 4, 4});
  EXPECT_EQ(kept.grid().size, (std::array<std::int64_t, 3>{32, 2, 2}));
  double kept_power = 0, gone_power = 0;
  for (std::int64_t i = 2; i < 30; ++i) {
    kept_power += std::pow(double{kept.at(i, 1, 1)}, 2) / 28;
    gone_power += std::pow(double{gone.at(i, 1, 1)}, 2) / 28;
  }
  EXPECT_GT(kept_power, 0.45);
  EXPECT_LT(gone_power, 1e-4);
}

TEST(Downsample, LeavesAxesThatWouldNotShrink) {
  const Volume<float> image = noise(grid_of_size({12, 10, 6}));
  const Volume<float> same = downsample(image, {1, 1, 1});
  EXPECT_TRUE(std::equal(same.values().begin(), same.values().end(), image.values().begin()));
  const Volume<float> flat = downsample(noise(grid_of_size({12, 10, 1})), {2, 2, 2});
  EXPECT_EQ(flat.grid().size, (std::array<std::int64_t, 3>{6, 5, 1}));
}

TEST(Downsample, RefusesWhatItCannotUse) {
  const Volume<float> image = noise(grid_of_size({4, 4, 4}));
  for (double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(error_of([&] { downsample(image, {1, bad, 1}); }), ErrorCode::invalid_input);
  }
  EXPECT_EQ(error_of([&] { downsample(Volume<float>(), {1, 1, 1}); }), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace sg

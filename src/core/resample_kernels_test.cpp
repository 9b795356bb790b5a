#include "core/resample_kernels.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "core/bspline.h"
#include "core/test_data.h"

namespace sg::detail {
namespace {

using test::for_each_target;
using test::noise;

/// A random image and a random row through and around it.
struct Case {
  Volume<float> image;
  RowPath path;
  std::vector<float> u[3];
  std::int64_t n;
  bool displaced;

  explicit Case(Rng& rng) {
    std::array<std::int64_t, 3> size;
    for (auto& s : size) s = 1 + static_cast<std::int64_t>(rng.below(rng.uniform() < 0.3 ? 2 : 40));
    image = noise(test::grid_of_size(size), 1, 100, rng.next());
    n = 1 + static_cast<std::int64_t>(rng.below(70));
    displaced = rng.uniform() < 0.5;
    for (int a = 0; a < 3; ++a) {
      const double extent = static_cast<double>(size[static_cast<std::size_t>(a)]);
      path.start[a] = rng.uniform(-0.3 * extent - 1, 1.2 * extent);
      path.step[a] = rng.uniform(-1.5, 1.5) * extent / static_cast<double>(n);
      for (int b = 0; b < 3; ++b) path.matrix[a][b] = static_cast<float>(rng.uniform(-1, 1));
    }
    for (auto& component : u) {
      for (std::int64_t i = 0; i < n + 16; ++i) component.push_back(static_cast<float>(rng.uniform(-2, 2)));
    }
    for (std::size_t a = 0; displaced && a < 3; ++a) path.u[a] = u[a].data();
  }
  Source source() const { return {image.data(), image.grid().size}; }
};

/// Positions are float32 within a vector: where the target lies within this of a border, either side is
/// right.
bool near_edge(const Case& c, std::int64_t i, double reach) {
  const std::array<double, 3> at = position(c.path, i);
  for (std::size_t a = 0; a < 3; ++a) {
    const double last = static_cast<double>(c.image.grid().size[a] - 1), r = last > 0 ? reach : 0.5;
    if (std::abs(at[a] + r) < 1e-4 || std::abs(at[a] - last - r) < 1e-4) return true;
  }
  return false;
}

/// Range 200 × position error of some 1e-6 voxel along three axes.
constexpr float tolerance = 5e-3F;

using RowFunction = void (*)(const Source&, const RowPath&, const BorderRule&, float*, std::int64_t);

void compare_rows(RowFunction kernel, RowFunction reference, bool clamp) {
  for_each_target([&] {
    Rng rng(11);
    for (int trial = 0; trial < 300; ++trial) {
      const Case c(rng);
      const BorderRule border{-7, clamp};
      std::vector<float> got(static_cast<std::size_t>(c.n) + 1, 1234.0F),
          expected(static_cast<std::size_t>(c.n));
      kernel(c.source(), c.path, border, got.data(), c.n);
      reference(c.source(), c.path, border, expected.data(), c.n);
      for (std::int64_t i = 0; i < c.n; ++i) {
        if (!clamp && near_edge(c, i, 0.5)) continue;
        ASSERT_NEAR(got[static_cast<std::size_t>(i)], expected[static_cast<std::size_t>(i)], tolerance)
            << "trial " << trial << " element " << i << " of " << c.n;
      }
      ASSERT_EQ(got.back(), 1234.0F) << "wrote past the row";
    }
  });
}

TEST(ResampleKernels, LinearRowMatchesReferenceOnEveryTarget) {
  compare_rows(linear_row, linear_row_reference, false);
  compare_rows(linear_row, linear_row_reference, true);
}

TEST(ResampleKernels, CubicRowMatchesReferenceOnEveryTarget) {
  compare_rows(cubic_row, cubic_row_reference, false);
}

TEST(ResampleKernels, GradientRowMatchesReferenceOnEveryTarget) {
  for_each_target([&] {
    Rng rng(12);
    std::int64_t compared = 0;
    for (int trial = 0; trial < 300; ++trial) {
      const Case c(rng);
      const auto n = static_cast<std::size_t>(c.n);
      std::vector<float> got[5], expected[5];
      for (auto& v : got) v.assign(n, 1234.0F);
      for (auto& v : expected) v.assign(n, -1234.0F);
      gradient_row(c.source(), c.path,
                   {got[0].data(), got[1].data(), got[2].data(), got[3].data(), got[4].data()}, c.n);
      gradient_row_reference(c.source(), c.path,
                             {expected[0].data(), expected[1].data(), expected[2].data(), expected[3].data(),
                              expected[4].data()},
                             c.n);
      for (std::int64_t i = 0; i < c.n; ++i) {
        // The derivative jumps from cell to cell: leave out targets on a cell's wall.
        const std::array<double, 3> at = position(c.path, i);
        bool on_wall = near_edge(c, i, 0);
        for (double x : at) on_wall = on_wall || std::abs(x - std::round(x)) < 1e-4;
        if (on_wall) continue;
        for (int f = 0; f < 5; ++f) {
          ASSERT_NEAR(got[f][static_cast<std::size_t>(i)], expected[f][static_cast<std::size_t>(i)],
                      tolerance)
              << "trial " << trial << " field " << f << " element " << i << " of " << c.n;
        }
        compared += expected[4][static_cast<std::size_t>(i)] > 0;
      }
      gradient_row(c.source(), c.path, {got[0].data(), nullptr, nullptr, nullptr, got[4].data()}, c.n);
    }
    EXPECT_GT(compared, 500);
  });
}

TEST(ResampleKernels, TargetsThatAreNotNumbersGetOutside) {
  const Volume<float> image = noise(test::grid_of_size({9, 8, 7}));
  const std::vector<float> nan(32, std::numeric_limits<float>::quiet_NaN());
  const std::vector<float> inf(32, std::numeric_limits<float>::infinity());
  for (const std::vector<float>* u : {&nan, &inf}) {
    RowPath path{.start = {1, 2, 3}, .step = {0.5, 0, 0}, .u = {u->data(), u->data(), u->data()}};
    for (auto& row : path.matrix) row[0] = 1;
    for_each_target([&] {
      for (RowFunction row : {linear_row, cubic_row}) {
        std::vector<float> out(13);
        row({image.data(), image.grid().size}, path, {.outside = 5}, out.data(), 13);
        EXPECT_EQ(out, std::vector<float>(13, 5.0F));
      }
      std::vector<float> value(13, 1.0F), inside(13, 1.0F);
      gradient_row({image.data(), image.grid().size}, path,
                   {value.data(), nullptr, nullptr, nullptr, inside.data()}, 13);
      EXPECT_EQ(inside, std::vector<float>(13, 0.0F));
      EXPECT_EQ(value, std::vector<float>(13, 0.0F));
    });
  }
}

TEST(ResampleKernels, FarAwayStartsStayInBounds) {
  const Volume<float> image = noise(test::grid_of_size({9, 8, 7}));
  for (double start : {-1e30, -1e9, 1e9, 1e30, std::numeric_limits<double>::infinity()}) {
    const RowPath path{.start = {start, 2, 3}, .step = {1, 0, 0}};
    for_each_target([&] {
      for (RowFunction row : {linear_row, cubic_row, linear_row_reference, cubic_row_reference}) {
        std::vector<float> out(20);
        row({image.data(), image.grid().size}, path, {.outside = 5}, out.data(), 20);
        EXPECT_EQ(out, std::vector<float>(20, 5.0F));
      }
    });
  }
}

TEST(BSpline, CoefficientsGiveBackTheSamples) {
  for (std::array<std::int64_t, 3> size :
       {std::array<std::int64_t, 3>{23, 14, 9}, {2, 3, 1}, {40, 1, 1}, {5, 1, 30}}) {
    const Volume<float> image = noise(test::grid_of_size(size));
    const Volume<float> c = bspline_coefficients(image, {});
    const auto tap = [](std::int64_t distance, bool skipped) {
      return skipped ? (distance == 0 ? 1.0 : 0.0) : distance == 0 ? 2.0 / 3 : 1.0 / 6;
    };
    for (std::int64_t z = 0; z < size[2]; ++z) {
      for (std::int64_t y = 0; y < size[1]; ++y) {
        for (std::int64_t x = 0; x < size[0]; ++x) {
          double sum = 0;
          for (std::int64_t t = 0; t < 27; ++t) {
            const std::int64_t dx = t % 3 - 1, dy = t / 3 % 3 - 1, dz = t / 9 - 1;
            const double w = tap(std::abs(dx), size[0] == 1) * tap(std::abs(dy), size[1] == 1) *
                             tap(std::abs(dz), size[2] == 1);
            sum += w * double{c.at(mirrored(x + dx, size[0]), mirrored(y + dy, size[1]),
                                   mirrored(z + dz, size[2]))};
          }
          ASSERT_NEAR(sum, image.at(x, y, z), 1e-5);
        }
      }
    }
  }
}

}  // namespace
}  // namespace sg::detail

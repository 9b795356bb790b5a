#include "core/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace sg {
namespace {

// Blackman and Vigna's xoshiro256++ seeded with splitmix64(0), worked out independently in Python.
TEST(Rng, GivesThePublishedSequence) {
  Rng rng(0);
  for (std::uint64_t expected :
       {0x53175d61490b23dfULL, 0x61da6f3dc380d507ULL, 0x5c0fdf91ec9a7bfcULL, 0x02eebf8c3bbe5e1aULL})
    EXPECT_EQ(rng.next(), expected);
}

TEST(Rng, MomentsAreThoseOfTheDistributions) {
  Rng rng(42);
  const int n = 400000;
  double u1 = 0, u2 = 0, g1 = 0, g2 = 0, g3 = 0, g4 = 0;
  for (int i = 0; i < n; ++i) {
    const double u = rng.uniform(), g = rng.normal();
    ASSERT_TRUE(u >= 0 && u < 1);
    u1 += u / n, u2 += u * u / n;
    g1 += g / n, g2 += g * g / n, g3 += g * g * g / n, g4 += g * g * g * g / n;
  }
  // Four standard errors of each.
  EXPECT_NEAR(u1, 0.5, 4 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(u2, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / n));
  EXPECT_NEAR(g1, 0, 4 * std::sqrt(1.0 / n));
  EXPECT_NEAR(g2, 1, 4 * std::sqrt(2.0 / n));
  EXPECT_NEAR(g3, 0, 4 * std::sqrt(15.0 / n));
  EXPECT_NEAR(g4, 3, 4 * std::sqrt(96.0 / n));
}

TEST(Rng, BelowIsEvenAndInRange) {
  Rng rng(3);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts.at(rng.below(7));
  double chi2 = 0;
  for (int c : counts) chi2 += (c - 10000.0) * (c - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 22.5);  // 6 degrees of freedom, p = 0.001
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, ForksAreReproducibleAndUncorrelated) {
  const Rng parent(9);
  Rng advanced = parent;
  advanced.next();
  EXPECT_EQ(parent.fork(3).next(), advanced.fork(3).next());
  const int n = 20000;
  for (std::uint64_t other : {1ULL, 2ULL, 1000ULL}) {
    Rng a = parent.fork(0), b = parent.fork(other);
    double product = 0;
    for (int i = 0; i < n; ++i) product += a.normal() * b.normal() / n;
    EXPECT_NEAR(product, 0, 4 / std::sqrt(static_cast<double>(n)));
  }
}

}  // namespace
}  // namespace sg

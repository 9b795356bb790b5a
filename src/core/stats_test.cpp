#include "core/stats.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float inf = std::numeric_limits<float>::infinity();

TEST(Summarize, CountsFiniteValuesApart) {
  const Summary s = summarize(std::vector<float>{2, nan, 4, inf, 9, -inf});
  EXPECT_EQ(s.count, 3);
  EXPECT_EQ(s.not_finite, 3);
  EXPECT_EQ(s.min, 2);
  EXPECT_EQ(s.max, 9);
  EXPECT_EQ(s.mean, 5);
  EXPECT_NEAR(s.sd, std::sqrt(13.0), 1e-12);
}

TEST(Summarize, OfNothingIsZero) {
  for (const std::vector<float>& none : {std::vector<float>{}, std::vector<float>{nan}}) {
    const Summary s = summarize(none);
    EXPECT_EQ(s.count, 0);
    EXPECT_EQ(s.min, 0);
    EXPECT_EQ(s.max, 0);
    EXPECT_EQ(s.sd, 0);
  }
  EXPECT_EQ(summarize(std::vector<float>{3}).sd, 0);
}

TEST(Summarize, KeepsASmallSpreadOnALargeMean) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(1e9 + i % 2);
  EXPECT_NEAR(summarize(values).sd, std::sqrt(0.25 * 1000 / 999), 1e-9);
}

RC_GTEST_PROP(Quantile, EqualsSorting, (std::vector<float> values)) {
  RC_PRE(!values.empty());
  std::vector<float> sorted = values;
  std::ranges::sort(sorted);
  const double p = *rc::gen::inRange(0, 1001) / 1000.0;
  const double place = p * static_cast<double>(sorted.size() - 1);
  const auto k = static_cast<std::size_t>(place);
  const double low = double{sorted[k]}, high = double{sorted[std::min(k + 1, sorted.size() - 1)]};
  const double expected = low + (place - static_cast<double>(k)) * (high - low);
  RC_ASSERT(quantile(values, p) == expected);
  const std::vector<double> several = quantiles(values, std::vector<double>{1, p, 0, p});
  RC_ASSERT(several ==
            (std::vector<double>{double{sorted.back()}, expected, double{sorted.front()}, expected}));
}

TEST(Quantile, LeavesOutWhatIsNotFinite) {
  EXPECT_EQ(quantile(std::vector<float>{nan, 1, inf, 3}, 0.5), 2);
  EXPECT_EQ(quantile(std::vector<double>{1, 2, 4}, 0.75), 3);
  EXPECT_TRUE(std::isnan(quantile(std::vector<float>{nan}, 0.5)));
  EXPECT_TRUE(std::isnan(quantile(std::vector<double>{}, 0.5)));
}

TEST(Quantile, RefusesSharesOutsideZeroToOne) {
  const std::vector<float> values{1, 2};
  for (double p : {-0.1, 1.1, static_cast<double>(nan)}) {
    EXPECT_EQ(error_of([&] { quantile(values, p); }), ErrorCode::invalid_input);
  }
}

TEST(Correlation, OfLinesIsOneAndOfIndependentNoiseNearZero) {
  std::vector<float> a, b, c, d;
  Rng rng(4);
  for (int i = 0; i < 20000; ++i) {
    a.push_back(static_cast<float>(rng.normal()));
    b.push_back(3 - 2 * a.back());
    c.push_back(static_cast<float>(rng.normal()));
    d.push_back(0.6F * a.back() + 0.8F * c.back());
  }
  EXPECT_NEAR(correlation(a, a), 1, 1e-12);
  EXPECT_NEAR(correlation(a, b), -1, 1e-6);
  EXPECT_NEAR(correlation(a, c), 0, 0.03);
  EXPECT_NEAR(correlation(a, d), 0.6, 0.03);
}

TEST(Correlation, LeavesOutPairsThatAreNotFinite) {
  EXPECT_NEAR(correlation(std::vector<float>{1, 2, nan, 3, 4}, std::vector<float>{2, 4, 1, inf, 8}), 1,
              1e-12);
}

TEST(Correlation, OfAConstantIsNotANumber) {
  const std::vector<float> constant(7, 0.1F), other{1, 2, 3, 4, 5, 6, 7};
  EXPECT_TRUE(std::isnan(correlation(constant, other)));
  EXPECT_TRUE(std::isnan(correlation(other, constant)));
  EXPECT_TRUE(std::isnan(correlation({}, {})));
  EXPECT_EQ(error_of([&] { correlation(std::vector<float>{1}, other); }), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace sg

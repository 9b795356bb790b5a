#include "ultrasound/ratio_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/rng.h"

namespace sg::ultrasound {
namespace {

TEST(RatioKernels, LogarithmsAgreeWithTheLibrary) {
  Rng rng(5);
  for (const std::int64_t n : {1, 7, 16, 40}) {
    std::vector<float> values, found(static_cast<std::size_t>(n));
    for (std::int64_t i = 0; i < n; ++i) values.push_back(static_cast<float>(std::exp(rng.uniform(-20, 20))));
    values[0] = 0;
    detail::log_row(values.data(), n, 0.01F, found.data());
    EXPECT_EQ(found[0], 0);
    for (std::size_t i = 1; i < values.size(); ++i)
      EXPECT_NEAR(found[i], std::log(std::max(values[i], 0.01F)), 1e-5);
  }
}

TEST(RatioKernels, SumsOfRatiosAgreeWithPlainLoops) {
  Rng rng(4);
  for (const std::int64_t n : {1, 2, 15, 16, 17, 18, 33, 64, 100})
    for (const std::int64_t right : {1, 3}) {
      std::vector<std::vector<float>> rows(6);
      for (std::size_t r = 0; r < 6; ++r)
        for (std::int64_t i = 0; i < n; ++i)
          rows[r].push_back(
              static_cast<float>(r % 3 == 2 ? rng.below(2) : rng.uniform(r % 3 == 1 ? 0 : 1, 90)));
      for (const bool weighted : {false, true})
        for (const bool last : {false, true}) {
          const detail::RatioRow here{rows[0].data(), rows[1].data(), weighted ? rows[2].data() : nullptr},
              below{rows[3].data(), rows[4].data(), weighted ? rows[5].data() : nullptr};
          const auto a = detail::ratio_sums(here, last ? nullptr : &below, n, right, 9),
                     b = detail::ratio_sums_reference(here, last ? nullptr : &below, n, right, 9);
          EXPECT_NEAR(a.error, b.error, 1e-5 * b.error);
          EXPECT_NEAR(a.energy, b.energy, 1e-5 * b.energy);
          EXPECT_NEAR(a.product, b.product, 1e-5 * b.square + 1e-9) << n << " " << right;
          EXPECT_NEAR(a.square, b.square, 1e-5 * b.square);
        }
    }
}

}  // namespace
}  // namespace sg::ultrasound

#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace sg {

/// Moments and extremes of the finite values; NaN and ±inf are counted apart, never mixed in.
struct Summary {
  std::int64_t count = 0;       // finite values
  std::int64_t not_finite = 0;  // NaN or ±inf
  double min = 0, max = 0, mean = 0;
  double sd = 0;  // divides by count − 1
};
Summary summarize(std::span<const float> values);
Summary summarize(std::span<const double> values);

/// The p-quantile, p in 0…1, linear between order statistics (type 7 of Hyndman & Fan 1996,
/// doi:10.2307/2684934); non-finite values are left out. NaN if nothing is left. Throws invalid_input for p
/// outside 0…1. O(n).
double quantile(std::span<const float> values, double p);
double quantile(std::span<const double> values, double p);
/// The same of some 8,000 values spread evenly over all: of images, whose neighbours are alike, as good as
/// the whole and a hundred times faster.
double sampled_quantile(std::span<const float> values, double p);
/// Several at once, one partial sort.
std::vector<double> quantiles(std::span<const float> values, std::span<const double> p);

/// Pearson's r over the pairs of finite values; NaN if either side is constant. Throws invalid_input for
/// unequal lengths.
double correlation(std::span<const float> a, std::span<const float> b);

}  // namespace sg

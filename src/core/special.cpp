#include "core/special.h"

#include <cmath>
#include <limits>

namespace sg {
namespace {

constexpr double far = 10;  // from here on the series is exact to 1e-13

}  // namespace

double digamma(double x) {
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (; x < far; ++x) sum -= 1 / x;
  const double s = 1 / (x * x);
  return sum + std::log(x) - 0.5 / x -
         s * (1.0 / 12 -
              s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132 - s * 691.0 / 32760)))));
}

double trigamma(double x) {
  if (!(x > 0)) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (; x < far; ++x) sum += 1 / (x * x);
  const double s = 1 / (x * x);
  return sum + 1 / x + 0.5 * s +
         s / x *
             (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66 - s * 691.0 / 2730)))));
}

}  // namespace sg

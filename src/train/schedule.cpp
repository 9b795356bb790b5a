#include "train/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "train/expect.h"

namespace sg::train {

Schedule::Schedule(const ScheduleOptions& options, std::int64_t steps) : options_(options), steps_(steps) {
  expect(options.rate > 0 && std::isfinite(options.rate), "rate", options.rate, "a number > 0");
  expect(options.floor >= 0 && options.floor <= 1, "floor", options.floor, "0 to 1");
  expect(options.factor > 0 && options.factor <= 1, "factor", options.factor, "0 to 1, not 0");
  expect(options.warm_up >= 0 && options.warm_up < steps, "warm_up", static_cast<double>(options.warm_up),
         "0 to less than the steps");
  expect(options.patience >= 1, "plateau_patience", options.patience, "1 or more");
}

double Schedule::rate(std::int64_t step) const {
  if (step < options_.warm_up)
    return options_.rate * static_cast<double>(step + 1) / static_cast<double>(options_.warm_up);
  if (options_.decay == Decay::plateau) return options_.rate * std::max(state.scale, options_.floor);
  if (options_.decay == Decay::constant) return options_.rate;
  const auto length = static_cast<double>(std::max<std::int64_t>(steps_ - 1 - options_.warm_up, 1));
  const double t = std::min(1.0, static_cast<double>(step - options_.warm_up) / length);
  return options_.rate * (options_.floor + (1 - options_.floor) * (1 + std::cos(std::numbers::pi * t)) / 2);
}

void Schedule::observe(double loss) {
  if (loss < state.best) {
    state.best = loss;
    state.waited = 0;
  } else if (++state.waited >= options_.patience) {
    state.waited = 0;
    state.scale *= options_.factor;
  }
}

}  // namespace sg::train

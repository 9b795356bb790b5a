#pragma once
#include <cstdint>
#include <limits>

namespace sg::train {

enum class Decay { constant, cosine, plateau };

struct ScheduleOptions {
  Decay decay = Decay::cosine;
  double rate = 1e-3;        // the highest
  double floor = 0.01;       // the lowest, as a share of it
  std::int64_t warm_up = 0;  // steps until the highest is reached
  double factor = 0.5;       // plateau: what each drop leaves
  int patience = 3;          // plateau: validations without a lower loss before a drop
};

/// Learning rate of each step. Warm-up: rate·(step+1)/warm_up. Then constant, or cosine (Loshchilov & Hutter
/// 2017, arXiv:1608.03983) rate·(floor + (1−floor)·(1+cos πt)/2) with t from 0 after the warm-up to 1 at the
/// last step, or plateau: times `factor`, down to the floor, whenever `patience` validations in a row were no
/// better.
class Schedule {
 public:
  /// What a checkpoint keeps.
  struct State {
    double scale = 1, best = std::numeric_limits<double>::infinity();
    int waited = 0;
  };

  /// Throws invalid_input naming the option: rate not > 0, floor or factor not in 0…1, warm_up not in
  /// 0…steps−1, patience < 1.
  Schedule(const ScheduleOptions& options, std::int64_t steps);
  /// Of a step, 0…steps−1.
  double rate(std::int64_t step) const;
  /// Tells plateau of a validation.
  void observe(double loss);

  State state;

 private:
  ScheduleOptions options_;
  std::int64_t steps_;
};

}  // namespace sg::train

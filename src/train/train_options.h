#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "train/optimizer.h"
#include "train/schedule.h"

namespace sg::train {

struct TrainOptions {
  std::int64_t steps = 1000, batch = 1;  // batch: of each process
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  double average = 0;                 // decay of the moving average of the weights (average.h), 0 = none
  double clip = 0;                    // largest norm of the gradient, 0 = any
  bool mixed = false;                 // bfloat16 where libtorch's autocast takes it; CUDA only
  std::uint64_t seed = 0;             // first weights and examples
  std::string start;                  // weights file to begin with instead of random ones; "" = random
  std::string device = "cpu";         // or "cuda", "cuda:1"
  int threads = 0, generators = 1;    // of libtorch (0 = all cores), and that make examples
  std::int64_t validate_every = 0;    // steps; 0 = at the end only
  int patience = 0;                   // validations without a lower loss before training stops; 0 = never
  std::int64_t checkpoint_every = 0;  // steps; 0 = when interrupted and at the end only
};

/// Throws invalid_input naming the option at fault. What belongs to optimizer, schedule and average is
/// checked by these.
void check(const TrainOptions& options);
/// Throws invalid_input for what is no device, unavailable for one that is not there.
torch::Device device_of(const TrainOptions& options);
/// Options as they stand in checkpoints and training.json.
nlohmann::ordered_json to_json(const TrainOptions& options);

}  // namespace sg::train

#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/context.h"
#include "train/export.h"
#include "train/group.h"
#include "train/task.h"
#include "train/train_options.h"

namespace sg::train {

struct StepReport {
  std::int64_t step = 0, steps = 0;  // steps done, and to do
  double loss = 0, rate = 0, seconds = 0, seconds_left = 0;
  Metrics validation;  // empty unless this step was followed by one
};

/// Where and how one call of `train` works.
struct TrainRun {
  std::filesystem::path folder;
  bool resume = false;
  Group& group;                                   // processes that train together
  std::function<void(const StepReport&)> report;  // after every step; may be empty; rank 0 only
  Context context;                                // cancel
  ExportOptions model = {};
};

struct TrainResult {
  std::int64_t steps = 0;      // done, all calls together
  bool interrupted = false;    // by Context::cancel
  bool stopped_early = false;  // by patience
  Metrics validation;          // the last one
};

/// Trains task.graph() from nn::initial_weights(seed), or on from the checkpoint in `folder`. There it leaves
/// checkpoint.safetensors (all that going on needs), metrics.jsonl (one object a step), and, at every
/// checkpoint and at the end, a model (export.h: weights.safetensors, the moving average if there is one,
/// with patience those of the best validation; card.json, card.md) and training.json (task, options,
/// hardware, times, metrics). Files are replaced by renaming. Cancelling finishes the step, writes the
/// checkpoint and returns.
///
/// On the CPU an interrupted training that is taken up again gives, with the same number of threads, the same
/// weights bit for bit as one that was not interrupted. Validation uses the weights that would be written.
///
/// Throws invalid_input naming the option at fault; conflict where `folder` holds a training and `resume` is
/// false, or where it is one of another task or other options; unavailable for a device that is not there;
/// what the task throws; internal when the loss is no number.
TrainResult train(const Task& task, const TrainOptions& options, const TrainRun& run);

}  // namespace sg::train

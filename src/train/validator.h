#pragma once
#include <map>

#include "train/graph_module.h"
#include "train/group.h"
#include "train/task.h"

namespace sg::train {

/// The batch axis in front, on the device.
Tensors stacked(const std::vector<Example>& examples, std::vector<nn::Tensor> Example::*part,
                const torch::Device& device);

/// Measures a network on a task's validation examples, which it keeps once made. Processes share the work and
/// all get the same result.
class Validator {
 public:
  Validator(const Task& task, const torch::Device& device, Group& group)
      : task_(task), device_(device), group_(group) {}
  /// "loss" and the task's metrics, each the mean of the examples where it is a number. Leaves the module in
  /// evaluation mode.
  Metrics measure(GraphModule& module);

 private:
  Metrics measure_one(GraphModule& module, std::int64_t index);

  const Task& task_;
  torch::Device device_;
  Group& group_;
  std::map<std::int64_t, std::vector<Example>> examples_;
};

}  // namespace sg::train

#pragma once
#include <cstdint>
#include <vector>

#include "train/graph_module.h"

namespace sg::train {

/// Exponential moving average of the weights (Polyak & Juditsky 1992, doi:10.1137/0330046):
/// a ← d·a + (1−d)·w after every step, d = min(decay, (1+step)/(10+step)) so that the first weights are soon
/// forgotten. Observed tensors (running_mean, …) are copied.
class Average {
 public:
  /// Throws invalid_input unless decay is in 0…1, without 1.
  Average(const GraphModule& module, double decay);
  /// `step` counts from 0.
  void update(const GraphModule& module, std::int64_t step);
  /// Exchanges the module's weights with these; twice is back.
  void swap(GraphModule& module);
  /// Live tensors, in the order of GraphModule::weights.
  const std::vector<torch::Tensor>& values() const { return values_; }
  NamedWeights store(const GraphModule& module) const;

 private:
  double decay_;
  std::vector<torch::Tensor> values_;
};

}  // namespace sg::train

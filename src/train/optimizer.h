#pragma once
#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "train/graph_module.h"

namespace sg::train {

enum class Method { adamw, sgd };

struct OptimizerOptions {
  Method method = Method::adamw;
  double weight_decay = 0.01;
  double momentum = 0.9;  // sgd, and AdamW's β₁
  double second = 0.999;  // AdamW's β₂
  double epsilon = 1e-8;
};

/// Changes weights by their gradients. AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) or SGD with
/// momentum (v ← momentum·v + g, w ← w − rate·v); the decay w ← w·(1 − rate·weight_decay) is apart from the
/// gradient and spares biases and norms (weights of one axis). Its state is plain named tensors, so that a
/// checkpoint is one file without pickles and the same for every version of libtorch.
class Optimizer {
 public:
  /// Throws invalid_input naming the option: weight_decay < 0, momentum or second not in 0…1 (without 1),
  /// epsilon not > 0.
  Optimizer(const GraphModule& module, const OptimizerOptions& options);

  void clear_gradients();
  /// √Σg² over all weights; gradients are scaled down to `most` if it is larger (most > 0).
  double clip_gradients(double most);
  void step(double rate);

  /// Live tensors: "first.<weight>" and, with AdamW, "second.<weight>".
  std::vector<std::pair<std::string, torch::Tensor>> state() const;
  std::int64_t steps = 0;  // taken so far; with state() all that must be kept

 private:
  OptimizerOptions options_;
  std::vector<GraphModule::Weight> weights_;
  std::vector<torch::Tensor> first_, second_;
};

}  // namespace sg::train

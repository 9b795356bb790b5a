#pragma once
#include <torch/torch.h>

#include <span>
#include <vector>

#include "nn/layers.h"

namespace sg::train {

/// What a layer of nn/layers.h gives in libtorch. `weights` in the order of nn::parameter_shapes. `training`
/// decides how batch norm takes its statistics.
torch::Tensor layer_forward(const nn::Kind& kind, std::span<const torch::Tensor> inputs,
                            std::span<const torch::Tensor> weights, bool training);

}  // namespace sg::train

#pragma once
#include <vector>

#include "nn/tensor.h"

namespace sg::train {

/// One sample: what goes into the network and what should come out of it, without the batch axis.
struct Example {
  std::vector<nn::Tensor> inputs, targets;
};

}  // namespace sg::train

#pragma once
#include <vector>

#include "nn/engine.h"

namespace sg::nn {

/// The layers as layers.h defines them, in plain loops and double precision: what the engine is tested
/// against. Slow (about 10⁸ multiply-adds a second).
std::vector<Tensor> run_reference(const Graph& graph, const NamedTensors& weights,
                                  const std::vector<const Tensor*>& inputs);

}  // namespace sg::nn

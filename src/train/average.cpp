#include "train/average.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace sg::train {

Average::Average(const GraphModule& module, double decay) : decay_(decay) {
  if (!(decay >= 0 && decay < 1))
    throw Error(ErrorCode::invalid_input, fmt::format("average is {}, expected 0 to less than 1", decay),
                "average");
  for (const GraphModule::Weight& weight : module.weights()) values_.push_back(weight.value.detach().clone());
}

void Average::update(const GraphModule& module, std::int64_t step) {
  torch::NoGradGuard no_gradient;
  const auto done = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + done) / (10 + done));
  const std::vector<GraphModule::Weight> weights = module.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].trained)
      values_[i].mul_(decay).add_(weights[i].value, 1 - decay);
    else
      values_[i].copy_(weights[i].value);
  }
}

void Average::swap(GraphModule& module) {
  torch::NoGradGuard no_gradient;
  const std::vector<GraphModule::Weight> weights = module.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const torch::Tensor kept = weights[i].value.detach().clone();
    torch::Tensor value = weights[i].value;
    value.copy_(values_[i]);
    values_[i].copy_(kept);
  }
}

NamedWeights Average::store(const GraphModule& module) const {
  NamedWeights all;
  const std::vector<GraphModule::Weight> weights = module.weights();
  for (std::size_t i = 0; i < weights.size(); ++i) all.emplace_back(weights[i].name, from_torch(values_[i]));
  return all;
}

}  // namespace sg::train

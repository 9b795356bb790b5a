#include "train/validator.h"

#include <algorithm>
#include <cmath>

namespace sg::train {

Tensors stacked(const std::vector<Example>& examples, std::vector<nn::Tensor> Example::*part,
                const torch::Device& device) {
  Tensors all;
  for (std::size_t i = 0; i < (examples[0].*part).size(); ++i) {
    Tensors each;
    for (const Example& example : examples) each.push_back(to_torch((example.*part)[i]));
    all.push_back(torch::stack(each).to(device));
  }
  return all;
}

Metrics Validator::measure_one(GraphModule& module, std::int64_t index) {
  std::vector<Example>& example = examples_[index];
  if (example.empty()) example.push_back(task_.validation(index));
  const Tensors inputs = stacked(example, &Example::inputs, device_);
  const Tensors targets = stacked(example, &Example::targets, device_);
  const Tensors outputs = module.forward(inputs);
  Metrics all{{"loss", task_.loss(outputs, targets).item<double>()}};
  for (auto& metric : task_.metrics(inputs, outputs, targets)) all.push_back(std::move(metric));
  return all;
}

Metrics Validator::measure(GraphModule& module) {
  const std::int64_t count = task_.validation_size();
  torch::NoGradGuard no_gradient;
  module.eval();
  Metrics result;
  std::vector<double> sums;  // of each metric, and how many examples had it
  // A process without an example of its own measures one that counts for nothing, to know what the metrics
  // are.
  for (std::int64_t i = group_.rank(); count > 0 && (i < count || result.empty()); i += group_.size()) {
    const Metrics found = measure_one(module, std::min(i, count - 1));
    if (result.empty()) result = found;
    sums.resize(2 * result.size());
    for (std::size_t m = 0; m < found.size(); ++m) {
      if (i >= count || std::isnan(found[m].second)) continue;
      sums[2 * m] += found[m].second;
      sums[2 * m + 1] += 1;
    }
  }
  std::vector<torch::Tensor> shared{torch::tensor(sums, torch::kFloat64).to(device_)};
  group_.average(shared);
  const torch::Tensor means = shared[0].to(torch::kCPU);
  for (std::size_t m = 0; m < result.size(); ++m) {
    const auto at = static_cast<std::int64_t>(2 * m);
    result[m].second = means[at].item<double>() / means[at + 1].item<double>();
  }
  return result;
}

}  // namespace sg::train

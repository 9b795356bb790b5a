#include "train/optimizer.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "train/expect.h"

namespace sg::train {

Optimizer::Optimizer(const GraphModule& module, const OptimizerOptions& options) : options_(options) {
  expect(options.weight_decay >= 0, "weight_decay", options.weight_decay, "0 or more");
  expect(options.momentum >= 0 && options.momentum < 1, "momentum", options.momentum, "0 to less than 1");
  expect(options.second >= 0 && options.second < 1, "second", options.second, "0 to less than 1");
  expect(options.epsilon > 0, "epsilon", options.epsilon, "more than 0");
  for (GraphModule::Weight& weight : module.weights()) {
    if (!weight.trained) continue;
    first_.push_back(torch::zeros_like(weight.value));
    if (options.method == Method::adamw) second_.push_back(torch::zeros_like(weight.value));
    weights_.push_back(std::move(weight));
  }
}

void Optimizer::clear_gradients() {
  for (GraphModule::Weight& weight : weights_) weight.value.mutable_grad().reset();
}

double Optimizer::clip_gradients(double most) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> norms;
  for (const GraphModule::Weight& weight : weights_)
    if (weight.value.grad().defined()) norms.push_back(weight.value.grad().norm());
  if (norms.empty()) return 0;
  const double norm = torch::stack(norms).norm().item<double>();
  if (most > 0 && norm > most)
    for (GraphModule::Weight& weight : weights_)
      if (weight.value.grad().defined()) weight.value.mutable_grad().mul_(most / norm);
  return norm;
}

void Optimizer::step(double rate) {
  torch::NoGradGuard no_gradient;
  ++steps;
  const double bias = 1 - std::pow(options_.momentum, steps),
               second_bias = 1 - std::pow(options_.second, steps);
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    torch::Tensor& value = weights_[i].value;
    const torch::Tensor gradient = value.grad();
    if (!gradient.defined()) continue;
    if (value.dim() > 1) value.mul_(1 - rate * options_.weight_decay);
    if (options_.method == Method::sgd) {
      first_[i].mul_(options_.momentum).add_(gradient);
      value.add_(first_[i], -rate);
      continue;
    }
    first_[i].mul_(options_.momentum).add_(gradient, 1 - options_.momentum);
    second_[i].mul_(options_.second).addcmul_(gradient, gradient, 1 - options_.second);
    const torch::Tensor divisor = (second_[i].sqrt() / std::sqrt(second_bias)).add_(options_.epsilon);
    value.addcdiv_(first_[i], divisor, -rate / bias);
  }
}

std::vector<std::pair<std::string, torch::Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, torch::Tensor>> all;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    all.emplace_back("first." + weights_[i].name, first_[i]);
    if (!second_.empty()) all.emplace_back("second." + weights_[i].name, second_[i]);
  }
  return all;
}

}  // namespace sg::train

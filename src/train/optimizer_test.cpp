#include "train/optimizer.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "train/average.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

const nn::Graph& small() {
  static const nn::Graph graph = nn::denoiser({.channels = 3, .levels = 1});
  return graph;
}

/// Two steps of ours and of libtorch's from the same weights and gradients.
template <class Theirs>
void compare(const OptimizerOptions& ours, Theirs make) {
  GraphModule a(small()), b(small());
  a.load(nn::initial_weights(small(), 1));
  b.load(nn::initial_weights(small(), 1));
  Optimizer mine(a, ours);
  std::vector<torch::Tensor> weights;
  for (const auto& weight : b.weights()) weights.push_back(weight.value);
  auto theirs = make(weights);
  torch::manual_seed(5);
  for (int step = 0; step < 2; ++step) {
    const torch::Tensor x = torch::randn({1, 1, 6, 6});
    mine.clear_gradients();
    theirs.zero_grad();
    a.forward({x})[0].square().sum().backward();
    b.forward({x})[0].square().sum().backward();
    mine.step(0.01);
    theirs.step();
  }
  const auto x = a.weights(), y = b.weights();
  for (std::size_t i = 0; i < x.size(); ++i)
    EXPECT_TRUE(torch::allclose(x[i].value, y[i].value, 1e-5, 1e-7)) << x[i].name;
}

TEST(Optimizer, AdamwAgreesWithLibtorch) {
  compare({.weight_decay = 0}, [](const std::vector<torch::Tensor>& weights) {
    return torch::optim::AdamW(weights, torch::optim::AdamWOptions(0.01).weight_decay(0));
  });
}

TEST(Optimizer, SgdAgreesWithLibtorch) {
  compare({.method = Method::sgd, .weight_decay = 0}, [](const std::vector<torch::Tensor>& weights) {
    return torch::optim::SGD(weights, torch::optim::SGDOptions(0.01).momentum(0.9));
  });
}

TEST(Optimizer, DecayShrinksKernelsAndSparesBiases) {
  GraphModule module(small());
  module.load(nn::initial_weights(small(), 1));
  const torch::Tensor kernel = module.weights()[0].value, bias = module.weights()[1].value;
  {
    torch::NoGradGuard no_gradient;
    bias.fill_(1);
  }
  const torch::Tensor before = kernel.detach().clone();
  Optimizer optimizer(module, {.weight_decay = 0.5});
  for (const auto& weight : module.weights()) weight.value.mutable_grad() = torch::zeros_like(weight.value);
  optimizer.step(0.1);
  EXPECT_TRUE(torch::allclose(kernel, before * 0.95));
  EXPECT_TRUE(torch::allclose(bias, torch::ones_like(bias)));
}

TEST(Optimizer, ClipsTheNormOfAllGradientsTogether) {
  GraphModule module(small());
  Optimizer optimizer(module, {});
  double square = 0;
  for (const auto& weight : module.weights()) {
    weight.value.mutable_grad() = torch::full_like(weight.value, 2);
    square += 4.0 * static_cast<double>(weight.value.numel());
  }
  EXPECT_NEAR(optimizer.clip_gradients(1e6), std::sqrt(square), 1e-3);
  EXPECT_NEAR(optimizer.clip_gradients(0.5), std::sqrt(square), 1e-3);
  EXPECT_NEAR(optimizer.clip_gradients(0), 0.5, 1e-5);
}

TEST(Optimizer, RefusesImpossibleOptions) {
  const GraphModule module(small());
  EXPECT_THROW(Optimizer(module, {.weight_decay = -1}), Error);
  EXPECT_THROW(Optimizer(module, {.momentum = 1}), Error);
  EXPECT_THROW(Optimizer(module, {.second = 1}), Error);
  EXPECT_THROW(Optimizer(module, {.epsilon = 0}), Error);
}

TEST(Average, FollowsTheWeightsByItsFormula) {
  GraphModule module(small());
  Average average(module, 0.9);
  double expected = 0;
  for (int step = 0; step < 30; ++step) {
    torch::NoGradGuard no_gradient;
    for (const auto& weight : module.weights()) weight.value.fill_(step);
    average.update(module, step);
    const double decay = std::min(0.9, (1.0 + step) / (10.0 + step));
    expected = decay * expected + (1 - decay) * step;
  }
  EXPECT_NEAR(average.values()[0].mean().item<double>(), expected, 1e-4);
  average.swap(module);
  EXPECT_NEAR(module.weights()[0].value.mean().item<double>(), expected, 1e-4);
  average.swap(module);
  EXPECT_EQ(module.weights()[0].value.mean().item<double>(), 29);
  EXPECT_THROW(Average(module, 1), Error);
}

}  // namespace
}  // namespace sg::train

#include "nn/engine.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "nn/layer_cases.h"
#include "nn/networks.h"
#include "nn/reference.h"

namespace sg::nn {
namespace {

/// Runs the graph on random inputs of these shapes by the engine and by plain loops.
void expect_agreement(const Graph& graph, const std::vector<Shape>& shapes, Rng& rng, const std::string& what,
                      double tolerance = 1e-5) {
  SCOPED_TRACE(what);
  const NamedTensors weights = random_weights(graph, rng);
  std::vector<Tensor> inputs;
  std::vector<const Tensor*> given;
  for (const Shape& shape : shapes) inputs.push_back(random_tensor(shape, rng));
  for (const Tensor& input : inputs) given.push_back(&input);
  Engine engine(graph, weights, shapes);
  const std::vector<Tensor> wanted = run_reference(graph, weights, given);
  for (int again = 0; again < 2; ++again) {  // a second run finds the arena full of the first one's values
    const std::vector<Tensor> got = engine.run(given);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_LE(relative_difference(got[i], wanted[i]), tolerance) << engine.plan();
  }
}

using Cases = std::vector<LayerCase> (*)(Rng&, std::int64_t);

class Layers : public ::testing::TestWithParam<int> {
 protected:
  void check(Cases cases) {
    for (const LayerCase& one : cases(rng, channels))
      for (const Graph& graph : graphs_of(one)) expect_agreement(graph, one.shapes, rng, one.what);
  }
  Rng rng = Rng(static_cast<std::uint64_t>(GetParam()) + 1);
  std::int64_t channels = channels_of_case(GetParam());
};

TEST_P(Layers, Convolution) { check(convolution_cases); }
TEST_P(Layers, TransposedConvolution) { check(transposed_convolution_cases); }
TEST_P(Layers, LinearAndSequences) { check(sequence_cases); }
TEST_P(Layers, Norms) { check(norm_cases); }
TEST_P(Layers, Activations) { check(activation_cases); }
TEST_P(Layers, Pooling) { check(pooling_cases); }
TEST_P(Layers, Upsampling) { check(upsampling_cases); }
TEST_P(Layers, JoiningAndCutting) { check(joining_cases); }
TEST_P(Layers, ShapesAndProducts) { check(shape_cases); }
TEST_P(Layers, Warping) { check(warp_cases); }

TEST_P(Layers, NormsKeepTheirPrecisionFarFromZero) {
  Graph g;
  const Value x = g.input("x", {1, channels, 20, 31});
  g.output("y", g.add("norm", InstanceNorm{}, x));
  Tensor far = random_tensor({1, channels, 20, 31}, rng);
  for (std::int64_t i = 0; i < far.size(); ++i) far.data()[i] += 1000;
  NamedTensors weights = random_weights(g, rng);
  Engine engine(g, weights, {far.shape});
  EXPECT_LE(relative_difference(engine.run({&far})[0], run_reference(g, weights, {&far})[0]), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Random, Layers, ::testing::Range(0, 8));

TEST(Engine, WholeNetworksAgreeOnOddSizes) {
  Rng rng(5);
  for (const Normalization norm : {Normalization::none, Normalization::batch, Normalization::instance}) {
    UNet small{.channels = {4, 8, 16}, .norm = norm};
    small.outputs = 3;
    expect_agreement(unet(small), {{1, 1, 11, 13, 9}}, rng, "3-D U-Net", 5e-5);
    small.channels = {16, 32};
    expect_agreement(unet(small), {{2, 1, 7, 5, 6}}, rng, "3-D U-Net in blocks, two samples", 5e-5);
    small.axes = 2;
    expect_agreement(unet(small), {{1, 1, 33, 18}}, rng, "2-D U-Net", 5e-5);
  }
  expect_agreement(denoiser({}), {{1, 1, 31, 17}}, rng, "denoiser");
}

TEST(Engine, ResultsDoNotDependOnTheThreadCount) {
  Rng rng(6);
  const Graph graph = unet({.channels = {8, 16}, .norm = Normalization::instance});
  const NamedTensors weights = random_weights(graph, rng);
  const Tensor input = random_tensor({1, 1, 40, 50, 44}, rng);
  std::vector<Tensor> results;
  for (const int threads : {1, 2, 3}) {
    set_threads(threads);
    Engine engine(graph, weights, {input.shape});
    results.push_back(engine.run({&input})[0].clone());
  }
  set_threads(0);
  for (std::size_t i = 1; i < results.size(); ++i)
    EXPECT_EQ(
        std::memcmp(results[0].data(), results[i].data(), static_cast<std::size_t>(results[0].size()) * 4),
        0);
}

TEST(Engine, AValueMayBeOutputAndInputOfOthers) {
  Rng rng(7);
  Graph g;
  const Value x = g.input("x", {1, 16, 9, 9});
  const Value a = g.add("a", Convolution{.channels = 16}, x);
  const Value b = g.add("b", Activation{}, a);  // a is read again below, so nothing may be done in its place
  const Value joined = g.add("join", Concat{}, std::vector{a, b, a});
  const Value sum = g.add("sum", Add{}, std::vector{b, b});
  g.output("a", a);
  g.output("b", b);
  g.output("b_again", b);
  g.output("joined", joined);
  g.output("bent", g.add("bent", Activation{.function = Function::tanh}, joined));
  g.output("sum", sum);
  g.output("x", x);
  expect_agreement(g, {{1, 16, 9, 9}}, rng, "shared values");
}

TEST(Engine, CancelStopsBetweenLayers) {
  const Graph graph = unet({.channels = {4, 8}});
  Engine engine(graph, initial_weights(graph, 1), {{1, 1, 16, 16, 16}});
  const Tensor input({1, 1, 16, 16, 16});
  Context context;
  double seen = -1;
  context.on_progress([&](double fraction, const std::string&) {
    seen = fraction;
    if (fraction > 0.3) context.cancel();
  });
  try {
    engine.run({&input}, context);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::cancelled);
  }
  EXPECT_GT(seen, 0.3);
  EXPECT_LT(seen, 0.95);
}

TEST(Engine, NarrowPrecisionStaysWithinItsError) {
  Rng rng(8);
  const Graph graph = unet({.channels = {16, 32}, .norm = Normalization::batch});
  const NamedTensors weights = random_weights(graph, rng);
  EngineOptions options;
  options.emulate = true;
  const Tensor input = random_tensor({1, 1, 12, 12, 12}, rng);
  options.calibration.push_back(input.clone());
  const std::vector<Tensor> wanted = run_reference(graph, weights, {&input});
  const auto root_mean_square = [&](const Tensor& got) {
    double error = 0, power = 0;
    for (std::int64_t i = 0; i < got.size(); ++i) {
      const double r = static_cast<double>(wanted[0].data()[i]);
      error += std::pow(static_cast<double>(got.data()[i]) - r, 2);
      power += r * r;
    }
    return std::sqrt(error / power);
  };
  options.precision = Precision::bf16;
  EXPECT_LT(root_mean_square(Engine(graph, weights, {input.shape}, options).run({&input})[0]), 0.01);
  options.precision = Precision::i8;
  EXPECT_LT(root_mean_square(Engine(graph, weights, {input.shape}, options).run({&input})[0]), 0.05);
}

TEST(Engine, RefusesWhatDoesNotFit) {
  const Graph graph = denoiser({.channels = 2, .levels = 1});
  const auto error = [&](NamedTensors weights, const Shape& shape) -> std::string {
    try {
      Engine engine(graph, weights, {shape});
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(error(initial_weights(graph, 1), {1, 1, 8, 8}), "");
  EXPECT_EQ(error(initial_weights(graph, 1), {1, 2, 8, 8}),
            "input \"noisy\" is [1,2,8,8], the network takes [?,1,?,?]");
  NamedTensors weights = initial_weights(graph, 1);
  weights.pop_back();
  EXPECT_EQ(error(std::move(weights), {1, 1, 8, 8}), "weight \"residual.bias\" [1] is missing");
  weights = initial_weights(graph, 1);
  weights.emplace_back("other", Tensor({1}));
  EXPECT_EQ(error(std::move(weights), {1, 1, 8, 8}), "weight \"other\" belongs to no layer");
  weights = initial_weights(graph, 1);
  weights[0].second.data()[3] = NAN;
  EXPECT_EQ(error(std::move(weights), {1, 1, 8, 8}), "weight \"down0.a.weight\" holds nan at 3");
}

}  // namespace
}  // namespace sg::nn

#include "nn/engine.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "nn/networks.h"
#include "nn/reference.h"

namespace sg::nn {
namespace {

Tensor random_tensor(const Shape& shape, Rng& rng, double scale = 1) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    tensor.data()[i] = static_cast<float>(rng.normal() * scale);
  return tensor;
}

/// Weights as after training: norms neither 1 nor 0, variances positive.
NamedTensors random_weights(const Graph& graph, Rng& rng) {
  NamedTensors all = initial_weights(graph, rng.next());
  for (auto& [name, tensor] : all) {
    if (tensor.shape.size() > 1) continue;
    const bool variance = name.ends_with("running_var");
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      tensor.data()[i] = static_cast<float>(variance ? rng.uniform(0.2, 2) : rng.normal() * 0.5 + 0.3);
  }
  return all;
}

/// Largest difference over the reference's largest magnitude.
double relative_difference(const Tensor& a, const Tensor& reference) {
  EXPECT_EQ(a.shape, reference.shape);
  double largest = 1e-12, difference = 0;
  for (std::int64_t i = 0; i < reference.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(reference.data()[i])));
    const double d = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(reference.data()[i]));
    difference = std::max(difference, std::isfinite(d) ? d : 1e9);
  }
  return difference / largest;
}

/// Runs the graph on random inputs of these shapes by the engine and by plain loops.
void expect_agreement(const Graph& graph, const std::vector<Shape>& shapes, Rng& rng, const std::string& what,
                      double tolerance = 1e-5) {
  SCOPED_TRACE(what);
  const NamedTensors weights = random_weights(graph, rng);
  std::vector<Tensor> inputs;
  std::vector<const Tensor*> given;
  for (const Shape& shape : shapes) inputs.push_back(random_tensor(shape, rng));
  // Places that both arithmetics agree on, however close to the middle between two voxels.
  for (Tensor& input : inputs)
    for (std::int64_t i = 0; i < input.size(); ++i)
      input.data()[i] = (std::floor(input.data()[i] * 64) + 0.25F) / 64;
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

std::int64_t draw(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// [N,C,…] of 2 or 3 axes, sizes odd and even.
Shape random_image(Rng& rng, std::int64_t channels, std::int64_t low = 3, std::int64_t high = 13) {
  Shape shape{draw(rng, 1, 2), channels};
  for (std::int64_t a = draw(rng, 2, 3); a > 0; --a) shape.push_back(draw(rng, low, high));
  return shape;
}

/// One layer on its own, and in the middle of convolutions, where values lie in blocks of channels.
void check_layer(Kind kind, const std::vector<Shape>& shapes, Rng& rng, const std::string& what) {
  Graph alone;
  std::vector<Value> inputs;
  for (std::size_t i = 0; i < shapes.size(); ++i)
    inputs.push_back(alone.input("in" + std::to_string(i), shapes[i]));
  alone.output("out", alone.add("layer", kind, inputs));
  expect_agreement(alone, shapes, rng, what + " alone");
  if (shapes[0].size() < 4) return;
  Graph inside;
  inputs.clear();
  for (std::size_t i = 0; i < shapes.size(); ++i)
    inputs.push_back(inside.input("in" + std::to_string(i), shapes[i]));
  inputs[0] = inside.add("before", Convolution{.channels = shapes[0][1]}, inputs[0]);
  const Value y = inside.add("layer", kind, inputs);
  if (inside[y].shape.size() >= 4)
    inside.output("after", inside.add("after", Convolution{.channels = 5, .kernel = 1}, y));
  inside.output("itself", y);
  expect_agreement(inside, shapes, rng, what + " inside");
}

class Layers : public ::testing::TestWithParam<int> {
 protected:
  Rng rng = Rng(static_cast<std::uint64_t>(GetParam()) + 1);
  std::int64_t channels =
      std::array<std::int64_t, 8>{1, 2, 3, 8, 16, 17, 24, 32}[static_cast<std::size_t>(GetParam()) % 8];
};

TEST_P(Layers, Convolution) {
  const Shape shape = random_image(rng, channels, 6);
  Convolution layer{.channels = draw(rng, 1, 20)};
  layer.kernel = draw(rng, 1, 4);
  layer.stride = draw(rng, 1, 3);
  layer.dilation = draw(rng, 1, 2);
  if (rng.below(3) == 0) layer.padding = draw(rng, 0, 2);
  if (layer.padding[0] == 0 && layer.dilation[0] * (layer.kernel[0] - 1) >= 6) layer.kernel = 2;
  layer.bias = rng.below(2) == 0;
  if (rng.below(3) == 0) layer.groups = layer.channels = channels;
  check_layer(layer, {shape}, rng, "convolution of " + to_string(shape));
}

TEST_P(Layers, ConvolutionWithUnequalSides) {
  const Shape shape{1, channels, 7, 9, 8};
  check_layer(Convolution{.channels = 6, .kernel = {1, 3, 5}, .stride = {1, 2, 1}, .dilation = {1, 1, 2}},
              {shape}, rng, "unequal");
}

TEST_P(Layers, TransposedConvolution) {
  const Shape shape = random_image(rng, channels, 2, 7);
  TransposedConvolution layer{.channels = draw(rng, 1, 20)};
  layer.kernel = draw(rng, 2, 4);
  layer.stride = draw(rng, 1, 3);
  layer.padding = draw(rng, 0, 1);
  if (layer.stride[0] > 1) layer.output_padding = draw(rng, 0, layer.stride[0] - 1);
  layer.bias = rng.below(2) == 0;
  if (channels % 4 == 0 && rng.below(2) == 0) {
    layer.groups = 4;
    layer.channels = 8;
  }
  check_layer(layer, {shape}, rng, "transposed convolution of " + to_string(shape));
}

TEST_P(Layers, LinearAndSequences) {
  const Shape sequence{draw(rng, 1, 3), draw(rng, 1, 9), channels};
  check_layer(Linear{.features = draw(rng, 1, 40), .bias = rng.below(2) == 0}, {sequence}, rng, "linear");
  check_layer(Linear{.features = 3}, {{4, channels}}, rng, "linear of a table");
  check_layer(LayerNorm{}, {sequence}, rng, "layer norm");
  for (const bool both : {false, true}) {
    const std::int64_t features = draw(rng, 1, 20);
    check_layer(Gru{features, both}, {sequence}, rng, "gru");
    check_layer(Gru{features, both}, {sequence, {both ? 2 : 1, sequence[0], features}}, rng,
                "gru with state");
  }
}

TEST_P(Layers, Norms) {
  const Shape shape = random_image(rng, channels);
  check_layer(InstanceNorm{}, {shape}, rng, "instance norm");
  check_layer(BatchNorm{}, {shape}, rng, "batch norm");
  check_layer(GroupNorm{.groups = channels % 8 == 0 ? 4 : 1}, {shape}, rng, "group norm");
  check_layer(ParametricRelu{}, {shape}, rng, "parametric relu");
  check_layer(BatchNorm{}, {{5, channels}}, rng, "batch norm of a table");
}

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

TEST_P(Layers, Activations) {
  const Shape shape = random_image(rng, channels);
  for (const Function f : {Function::relu, Function::leaky_relu, Function::elu, Function::silu,
                           Function::gelu, Function::sigmoid, Function::tanh})
    check_layer(Activation{.function = f, .slope = 0.2}, {shape}, rng, std::string(name(f)));
  check_layer(Softmax{}, {shape}, rng, "softmax");
  check_layer(Softmax{.axis = -1}, {shape}, rng, "softmax of the last axis");
}

TEST_P(Layers, Pooling) {
  const Shape shape = random_image(rng, channels, 4);
  for (const Reduce reduce : {Reduce::maximum, Reduce::average}) {
    check_layer(Pool{.reduce = reduce}, {shape}, rng, "pool");
    check_layer(Pool{.reduce = reduce, .kernel = 3, .stride = 2, .padding = 1}, {shape}, rng, "pool 3");
  }
  check_layer(GlobalAverage{}, {shape}, rng, "global average");
}

TEST_P(Layers, Upsampling) {
  const Shape shape = random_image(rng, channels, 2, 7);
  for (const Interpolation i : {Interpolation::nearest, Interpolation::linear}) {
    check_layer(Upsample{.interpolation = i}, {shape}, rng, "twice");
    check_layer(Upsample{.interpolation = i, .factor = 3}, {shape}, rng, "three times");
    Shape other = shape;
    other[1] = 1;
    for (std::size_t a = 2; a < other.size(); ++a) other[a] = draw(rng, shape[a], 2 * shape[a] + 1);
    check_layer(Upsample{.interpolation = i}, {shape, other}, rng, "to " + to_string(other));
  }
}

TEST_P(Layers, JoiningAndCutting) {
  const Shape shape = random_image(rng, channels);
  Shape other = shape;
  other[1] = draw(rng, 1, 20);
  check_layer(Concat{}, {shape, other}, rng, "concat");
  check_layer(Concat{.axis = -1}, {shape, shape, shape}, rng, "concat along x");
  check_layer(Slice{.begin = 0, .end = (channels + 1) / 2}, {shape}, rng, "slice of channels");
  check_layer(Slice{.axis = -1, .begin = 1, .end = -1}, {shape}, rng, "slice along x");
  check_layer(Slice{.axis = 0, .begin = -1}, {shape}, rng, "last sample");
  check_layer(Add{}, {shape, shape}, rng, "add");
  check_layer(Multiply{}, {shape, shape}, rng, "multiply");
  Shape gate = shape;
  std::fill(gate.begin() + 2, gate.end(), 1);
  check_layer(Multiply{}, {shape, gate}, rng, "channels weighted");
  check_layer(Add{}, {gate, shape}, rng, "channels shifted");
  Shape mask = shape;
  mask[1] = 1;
  check_layer(Multiply{}, {shape, mask}, rng, "masked");
  check_layer(Multiply{}, {mask, gate}, rng, "both repeated");
}

TEST_P(Layers, ShapesAndProducts) {
  const Shape shape{2, channels, 5, 6};
  check_layer(Permute{.order = {0, 2, 3, 1}}, {shape}, rng, "permute to channels last");
  check_layer(Permute{.order = {2, 0, 1}}, {{3, 5, channels}}, rng, "permute a sequence");
  check_layer(Reshape{.shape = {0, 0, -1}}, {{2, channels, 5, 6}}, rng, "reshape");
  const std::int64_t inner = draw(rng, 1, 33);
  check_layer(MatrixProduct{.scale = 0.5}, {{2, 7, inner}, {2, inner, channels}}, rng, "product");
  check_layer(MatrixProduct{.transpose = true}, {{2, 3, 7, inner}, {2, 3, channels, inner}}, rng,
              "transposed");
}

TEST_P(Layers, Warping) {
  Shape shape = random_image(rng, channels, 3, 20);
  Shape displacement = shape;
  displacement[1] = static_cast<std::int64_t>(shape.size()) - 2;
  for (const Border border : {Border::zeros, Border::edge}) {
    for (const Interpolation interpolation : {Interpolation::linear, Interpolation::nearest})
      check_layer(Warp{interpolation, border}, {shape, displacement}, rng,
                  "warp " + to_string(shape) + " " + std::string(name(border)));
  }
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
  expect_agreement(denoiser({.channels = 16, .layers = 4}), {{1, 1, 31, 17}}, rng, "denoiser");
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
  const Tensor input = random_tensor({1, 1, 20, 20, 20}, rng);
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
  const Graph graph = denoiser({.channels = 2, .layers = 2});
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
  EXPECT_EQ(error(std::move(weights), {1, 1, 8, 8}), "weight \"conv0.weight\" holds nan at 3");
}

}  // namespace
}  // namespace sg::nn

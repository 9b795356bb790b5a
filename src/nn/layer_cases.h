#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/rng.h"
#include "nn/engine.h"

// Random layers with inputs of random sizes, odd and even, for tests: the engine against plain loops, and
// against libtorch.

namespace sg::nn {

struct LayerCase {
  Kind kind;
  std::vector<Shape> shapes;
  std::string what;
};

inline std::int64_t draw(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Channels that fill vector registers, and such that do not.
inline std::int64_t channels_of_case(int seed) {
  return std::array<std::int64_t, 8>{1, 2, 3, 8, 16, 17, 24, 32}[static_cast<std::size_t>(seed) % 8];
}

/// [N,C,…] of 2 or 3 axes.
inline Shape random_image(Rng& rng, std::int64_t channels, std::int64_t low = 3, std::int64_t high = 13) {
  Shape shape{draw(rng, 1, 2), channels};
  for (std::int64_t a = draw(rng, 2, 3); a > 0; --a) shape.push_back(draw(rng, low, high));
  return shape;
}

/// Multiples of 1/64 and a quarter of it: places on which float32 and float64 agree, however close to the
/// middle between two voxels.
inline Tensor random_tensor(const Shape& shape, Rng& rng) {
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    tensor.data()[i] = static_cast<float>((std::floor(rng.normal() * 64) + 0.25) / 64);
  return tensor;
}

/// Weights as after training: norms neither 1 nor 0, variances positive.
inline NamedTensors random_weights(const Graph& graph, Rng& rng) {
  NamedTensors all = initial_weights(graph, rng.next());
  for (auto& [name, tensor] : all) {
    if (tensor.shape.size() > 1) continue;
    const bool variance = name.ends_with("running_var");
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      tensor.data()[i] = static_cast<float>(variance ? rng.uniform(0.2, 2) : rng.normal() * 0.5 + 0.3);
  }
  return all;
}

inline std::vector<LayerCase> convolution_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels, 6);
  Convolution layer{.channels = draw(rng, 1, 20)};
  layer.kernel = draw(rng, 1, 4);
  layer.stride = draw(rng, 1, 3);
  layer.dilation = draw(rng, 1, 2);
  if (rng.below(3) == 0) layer.padding = draw(rng, 0, 2);
  if (layer.padding[0] == 0 && layer.dilation[0] * (layer.kernel[0] - 1) >= 6) layer.kernel = 2;
  layer.bias = rng.below(2) == 0;
  if (rng.below(3) == 0) layer.groups = layer.channels = channels;
  Convolution unequal{.channels = 6, .kernel = {1, 3, 5}, .stride = {1, 2, 1}, .dilation = {1, 1, 2}};
  return {{layer, {shape}, "convolution of " + to_string(shape)},
          {unequal, {{1, channels, 7, 9, 8}}, "convolution with unequal sides"}};
}

inline std::vector<LayerCase> transposed_convolution_cases(Rng& rng, std::int64_t channels) {
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
  return {{layer, {shape}, "transposed convolution of " + to_string(shape)}};
}

inline std::vector<LayerCase> sequence_cases(Rng& rng, std::int64_t channels) {
  const Shape sequence{draw(rng, 1, 3), draw(rng, 1, 9), channels};
  std::vector<LayerCase> cases{
      {Linear{.features = draw(rng, 1, 40), .bias = rng.below(2) == 0}, {sequence}, "linear"},
      {Linear{.features = 3}, {{4, channels}}, "linear of a table"},
      {LayerNorm{}, {sequence}, "layer norm"}};
  for (const bool both : {false, true}) {
    const std::int64_t features = draw(rng, 1, 20);
    cases.push_back({Gru{features, both}, {sequence}, "gru"});
    cases.push_back(
        {Gru{features, both}, {sequence, {both ? 2 : 1, sequence[0], features}}, "gru with state"});
  }
  return cases;
}

inline std::vector<LayerCase> norm_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels);
  return {{InstanceNorm{}, {shape}, "instance norm"},
          {BatchNorm{}, {shape}, "batch norm"},
          {GroupNorm{.groups = channels % 8 == 0 ? 4 : 1}, {shape}, "group norm"},
          {ParametricRelu{}, {shape}, "parametric relu"},
          {BatchNorm{}, {{5, channels}}, "batch norm of a table"}};
}

inline std::vector<LayerCase> activation_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels);
  std::vector<LayerCase> cases{{Softmax{}, {shape}, "softmax"},
                               {Softmax{.axis = -1}, {shape}, "softmax of the last axis"}};
  for (const Function f : {Function::relu, Function::leaky_relu, Function::elu, Function::silu,
                           Function::gelu, Function::sigmoid, Function::tanh})
    cases.push_back({Activation{.function = f, .slope = 0.2}, {shape}, std::string(name(f))});
  return cases;
}

inline std::vector<LayerCase> pooling_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels, 4);
  std::vector<LayerCase> cases{{GlobalAverage{}, {shape}, "global average"}};
  for (const Reduce reduce : {Reduce::maximum, Reduce::average}) {
    cases.push_back({Pool{.reduce = reduce}, {shape}, "pool"});
    cases.push_back({Pool{.reduce = reduce, .kernel = 3, .stride = 2, .padding = 1}, {shape}, "pool of 3"});
  }
  return cases;
}

inline std::vector<LayerCase> upsampling_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels, 2, 7);
  std::vector<LayerCase> cases;
  for (const Interpolation i : {Interpolation::nearest, Interpolation::linear}) {
    cases.push_back({Upsample{.interpolation = i}, {shape}, "twice as large"});
    cases.push_back({Upsample{.interpolation = i, .factor = 3}, {shape}, "three times as large"});
    Shape other = shape;
    other[1] = 1;
    for (std::size_t a = 2; a < other.size(); ++a) other[a] = draw(rng, shape[a], 2 * shape[a] + 1);
    cases.push_back({Upsample{.interpolation = i}, {shape, other}, "as large as " + to_string(other)});
  }
  return cases;
}

inline std::vector<LayerCase> joining_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels);
  Shape other = shape, gate = shape, mask = shape;
  other[1] = draw(rng, 1, 20);
  std::fill(gate.begin() + 2, gate.end(), 1);
  mask[1] = 1;
  return {{Concat{}, {shape, other}, "concat"},
          {Concat{.axis = -1}, {shape, shape, shape}, "concat along x"},
          {Slice{.begin = 0, .end = (channels + 1) / 2}, {shape}, "slice of channels"},
          {Slice{.axis = -1, .begin = 1, .end = -1}, {shape}, "slice along x"},
          {Slice{.axis = 0, .begin = -1}, {shape}, "last sample"},
          {Add{}, {shape, shape}, "add"},
          {Multiply{}, {shape, shape}, "multiply"},
          {Multiply{}, {shape, gate}, "channels weighted"},
          {Add{}, {gate, shape}, "channels shifted"},
          {Multiply{}, {shape, mask}, "masked"},
          {Multiply{}, {mask, gate}, "both repeated"}};
}

inline std::vector<LayerCase> shape_cases(Rng& rng, std::int64_t channels) {
  const std::int64_t inner = draw(rng, 1, 33);
  return {
      {Permute{.order = {0, 2, 3, 1}}, {{2, channels, 5, 6}}, "permute to channels last"},
      {Permute{.order = {2, 0, 1}}, {{3, 5, channels}}, "permute a sequence"},
      {Reshape{.shape = {0, 0, -1}}, {{2, channels, 5, 6}}, "reshape"},
      {MatrixProduct{.scale = 0.5}, {{2, 7, inner}, {2, inner, channels}}, "product"},
      {MatrixProduct{.transpose = true}, {{2, 3, 7, inner}, {2, 3, channels, inner}}, "product, transposed"}};
}

inline std::vector<LayerCase> warp_cases(Rng& rng, std::int64_t channels) {
  const Shape shape = random_image(rng, channels, 3, 20);
  Shape displacement = shape;
  displacement[1] = static_cast<std::int64_t>(shape.size()) - 2;
  std::vector<LayerCase> cases;
  for (const Border border : {Border::zeros, Border::edge})
    for (const Interpolation interpolation : {Interpolation::linear, Interpolation::nearest})
      cases.push_back({Warp{interpolation, border},
                       {shape, displacement},
                       "warp " + to_string(shape) + " " + std::string(name(border))});
  return cases;
}

/// Largest difference over the reference's largest magnitude; infinite where something is no number.
inline double relative_difference(const Tensor& a, const Tensor& reference) {
  if (a.shape != reference.shape) return INFINITY;
  double largest = 1e-12, difference = 0;
  for (std::int64_t i = 0; i < reference.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(reference.data()[i])));
    const double d = std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(reference.data()[i]));
    difference = std::isfinite(d) ? std::max(difference, d) : INFINITY;
  }
  return difference / largest;
}

/// The layer alone, and in the middle of convolutions, where values lie in blocks of channels.
inline std::vector<Graph> graphs_of(const LayerCase& one) {
  std::vector<Graph> graphs(one.shapes[0].size() < 4 ? 1 : 2);
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    Graph& graph = graphs[g];
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < one.shapes.size(); ++i)
      inputs.push_back(graph.input("in" + std::to_string(i), one.shapes[i]));
    if (g == 1) inputs[0] = graph.add("before", Convolution{.channels = one.shapes[0][1]}, inputs[0]);
    const Value y = graph.add("layer", one.kind, inputs);
    if (g == 1 && graph[y].shape.size() >= 4)
      graph.output("after", graph.add("after", Convolution{.channels = 5, .kernel = 1}, y));
    graph.output("itself", y);
  }
  return graphs;
}

}  // namespace sg::nn

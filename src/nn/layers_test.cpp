#include "nn/layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nn/nn_fixture.h"

namespace sg::nn {
namespace {

using Shapes = std::vector<Shape>;
constexpr std::int64_t large = std::int64_t{1} << 31;

struct Case {
  Kind kind;
  Shapes inputs;
  Shape expected;
};

std::string described(const Kind& kind, const Shapes& inputs) {
  std::string text(kind_name(kind));
  for (const Shape& shape : inputs) text += " " + to_string(shape);
  return text;
}

void expect_shapes(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    try {
      EXPECT_EQ(output_shape(c.kind, c.inputs), c.expected) << described(c.kind, c.inputs);
    } catch (const Error& error) {
      ADD_FAILURE() << described(c.kind, c.inputs) << ": " << error.what();
    }
  }
}

TEST(Layers, ConvolutionsGiveTheSizesWorkedOutByHand) {
  expect_shapes({
      {Input{{-1, 3, 8}}, {}, {-1, 3, 8}},
      {Convolution{.channels = 16}, {{2, 3, 7, 9}}, {2, 16, 7, 9}},
      {Convolution{.channels = 16}, {{-1, 3, -1, 9, -1}}, {-1, 16, -1, 9, -1}},
      // (7 + 2 − 3)/2 + 1 = 4, (8 + 2 − 3)/2 + 1 = 4
      {Convolution{.channels = 1, .stride = 2}, {{1, 1, 7, 8}}, {1, 1, 4, 4}},
      // windows reach 2·4 + 1 = 9: 20 − 9 + 1 = 12; reach 1: 20
      {Convolution{.channels = 4, .kernel = {5, 1}, .dilation = 2, .padding = 0},
       {{1, 2, 20, 20}},
       {1, 4, 12, 20}},
      {Convolution{.channels = 4, .kernel = {1, 2, 3}, .stride = {1, 2, 3}, .padding = {0, 1, 2}},
       {{1, 2, 5, 6, 7}},
       {1, 4, 5, 4, 3}},
      {Convolution{.channels = 6, .kernel = 4, .groups = 2}, {{1, 4, 9, 9}}, {1, 6, 8, 8}},
      {TransposedConvolution{.channels = 8}, {{1, 4, 5, -1}}, {1, 8, 10, -1}},
      // (5 − 1)·2 − 2 + 3 + 1 = 10, (4 − 1)·3 − 0 + 3 + 0 = 12
      {TransposedConvolution{
           .channels = 8, .kernel = 3, .stride = {2, 3}, .padding = {1, 0}, .output_padding = {1, 0}},
       {{1, 4, 5, 4}},
       {1, 8, 10, 12}},
      // (10 + 2·1 − 3)/2 + 1 = 5; (10 − 2)/2 + 1 = 5
      {Pool{.reduce = Reduce::average, .kernel = 3, .padding = 1}, {{1, 2, 10, -1}}, {1, 2, 5, -1}},
      {Pool{}, {{1, -1, 10, 11, 3}}, {1, -1, 5, 5, 1}},
      {GlobalAverage{}, {{2, 3, -1, 5, 6}}, {2, 3, 1, 1, 1}},
      {Upsample{.factor = {2, 3}}, {{1, 2, 5, -1}}, {1, 2, 10, -1}},
      {Upsample{}, {{1, 2, 3, 4}, {9, 8, 7, -1}}, {1, 2, 7, -1}},
      {Warp{}, {{1, 4, 8, -1}, {-1, 2, 8, 9}}, {1, 4, 8, 9}},
      {Warp{}, {{-1, 4, 8, 9, 5}, {2, 3, -1, 9, 5}}, {2, 4, 8, 9, 5}},
  });
}

TEST(Layers, OtherLayersGiveTheSizesWorkedOutByHand) {
  expect_shapes({
      {Linear{.features = 5}, {{-1, 7, 3}}, {-1, 7, 5}},
      {Linear{.features = 5}, {{3}}, {5}},
      {Gru{.features = 6}, {{2, -1, 4}}, {2, -1, 6}},
      {Gru{.features = 6, .bidirectional = true}, {{2, 9, 4}, {2, -1, 6}}, {2, 9, 12}},
      {InstanceNorm{}, {{-1, 4, -1, 5}}, {-1, 4, -1, 5}},
      {BatchNorm{}, {{-1, 4}}, {-1, 4}},
      {GroupNorm{.groups = 2}, {{1, 4, -1, 5}}, {1, 4, -1, 5}},
      {LayerNorm{}, {{-1, -1, 5}}, {-1, -1, 5}},
      {Activation{}, {{-1}}, {-1}},
      {ParametricRelu{}, {{-1, 3, -1}}, {-1, 3, -1}},
      {Softmax{.axis = -2}, {{-1, 3}}, {-1, 3}},
      {Concat{}, {{1, 2, 5}, {-1, 3, 5}, {1, 4, -1}}, {1, 9, 5}},
      {Concat{.axis = -1}, {{1, 2, 5}, {1, 2, -1}}, {1, 2, -1}},
      {Concat{}, {{1, 2}}, {1, 2}},
      {Add{}, {{1, 4, -1, 7}, {2, 1, 6, -1}}, {2, 4, 6, 7}},
      {Multiply{}, {{-1, 4}, {1, 4}}, {-1, 4}},
      {Slice{.begin = 1}, {{2, 5}}, {2, 4}},
      {Slice{.axis = 0, .begin = -3, .end = -1}, {{5, 2}}, {2, 2}},
      {Slice{.begin = 1, .end = 4}, {{2, -1}}, {2, 3}},
      {Slice{.begin = -3, .end = -1}, {{2, -1}}, {2, 2}},
      {Slice{.begin = -3}, {{2, -1}}, {2, 3}},
      {Slice{.begin = 1}, {{2, -1}}, {2, -1}},
      {Slice{.begin = 1, .end = -1}, {{2, -1}}, {2, -1}},
      {Slice{.begin = -4, .end = 4}, {{2, -1}}, {2, -1}},
      {MatrixProduct{}, {{2, -1, 5, 3}, {2, 7, 3, 4}}, {2, 7, 5, 4}},
      {MatrixProduct{.transpose = true}, {{5, 3}, {-1, 3}}, {5, -1}},
      {Reshape{{0, -1, 4}}, {{2, 6, 10}}, {2, 15, 4}},
      {Reshape{{0, -1, 4}}, {{-1, 6, 10}}, {-1, -1, 4}},
      {Reshape{{60, 2}}, {{2, 6, 10}}, {60, 2}},
      {Permute{{2, 0, 1}}, {{5, -1, 7}}, {7, 5, -1}},
  });
}

struct Refusal {
  Kind kind;
  Shapes inputs;
  std::string message;
};

void expect_refusals(const std::vector<Refusal>& cases) {
  for (const Refusal& c : cases) {
    try {
      const Shape shape = output_shape(c.kind, c.inputs);
      ADD_FAILURE() << described(c.kind, c.inputs) << " gives " << to_string(shape)
                    << ", expected: " << c.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), c.message) << described(c.kind, c.inputs);
      EXPECT_EQ(error.code(), ErrorCode::invalid_input);
    }
  }
}

TEST(Layers, ConvolutionsRefuse) {
  const Shape image{1, 4, 8, 8};
  expect_refusals({
      {Convolution{.channels = 1}, {{1, 2, 3}}, "the input is [1,2,3], expected [N,C,H,W] or [N,C,D,H,W]"},
      {Convolution{}, {image}, "channels is 0, expected 1 to 65536"},
      {Convolution{.channels = 65537}, {image}, "channels is 65537, expected 1 to 65536"},
      {Convolution{.channels = 1, .kernel = {1, 2, 3}}, {image}, "kernel has 3 numbers, expected 1 or 2"},
      {Convolution{.channels = 1, .kernel = {3, 0}}, {image}, "kernel is 0, expected 1 to 1024"},
      {Convolution{.channels = 1, .stride = 0}, {image}, "stride is 0, expected 1 to 1024"},
      {Convolution{.channels = 1, .dilation = 1025}, {image}, "dilation is 1025, expected 1 to 1024"},
      {Convolution{.channels = 1, .padding = -2}, {image}, "padding is -2, expected -1 to 1048576"},
      {Convolution{.channels = 1},
       {{1, -1, 8, 8}},
       "axis 1 of [1,?,8,8] must be known: weights depend on it"},
      {Convolution{.channels = 4, .groups = 5}, {image}, "groups is 5, expected 1 to 4"},
      {Convolution{.channels = 3, .groups = 2}, {image}, "groups is 2, which must divide 4 and 3 channels"},
      {Convolution{.channels = 1, .kernel = 9, .padding = 0},
       {image},
       "a size of 8 is smaller than the kernel"},
      {TransposedConvolution{.channels = 1},
       {{1, 2}},
       "the input is [1,2], expected [N,C,H,W] or [N,C,D,H,W]"},
      {TransposedConvolution{}, {image}, "channels is 0, expected 1 to 65536"},
      {TransposedConvolution{.channels = 1, .kernel = 0}, {image}, "kernel is 0, expected 1 to 1024"},
      {TransposedConvolution{.channels = 1, .stride = -1}, {image}, "stride is -1, expected 1 to 1024"},
      {TransposedConvolution{.channels = 1, .padding = same},
       {image},
       "padding is -1, expected 0 to 1048576"},
      {TransposedConvolution{.channels = 1, .output_padding = {1, 2, 3}},
       {image},
       "output_padding has 3 numbers, expected 1 or 2"},
      {TransposedConvolution{.channels = 1, .output_padding = 2},
       {image},
       "output_padding is 2, expected less than the stride 2"},
      {TransposedConvolution{.channels = 1},
       {{1, -1, 8, 8}},
       "axis 1 of [1,?,8,8] must be known: weights depend on it"},
      {TransposedConvolution{.channels = 1, .groups = 0}, {image}, "groups is 0, expected 1 to 4"},
      {TransposedConvolution{.channels = 2, .groups = 4},
       {image},
       "groups is 4, which must divide 4 and 2 channels"},
      {TransposedConvolution{.channels = 1, .padding = 8}, {image}, "padding is 8: nothing is left"},
      {TransposedConvolution{.channels = 1, .stride = 1024},
       {{1, 1, large, 1}},
       "the result would be [1,1,2199023254530,2], expected sizes up to 2147483648"},
      {Pool{}, {{1, 2, 3}}, "the input is [1,2,3], expected [N,C,H,W] or [N,C,D,H,W]"},
      {Pool{.kernel = 0}, {image}, "kernel is 0, expected 1 to 1024"},
      {Pool{.stride = {2, 0}}, {image}, "stride is 0, expected 1 to 1024"},
      {Pool{.padding = -1}, {image}, "padding is -1, expected 0 to 1024"},
      {Pool{.padding = 2}, {image}, "padding is 2, expected 0 to 1"},
      {Pool{.kernel = 9}, {image}, "a size of 8 is smaller than the kernel"},
      {GlobalAverage{}, {{1, 2}}, "the input is [1,2], expected [N,C,H,W] or [N,C,D,H,W]"},
      {Upsample{.factor = 0}, {image}, "factor is 0, expected 1 to 1024"},
      {Upsample{}, {image, {1, 2, 3, 4, 5}}, "the inputs [1,4,8,8] and [1,2,3,4,5] do not fit"},
      {Upsample{.factor = 1024},
       {{1, 1, large, 1}},
       "the result would be [1,1,2199023255552,1024], expected sizes up to 2147483648"},
      {Warp{}, {image, {1, 3, 8, 8}}, "the displacement is [1,3,8,8], expected [1,4,8,8] with 2 channels"},
      {Warp{}, {image, {1, 2, 8, 9}}, "the inputs [1,4,8,8] and [1,2,8,9] do not fit"},
  });
}

TEST(Layers, OthersRefuse) {
  const Shape image{1, 4, 8, 8}, axes_9(9, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  expect_refusals({
      {Input{{1, large + 1}}, {}, "the result would be [1,2147483649], expected sizes up to 2147483648"},
      {Linear{.features = 1}, {axes_9}, "the input is [1,1,1,1,1,1,1,1,1], expected 1 to 8 axes"},
      {Linear{}, {{1}}, "features is 0, expected 1 to 1048576"},
      {Linear{.features = 1}, {{1, -1}}, "axis 1 of [1,?] must be known: weights depend on it"},
      {Gru{.features = 1}, {{1, 2}}, "the input is [1,2], expected [N,T,C]"},
      {Gru{}, {{1, 2, 3}}, "features is 0, expected 1 to 65536"},
      {Gru{.features = 1}, {{1, 2, -1}}, "axis 2 of [1,2,?] must be known: weights depend on it"},
      {Gru{.features = 7, .bidirectional = true},
       {{5, 2, 3}, {1, 5, 7}},
       "the first state is [1,5,7], expected [2,5,7]"},
      {Gru{.features = 7}, {{-1, 2, 3}, {1, 5, 6}}, "the first state is [1,5,6], expected [1,?,7]"},
      {InstanceNorm{}, {{1, 2}}, "the input is [1,2], expected [N,C,H,W] or [N,C,D,H,W]"},
      {InstanceNorm{}, {{1, -1, 2, 2}}, "axis 1 of [1,?,2,2] must be known: there is one weight a channel"},
      {InstanceNorm{0}, {image}, "epsilon is 0, expected more than 0, at most 1"},
      {BatchNorm{-1e-5}, {image}, "epsilon is -1e-05, expected more than 0, at most 1"},
      {BatchNorm{}, {{1}}, "the input is [1], expected [N,C,…]"},
      {BatchNorm{}, {{1, -1}}, "axis 1 of [1,?] must be known: there is one weight a channel"},
      {GroupNorm{.epsilon = 2}, {image}, "epsilon is 2, expected more than 0, at most 1"},
      {GroupNorm{.groups = 0}, {image}, "groups is 0, expected 1 to 4"},
      {GroupNorm{.groups = 3}, {image}, "groups is 3, which must divide 4 channels"},
      {LayerNorm{nan}, {image}, "epsilon is nan, expected more than 0, at most 1"},
      {LayerNorm{}, {{1, -1}}, "axis 1 of [1,?] must be known: there is one weight a place"},
      {Activation{.slope = nan}, {image}, "slope is nan, expected -1000000 to 1000000"},
      {Activation{.slope = 1e7}, {image}, "slope is 10000000, expected -1000000 to 1000000"},
      {ParametricRelu{}, {{1}}, "the input is [1], expected [N,C,…]"},
      {ParametricRelu{}, {{1, -1}}, "axis 1 of [1,?] must be known: there is one weight a channel"},
      {Softmax{.axis = 4}, {image}, "axis is 4, but the input is [1,4,8,8]"},
      {Softmax{.axis = -5}, {image}, "axis is -5, but the input is [1,4,8,8]"},
      {Concat{.axis = 2}, {{1, 2}, {1, 2}}, "axis is 2, but the input is [1,2]"},
      {Concat{}, {{1, 2}, {1, 2, 3}}, "the inputs [1,2] and [1,2,3] do not fit"},
      {Concat{}, {{1, 2}, {2, 2}}, "the inputs [1,2] and [2,2] do not fit"},
      {Concat{}, {{1, large}, {1, 1}}, "the result would be [1,2147483649], expected sizes up to 2147483648"},
      {Add{}, {{1, 2}, {1, 2, 3}}, "the inputs [1,2] and [1,2,3] do not fit"},
      {Add{}, {{1, 2}, {1, 3}}, "the inputs [1,2] and [1,3] do not fit"},
      {Multiply{}, {{2, 2}, {3, 2}}, "the inputs [2,2] and [3,2] do not fit"},
      {Slice{.axis = 2}, {{1, 2}}, "axis is 2, but the input is [1,2]"},
      {Slice{.begin = 2}, {{1, 2}}, "the slice 2 to 9223372036854775807 does not lie in a size of 2"},
      {Slice{.begin = -3}, {{1, 2}}, "the slice -3 to 9223372036854775807 does not lie in a size of 2"},
      {Slice{.end = 3}, {{1, 2}}, "the slice 0 to 3 does not lie in a size of 2"},
      {Slice{.begin = 2, .end = 2}, {{1, -1}}, "the slice 2 to 2 is empty"},
      {Slice{.begin = INT64_MIN},
       {{1, -1}},
       "begin is -9223372036854775808, expected -2147483648 to 2147483648"},
      {MatrixProduct{}, {{2}, {2}}, "the inputs [2] and [2] do not fit"},
      {MatrixProduct{}, {{2, 3}, {4, 5}}, "the inputs [2,3] and [4,5] do not fit"},
      {MatrixProduct{.transpose = true},
       {{2, 3}, {3, 5}},
       "the inputs [2,3] and [3,5] (transposed) do not fit"},
      {MatrixProduct{}, {{2, 2, 3}, {3, 3, 5}}, "the inputs [2,2,3] and [3,3,5] do not fit"},
      {MatrixProduct{.scale = -INFINITY}, {{2, 3}, {3, 5}}, "scale is -inf, expected -1000000 to 1000000"},
      {Reshape{}, {image}, "shape has 0 axes, expected 1 to 8"},
      {Reshape{axes_9}, {image}, "shape has 9 axes, expected 1 to 8"},
      {Reshape{{-2}}, {image}, "shape is -2, expected -1 to 2147483648"},
      {Reshape{{1, 1, 0}}, {{4, 4}}, "shape keeps axis 2, which [4,4] lacks"},
      {Reshape{{-1, -1}}, {image}, "shape [?,?] leaves more than one size open"},
      {Reshape{{3, -1}}, {image}, "[1,4,8,8] cannot be given the shape [3,?]"},
      {Reshape{{16, 15}}, {image}, "[1,4,8,8] cannot be given the shape [16,15]"},
      {Permute{{0, 1}}, {{1, 2, 3}}, "order is [0,1], expected each axis of [1,2,3] once"},
      {Permute{{0, 1, 1}}, {{1, 2, 3}}, "order is [0,1,1], expected each axis of [1,2,3] once"},
      {Permute{Shape(100, 1)},
       {{1}},
       "order is [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,…], expected each "
       "axis of [1] once"},
  });
}

std::string parameters_text(const Kind& kind, const Shapes& inputs) {
  std::string text;
  for (const ParameterShape& p : parameter_shapes(kind, inputs))
    text += (text.empty() ? "" : " ") + p.name + to_string(p.shape) + (p.trained ? "" : "*");
  return text;
}

TEST(Layers, ParametersAreNamedAndLaidOutAsInPyTorch) {
  const Shape volume{1, 6, 8, 8, 8}, image{1, 6, 8, 8};
  EXPECT_EQ(parameters_text(Convolution{.channels = 4, .kernel = {1, 2, 3}, .groups = 2}, {volume}),
            "weight[4,3,1,2,3] bias[4]");
  EXPECT_EQ(parameters_text(Convolution{.channels = 4, .bias = false}, {image}), "weight[4,6,3,3]");
  EXPECT_EQ(parameters_text(TransposedConvolution{.channels = 4, .groups = 2}, {image}),
            "weight[6,2,2,2] bias[4]");
  EXPECT_EQ(parameters_text(Linear{.features = 5}, {{-1, 7}}), "weight[5,7] bias[5]");
  EXPECT_EQ(parameters_text(Linear{.features = 5, .bias = false}, {{-1, 7}}), "weight[5,7]");
  EXPECT_EQ(parameters_text(Gru{.features = 5}, {{1, 2, 7}}),
            "weight_ih_l0[15,7] weight_hh_l0[15,5] bias_ih_l0[15] bias_hh_l0[15]");
  EXPECT_EQ(parameters_text(Gru{.features = 1, .bidirectional = true}, {{1, 2, 7}}),
            "weight_ih_l0[3,7] weight_hh_l0[3,1] bias_ih_l0[3] bias_hh_l0[3] weight_ih_l0_reverse[3,7] "
            "weight_hh_l0_reverse[3,1] bias_ih_l0_reverse[3] bias_hh_l0_reverse[3]");
  EXPECT_EQ(parameters_text(InstanceNorm{}, {image}), "weight[6] bias[6]");
  EXPECT_EQ(parameters_text(BatchNorm{}, {image}), "weight[6] bias[6] running_mean[6]* running_var[6]*");
  EXPECT_EQ(parameters_text(GroupNorm{.groups = 2}, {image}), "weight[6] bias[6]");
  EXPECT_EQ(parameters_text(LayerNorm{}, {image}), "weight[8] bias[8]");
  EXPECT_EQ(parameters_text(ParametricRelu{}, {image}), "weight[6]");
  for (const Kind& kind :
       std::vector<Kind>{Input{}, Activation{}, Softmax{}, Pool{}, GlobalAverage{}, Upsample{}, Concat{},
                         Add{}, Multiply{}, Slice{}, MatrixProduct{}, Reshape{}, Permute{}, Warp{}})
    EXPECT_EQ(parameters_text(kind, {image}), "") << kind_name(kind);
}

TEST(Layers, MultiplyAddsAreCountedAsByHand) {
  const auto work = [](const Kind& kind, const Shapes& inputs) {
    return multiply_adds(kind, inputs, output_shape(kind, inputs));
  };
  EXPECT_EQ(work(Convolution{.channels = 16}, {{2, 3, 7, 9}}), 2 * 16 * 7 * 9 * 3 * 9);
  EXPECT_EQ(work(Convolution{.channels = 6, .kernel = {1, 2, 3}, .groups = 3}, {{1, 3, 4, 5, 6}}),
            6 * (4 * 4 * 6) * 1 * 6);  // an even kernel adds one less: 5 → 5 + 2·0 − 2 + 1 = 4
  EXPECT_EQ(work(TransposedConvolution{.channels = 8}, {{1, 4, 5, 5}}), 4 * 25 * 8 * 4);
  EXPECT_EQ(work(Linear{.features = 5}, {{2, 7, 3}}), 2 * 7 * 5 * 3);
  EXPECT_EQ(work(Gru{.features = 6}, {{2, 9, 4}}), 2 * 9 * 6 * 3 * (4 + 6));
  EXPECT_EQ(work(Gru{.features = 6, .bidirectional = true}, {{2, 9, 4}}), 2 * (2 * 9 * 6 * 3 * (4 + 6)));
  EXPECT_EQ(work(MatrixProduct{}, {{2, 5, 3}, {2, 3, 4}}), 2 * 5 * 4 * 3);
  EXPECT_EQ(work(Multiply{}, {{2, 5}, {1, 5}}), 10);
  EXPECT_EQ(work(Warp{}, {{1, 3, 4, 5}, {1, 2, 4, 5}}), 60 * 4);
  EXPECT_EQ(work(Warp{}, {{1, 1, 2, 4, 5}, {1, 3, 2, 4, 5}}), 40 * 8);
  EXPECT_EQ(work(Pool{}, {{1, 3, 4, 4}}), 0);
  EXPECT_EQ(work(Add{}, {{1, 3}, {1, 3}}), 0);
  expect_error(ErrorCode::invalid_input, "more multiply-adds than can be counted", [&] {
    (void)work(Linear{.features = 1 << 20}, {{large, 1 << 20}});
  });
}

TEST(Layers, NamesOfKindsAndChoices) {
  EXPECT_EQ(kind_name(Warp{}), "warp");
  EXPECT_EQ(name(Function::relu), "relu");
  EXPECT_EQ(name(Function::tanh), "tanh");
  EXPECT_EQ(name(Reduce::average), "average");
  EXPECT_EQ(name(Interpolation::linear), "linear");
  EXPECT_EQ(name(Border::edge), "edge");
}

}  // namespace
}  // namespace sg::nn

#include <gtest/gtest.h>

#include "core/error.h"
#include "train/graph_module.h"
#include "train/layer_forward.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

using nn::Shape;

struct Case {
  nn::Kind kind;
  std::vector<Shape> inputs;
};

torch::Tensor run(const nn::Kind& kind, const std::vector<torch::Tensor>& inputs,
                  const std::vector<torch::Tensor>& weights = {}) {
  return layer_forward(kind, inputs, weights, false);
}

TEST(LayerForward, EveryKindGivesTheShapeItDeclares) {
  using namespace nn;
  const Shape picture{2, 4, 9, 7}, volume{1, 4, 5, 6, 7}, sequence{2, 5, 6};
  const std::vector<Case> cases{
      {Input{picture}, {picture}},
      {Convolution{.channels = 6, .kernel = {3, 5}, .stride = {2, 1}, .dilation = {1, 2}}, {picture}},
      {Convolution{.channels = 8, .padding = {0, 1, 2}, .groups = 2, .bias = false}, {volume}},
      {TransposedConvolution{
           .channels = 6, .kernel = 3, .stride = 2, .padding = 1, .output_padding = 1, .groups = 2},
       {picture}},
      {TransposedConvolution{.channels = 2, .bias = false}, {volume}},
      {Linear{.features = 3}, {sequence}},
      {Gru{.features = 4}, {sequence}},
      {Gru{.features = 4, .bidirectional = true}, {sequence, {2, 2, 4}}},
      {InstanceNorm{}, {volume}},
      {BatchNorm{}, {picture}},
      {GroupNorm{.groups = 2}, {volume}},
      {LayerNorm{}, {sequence}},
      {Activation{.function = Function::relu}, {picture}},
      {Activation{.function = Function::leaky_relu}, {picture}},
      {Activation{.function = Function::elu}, {picture}},
      {Activation{.function = Function::silu}, {picture}},
      {Activation{.function = Function::gelu}, {picture}},
      {Activation{.function = Function::sigmoid}, {picture}},
      {Activation{.function = Function::tanh}, {picture}},
      {ParametricRelu{}, {volume}},
      {Softmax{.axis = -1}, {sequence}},
      {Pool{.kernel = 3, .stride = 2, .padding = 1}, {volume}},
      {Pool{.reduce = Reduce::average, .kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 0}}, {picture}},
      {GlobalAverage{}, {volume}},
      {Upsample{.factor = {2, 3}}, {picture}},
      {Upsample{.interpolation = Interpolation::linear}, {volume, {1, 9, 11, 13, 14}}},
      {Upsample{.interpolation = Interpolation::linear}, {picture, {2, 1, 4, 20}}},
      {Upsample{}, {volume, {1, 9, 11, 12, 13}}},
      {Concat{}, {volume, {1, 3, 5, 6, 7}, volume}},
      {Add{}, {volume, {1, 4, 1, 1, 1}}},
      {Multiply{}, {picture, {2, 1, 9, 7}}},
      {Slice{.axis = -1, .begin = -3}, {sequence}},
      {Slice{.axis = 1, .begin = 1, .end = -1}, {picture}},
      {MatrixProduct{.scale = 0.5}, {{2, 3, 4}, {2, 4, 5}}},
      {MatrixProduct{.transpose = true}, {{2, 3, 4}, {2, 5, 4}}},
      {Reshape{{0, -1, 7}}, {picture}},
      {Permute{{0, 2, 3, 1}}, {picture}},
      {Warp{}, {picture, {2, 2, 9, 7}}},
      {Warp{.interpolation = Interpolation::nearest, .border = Border::edge}, {volume, {1, 3, 5, 6, 7}}},
  };
  std::set<std::size_t> kinds;
  torch::manual_seed(1);
  for (const Case& c : cases) {
    kinds.insert(c.kind.index());
    std::vector<torch::Tensor> inputs, weights;
    for (const Shape& shape : c.inputs) inputs.push_back(torch::randn(shape));
    for (const ParameterShape& p : parameter_shapes(c.kind, c.inputs))
      weights.push_back(torch::rand(p.shape));
    const torch::Tensor y = run(c.kind, inputs, weights);
    EXPECT_EQ(Shape(y.sizes().begin(), y.sizes().end()), output_shape(c.kind, c.inputs)) << kind_name(c.kind);
    EXPECT_TRUE(torch::isfinite(y).all().item<bool>()) << kind_name(c.kind);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<Kind>);
}

TEST(LayerForward, AverageCountsThePaddingsZeros) {
  const torch::Tensor y = run(nn::Pool{.reduce = nn::Reduce::average, .kernel = 2, .stride = 2, .padding = 1},
                              {torch::ones({1, 1, 4, 4})});
  EXPECT_FLOAT_EQ((y[0][0][0][0].item<float>()), 0.25F);
  EXPECT_FLOAT_EQ((y[0][0][0][1].item<float>()), 0.5F);
}

TEST(LayerForward, GruResetsAfterTheProduct) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({1, 1, 3}), h = torch::randn({1, 1, 2});
  const std::vector<torch::Tensor> w{torch::randn({6, 3}), torch::randn({6, 2}), torch::randn({6}),
                                     torch::randn({6})};
  const torch::Tensor a = torch::mv(w[0], x.flatten()) + w[2], b = torch::mv(w[1], h.flatten()) + w[3];
  const torch::Tensor r = torch::sigmoid(a.slice(0, 0, 2) + b.slice(0, 0, 2));
  const torch::Tensor z = torch::sigmoid(a.slice(0, 2, 4) + b.slice(0, 2, 4));
  const torch::Tensor n = torch::tanh(a.slice(0, 4, 6) + r * b.slice(0, 4, 6));
  const torch::Tensor expected = (1 - z) * n + z * h.flatten();
  EXPECT_TRUE(torch::allclose(run(nn::Gru{.features = 2}, {x, h}, w).flatten(), expected, 1e-5, 1e-6));
}

TEST(LayerForward, WarpReadsWhereTheDisplacementPoints) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({1, 1, 4, 5, 6});
  torch::Tensor u = torch::zeros({1, 3, 4, 5, 6});
  EXPECT_TRUE(torch::allclose(run(nn::Warp{}, {x, u}), x, 0, 1e-5));
  u.select(1, 0).fill_(2);   // x: last axis
  u.select(1, 2).fill_(-1);  // z: first of the three
  const torch::Tensor y = run(nn::Warp{}, {x, u});
  EXPECT_NEAR((y[0][0][2][3][1].item<float>()), (x[0][0][1][3][3].item<float>()), 1e-5);
  EXPECT_NEAR((y[0][0][0][3][1].item<float>()), 0, 1e-5);
  const torch::Tensor edge = run(nn::Warp{.border = nn::Border::edge}, {x, u});
  EXPECT_NEAR((edge[0][0][0][3][5].item<float>()), (x[0][0][0][3][5].item<float>()), 1e-5);
}

TEST(GraphModule, NamesWeightsAsTheGraphDoes) {
  const LineTask task;
  GraphModule module(task.graph());
  const auto weights = module.weights();
  const auto expected = nn::parameters(task.graph());
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_EQ(weights[i].name, expected[i].name);
    EXPECT_EQ(weights[i].trained, expected[i].trained);
    EXPECT_EQ(weights[i].value.requires_grad(), expected[i].trained);
  }
}

TEST(GraphModule, TakesAndGivesWeights) {
  const LineTask task;
  GraphModule module(task.graph());
  const NamedWeights first = nn::initial_weights(task.graph(), 7);
  module.load(first);
  const NamedWeights back = module.store();
  for (std::size_t i = 0; i < back.size(); ++i)
    EXPECT_TRUE(std::equal(back[i].second.data(), back[i].second.data() + back[i].second.size(),
                           first[i].second.data()));
  NamedWeights lacking = nn::initial_weights(task.graph(), 7), wrong = nn::initial_weights(task.graph(), 7),
               more = nn::initial_weights(task.graph(), 7), twice = nn::initial_weights(task.graph(), 7);
  lacking.pop_back();
  wrong[0].second = nn::Tensor({1, 2});
  more.emplace_back("stranger.weight", nn::Tensor({1}));
  twice.emplace_back("last.bias", nn::Tensor({1}));
  const auto message = [&](const NamedWeights& weights) {
    try {
      module.load(weights);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(lacking), "weight \"last.bias\" is missing");
  EXPECT_EQ(message(wrong), "weight \"first.weight\" is [1,2], expected [8,4,3,3]");
  EXPECT_EQ(message(more), "weight \"stranger.weight\" belongs to no layer of the network");
  EXPECT_EQ(message(twice), "weight \"last.bias\" is there twice");
}

TEST(GraphModule, BatchNormFollowsItsBatchesOnlyInTraining) {
  nn::Graph graph;
  graph.output("y", graph.add("norm", nn::BatchNorm{}, graph.input("x", {-1, 2, -1, -1})));
  GraphModule module(graph);
  module.load(nn::initial_weights(graph, 0));
  const torch::Tensor x = 3 + 2 * torch::randn({4, 2, 8, 8});
  module.eval();
  EXPECT_TRUE(torch::allclose(module.forward({x})[0], x, 1e-4, 1e-4));
  module.train();
  EXPECT_NEAR(module.forward({x})[0].mean().item<double>(), 0, 1e-4);
  EXPECT_NEAR(module.weights()[2].value.mean().item<double>(), 0.3, 0.05);
}

TEST(GraphModule, RefusesInputsThatDoNotFit) {
  GraphModule module(nn::denoiser({.channels = 4, .levels = 1}));
  EXPECT_THROW(module.forward({torch::zeros({1, 2, 8, 8})}), Error);
  EXPECT_THROW(module.forward({}), Error);
}

TEST(GraphModule, GivesEveryWeightOfAUNetAGradient) {
  const nn::Graph graph =
      nn::unet({.axes = 3, .outputs = 3, .channels = {4, 4, 4}, .norm = nn::Normalization::instance});
  GraphModule module(graph);
  module.load(nn::initial_weights(graph, 1));
  module.forward({torch::randn({1, 1, 9, 8, 11})})[0].square().mean().backward();
  for (const auto& weight : module.weights()) {
    ASSERT_TRUE(weight.value.grad().defined()) << weight.name;
    EXPECT_GT(weight.value.grad().abs().sum().item<float>(), 0) << weight.name;
  }
}

}  // namespace
}  // namespace sg::train

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nn/layer_cases.h"
#include "nn/networks.h"
#include "train/graph_module.h"

// What is trained is what is run: the engine against libtorch, layer by layer and for whole networks.

namespace sg::train {
namespace {

constexpr double parity = 1e-4;  // of the largest magnitude

void expect_parity(const nn::Graph& graph, const std::vector<nn::Shape>& shapes, Rng& rng,
                   const std::string& what) {
  SCOPED_TRACE(what);
  const nn::NamedTensors weights = nn::random_weights(graph, rng);
  std::vector<nn::Tensor> inputs;
  std::vector<const nn::Tensor*> given;
  std::vector<torch::Tensor> same;
  for (const nn::Shape& shape : shapes) inputs.push_back(nn::random_tensor(shape, rng));
  for (const nn::Tensor& input : inputs) {
    given.push_back(&input);
    same.push_back(to_torch(input));
  }
  GraphModule module(graph);
  module.load(weights);
  module.eval();
  const torch::NoGradGuard no_gradients;
  const std::vector<torch::Tensor> wanted = module.forward(same);
  const std::vector<nn::Tensor> got = nn::Engine(graph, weights, shapes).run(given);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_LE(nn::relative_difference(got[i], from_torch(wanted[i])), parity);
}

class Parity : public ::testing::TestWithParam<int> {};

TEST_P(Parity, EveryLayer) {
  Rng rng(static_cast<std::uint64_t>(GetParam()) + 100);
  for (const auto& cases : {nn::convolution_cases, nn::transposed_convolution_cases, nn::sequence_cases,
                            nn::norm_cases, nn::activation_cases, nn::pooling_cases, nn::upsampling_cases,
                            nn::joining_cases, nn::shape_cases, nn::warp_cases})
    for (const nn::LayerCase& one : cases(rng, nn::channels_of_case(GetParam())))
      for (const nn::Graph& graph : nn::graphs_of(one)) expect_parity(graph, one.shapes, rng, one.what);
}

INSTANTIATE_TEST_SUITE_P(Random, Parity, ::testing::Range(0, 16));

TEST(Parity, WholeNetworksOfOddSizes) {
  Rng rng(7);
  for (const nn::Normalization norm :
       {nn::Normalization::none, nn::Normalization::batch, nn::Normalization::instance}) {
    nn::UNet options{.outputs = 3, .channels = {8, 16, 32}, .norm = norm};
    expect_parity(nn::unet(options), {{1, 1, 21, 18, 27}}, rng, "3-D U-Net");
    options.axes = 2;
    expect_parity(nn::unet(options), {{2, 1, 37, 50}}, rng, "2-D U-Net");
  }
  expect_parity(nn::denoiser({}), {{1, 1, 61, 47}}, rng, "denoiser");
}

}  // namespace
}  // namespace sg::train

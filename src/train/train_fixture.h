#pragma once
#include <torch/torch.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/test_folder.h"
#include "nn/networks.h"
#include "nn/safetensors.h"
#include "train/trainer.h"

namespace sg::train {

/// Tests share the machine: one thread.
inline const bool one_thread = [] {
  torch::set_num_threads(1);
  return true;
}();

/// Learns a·x + b with noise through a batch norm: all that a trainer must keep, in a millisecond a step.
class LineTask : public Task {
 public:
  LineTask() {
    nn::Value x = graph_.input("x", {-1, 4, -1, -1});
    x = graph_.add("first", nn::Convolution{.channels = 8}, x);
    x = graph_.add("norm", nn::BatchNorm{}, x);
    x = graph_.add("act", nn::Activation{}, x);
    graph_.output("y", graph_.add("last", nn::Convolution{.channels = 1, .kernel = 1}, x));
  }
  std::string name() const override { return "line"; }
  const nn::Graph& graph() const override { return graph_; }
  Example sample(std::uint64_t seed, std::int64_t step, std::int64_t index) const override {
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(step)).fork(static_cast<std::uint64_t>(index));
    Example example;
    example.inputs.emplace_back(nn::Shape{4, 5, 6});
    example.targets.emplace_back(nn::Shape{1, 5, 6});
    for (std::int64_t i = 0; i < 120; ++i) example.inputs[0].data()[i] = static_cast<float>(rng.normal());
    for (std::int64_t i = 0; i < 30; ++i)
      example.targets[0].data()[i] =
          2 * example.inputs[0].data()[i] + 1 + 0.1F * static_cast<float>(rng.normal());
    return example;
  }
  std::int64_t validation_size() const override { return 3; }
  Example validation(std::int64_t index) const override { return sample(999, 0, index); }
  torch::Tensor loss(const Tensors& outputs, const Tensors& targets) const override {
    return torch::mse_loss(outputs[0], targets[0]);
  }
  Metrics metrics(const Tensors&, const Tensors& outputs, const Tensors& targets) const override {
    return {{"mean error", (outputs[0] - targets[0]).abs().mean().item<double>()}};
  }
  nlohmann::ordered_json facts() const override { return {{"what", "a line"}}; }
  nn::Card card() const override {
    nn::Card card;
    card.name = "line";
    card.title = "A line";
    card.purpose = "Tests.";
    card.graph = graph_;
    card.metrics = {{.name = "", .on = "three examples", .against = "the truth"}};
    card.check = nn::Card::Check{1, {{1, 4, 5, 6}}, {}};
    return card;
  }

 private:
  nn::Graph graph_;
};

/// Two heads of concentric tissues, 48×56×52 voxels of 1 mm.
inline std::string write_head_maps(const TestFolder& folder) {
  const nn::Shape shape{52, 56, 48};
  std::vector<std::vector<std::int16_t>> maps;
  for (int map = 0; map < 2; ++map) {
    std::vector<std::int16_t> voxels;
    for (int z = 0; z < 52; ++z)
      for (int y = 0; y < 56; ++y)
        for (int x = 0; x < 48; ++x) {
          const double r = std::hypot(x - 23.5, y - 27.5, z - 25.5 - map);
          const bool left = x < 24;
          voxels.push_back(static_cast<std::int16_t>(r < 4    ? (left ? 4 : 43)
                                                     : r < 7  ? (left ? 10 : 49)
                                                     : r < 12 ? (left ? 2 : 41)
                                                     : r < 15 ? (left ? 3 : 42)
                                                     : r < 17 ? 24
                                                     : r < 21 ? 507
                                                              : 0));
        }
    maps.push_back(std::move(voxels));
  }
  const std::vector<nn::NamedTensor> tensors{
      {"labels.seg_a", nn::stored<std::int16_t>(shape, maps[0])},
      {"labels.seg_b", nn::stored<std::int16_t>(shape, maps[1])},
  };
  nn::write_tensors(folder.at("heads.safetensors"), tensors, {{"spacing", "1"}});
  return folder.at("heads.safetensors");
}

}  // namespace sg::train

#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "nn/card.h"
#include "train/example.h"

namespace sg::train {

using Tensors = std::vector<torch::Tensor>;
using Metrics = std::vector<std::pair<std::string, double>>;

/// What is learned: a network, examples to learn it from, and how far off it is. The trainer knows no more.
class Task {
 public:
  virtual ~Task() = default;
  virtual std::string name() const = 0;
  virtual const nn::Graph& graph() const = 0;
  /// What first weights that are random are multiplied by: less than 1 at the ends of residual branches keeps
  /// a deep network near the identity until it knows better (Zhang, Dauphin & Ma 2019, arXiv:1901.09321).
  virtual double initial_gain(const std::string& weight) const {
    static_cast<void>(weight);
    return 1;
  }
  /// One training example: a function of these three numbers alone, so that a training can be taken up again
  /// anywhere. Called from several threads at once.
  virtual Example sample(std::uint64_t seed, std::int64_t step, std::int64_t index) const = 0;
  /// Examples the training never sees, always the same ones.
  virtual std::int64_t validation_size() const = 0;
  virtual Example validation(std::int64_t index) const = 0;
  /// A mean over the batch, one value. Tensors have a batch axis in front and lie on the training's device.
  virtual torch::Tensor loss(const Tensors& outputs, const Tensors& targets) const = 0;
  /// Of one validation example; the trainer takes the mean of each over all of them, leaving out NaN.
  virtual Metrics metrics(const Tensors& inputs, const Tensors& outputs, const Tensors& targets) const = 0;
  /// What training.json says of network, data and simulation; must stay the same for a training to go on.
  virtual nlohmann::ordered_json facts() const = 0;
  /// The model card as far as the task knows it: name, title, purpose, graph, ports, preparation, limits,
  /// references, the training's method and data, seed and inputs of the check. One metric says on what and
  /// against what validation measures, and its unit.
  virtual nn::Card card() const = 0;
};

}  // namespace sg::train

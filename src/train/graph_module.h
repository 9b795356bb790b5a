#pragma once
#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/graph.h"

namespace sg::train {

using NamedWeights = std::vector<std::pair<std::string, nn::Tensor>>;

/// Contiguous float32 on the CPU, and back.
torch::Tensor to_torch(const nn::Tensor& tensor);
nn::Tensor from_torch(const torch::Tensor& tensor);

/// A network of nn/ in libtorch: the same layers, parameter names and layouts (nn/layers.h), differentiable.
/// In training mode batch norm uses each batch's own mean and variance and follows them in running_mean and
/// running_var (momentum 0.1, unbiased variance); in evaluation mode it uses those.
class GraphModule : public torch::nn::Module {
 public:
  /// A tensor by its name in a weights file, "<layer>.<name>"; `trained` is false for what is only observed.
  struct Weight {
    std::string name;
    torch::Tensor value;
    bool trained = true;
  };

  /// All weights 0 until `load`.
  explicit GraphModule(nn::Graph graph);

  const nn::Graph& graph() const { return graph_; }
  /// The network's outputs in their order, for its inputs in theirs. Throws invalid_input as nn::shapes does
  /// for shapes that do not fit.
  std::vector<torch::Tensor> forward(const std::vector<torch::Tensor>& inputs);

  /// In the order of nn::parameters; values share memory with the module's. After `to(device)` ask again.
  std::vector<Weight> weights() const;
  /// Takes exactly the weights of the graph, in any order. Throws invalid_input naming the one that is
  /// missing, unknown, twice or of another shape.
  void load(const NamedWeights& weights);
  NamedWeights store() const;

 private:
  nn::Graph graph_;
  std::vector<std::pair<std::string, std::string>> registered_;  // "<layer>.<name>" → as libtorch has it
  std::vector<std::vector<std::size_t>> last_uses_;  // of each layer: values nobody reads after it
};

}  // namespace sg::train

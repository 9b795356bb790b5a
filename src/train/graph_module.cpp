#include "train/graph_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "train/layer_forward.h"

namespace sg::train {

torch::Tensor to_torch(const nn::Tensor& tensor) {
  torch::Tensor copy = torch::empty(tensor.shape, torch::kFloat32);
  std::copy_n(tensor.data(), tensor.size(), copy.data_ptr<float>());
  return copy;
}

nn::Tensor from_torch(const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  nn::Tensor copy(nn::Shape(plain.sizes().begin(), plain.sizes().end()));
  std::copy_n(plain.data_ptr<float>(), copy.size(), copy.data());
  return copy;
}

GraphModule::GraphModule(nn::Graph graph) : graph_(std::move(graph)) {
  std::size_t number = 0;
  std::vector<std::size_t> last(graph_.layers().size());
  for (std::size_t i = 0; i < graph_.layers().size(); ++i) {
    const nn::Layer& layer = graph_.layers()[i];
    for (const nn::ParameterShape& p : layer.parameters) {
      // libtorch takes no dots in names, which layers have.
      const std::string inside = fmt::format("w{}", number++);
      if (p.trained)
        register_parameter(inside, torch::zeros(p.shape));
      else
        register_buffer(inside, torch::zeros(p.shape));
      registered_.emplace_back(layer.name + "." + p.name, inside);
    }
    last[i] = i;
    for (const nn::Value value : layer.inputs) last[static_cast<std::size_t>(value.layer)] = i;
  }
  for (const nn::Output& output : graph_.outputs())
    last[static_cast<std::size_t>(output.value.layer)] = graph_.layers().size();
  last_uses_.resize(graph_.layers().size() + 1);
  for (std::size_t i = 0; i < last.size(); ++i) last_uses_[last[i]].push_back(i);
}

std::vector<torch::Tensor> GraphModule::forward(const std::vector<torch::Tensor>& inputs) {
  std::vector<nn::Shape> given;
  for (const torch::Tensor& input : inputs) given.emplace_back(input.sizes().begin(), input.sizes().end());
  nn::shapes(graph_, given);
  const std::vector<Weight> all = weights();
  std::vector<torch::Tensor> values(graph_.layers().size());
  std::size_t next_input = 0, next_weight = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const nn::Layer& layer = graph_.layers()[i];
    std::vector<torch::Tensor> from, learned;
    if (std::holds_alternative<nn::Input>(layer.kind)) from.push_back(inputs[next_input++]);
    for (const nn::Value value : layer.inputs) from.push_back(values[static_cast<std::size_t>(value.layer)]);
    for (std::size_t p = 0; p < layer.parameters.size(); ++p) learned.push_back(all[next_weight++].value);
    values[i] = layer_forward(layer.kind, from, learned, is_training());
    for (const std::size_t done : last_uses_[i]) values[done].reset();
  }
  std::vector<torch::Tensor> outputs;
  for (const nn::Output& output : graph_.outputs())
    outputs.push_back(values[static_cast<std::size_t>(output.value.layer)]);
  return outputs;
}

std::vector<GraphModule::Weight> GraphModule::weights() const {
  const auto trained = named_parameters(false);
  const auto observed = named_buffers(false);
  std::vector<Weight> all;
  for (const auto& [name, inside] : registered_) {
    const torch::Tensor* value = trained.find(inside);
    all.push_back({name, value != nullptr ? *value : observed[inside], value != nullptr});
  }
  return all;
}

void GraphModule::load(const NamedWeights& given) {
  std::map<std::string_view, const nn::Tensor*> by_name;
  for (const auto& [name, tensor] : given)
    if (!by_name.emplace(name, &tensor).second)
      throw Error(ErrorCode::invalid_input, fmt::format("weight \"{}\" is there twice", name), name);
  torch::NoGradGuard no_gradient;
  for (Weight& weight : weights()) {
    const auto found = by_name.find(weight.name);
    if (found == by_name.end())
      throw Error(ErrorCode::invalid_input, fmt::format("weight \"{}\" is missing", weight.name),
                  weight.name);
    const nn::Shape expected(weight.value.sizes().begin(), weight.value.sizes().end());
    if (found->second->shape != expected)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("weight \"{}\" is {}, expected {}", weight.name,
                              nn::to_string(found->second->shape), nn::to_string(expected)),
                  weight.name);
    weight.value.copy_(to_torch(*found->second));
    by_name.erase(found);
  }
  if (!by_name.empty())
    throw Error(ErrorCode::invalid_input,
                fmt::format("weight \"{}\" belongs to no layer of the network", by_name.begin()->first),
                std::string(by_name.begin()->first));
}

NamedWeights GraphModule::store() const {
  NamedWeights all;
  for (const Weight& weight : weights()) all.emplace_back(weight.name, from_torch(weight.value));
  return all;
}

}  // namespace sg::train

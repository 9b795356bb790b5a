#include "train/export.h"

#include <fmt/chrono.h>

#include <ctime>

#include "nn/safetensors.h"
#include "train/checkpoint.h"

namespace sg::train {

void export_model(const std::filesystem::path& folder, nn::Card card, const NamedWeights& weights,
                  const ExportOptions& options) {
  if (!options.name.empty()) card.name = options.name;
  card.version = options.version;
  card.licence = options.licence;
  card.training.command = options.command;
  card.training.date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));

  const std::filesystem::path path = folder / card.weights.file;
  std::vector<nn::NamedTensor> views;
  for (const auto& [name, tensor] : weights) views.emplace_back(name, tensor, options.type);
  nn::write_tensors(path, views, {{"model", card.name}});
  const nn::TensorFile file = nn::TensorFile::open(path);
  card.weights.sha256 = file.sha256();
  card.weights.bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));

  if (card.check) {
    NamedWeights written;
    for (const std::string& name : file.names()) written.emplace_back(name, file.tensor(name));
    const torch::NoGradGuard no_gradients;
    GraphModule module(card.graph);
    module.load(written);
    module.eval();
    std::vector<torch::Tensor> inputs;
    for (const nn::Tensor& input : nn::check_inputs(*card.check)) inputs.push_back(to_torch(input));
    std::vector<nn::Tensor> outputs;
    for (const torch::Tensor& output : module.forward(inputs)) outputs.push_back(from_torch(output));
    card.check->results = nn::check_results(outputs);
  }
  write_text(folder / "card.json", nn::to_json(card));
  write_text(folder / "card.md", nn::to_markdown(card));
}

}  // namespace sg::train

#include "train/checkpoint.h"

#include <fmt/format.h>

#include <fstream>

#include "core/error.h"
#include "nn/safetensors.h"

namespace sg::train {

void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  NamedWeights copies;
  std::vector<nn::NamedTensor> views;
  for (const auto& [name, tensor] : checkpoint.tensors) copies.emplace_back(name, from_torch(tensor));
  for (const auto& [name, tensor] : copies) views.emplace_back(name, tensor);
  nn::write_tensors(path, views, {{"training", checkpoint.facts.dump()}});
}

nlohmann::ordered_json read_facts(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  const auto found = file.metadata().find("training");
  auto facts =
      nlohmann::ordered_json::parse(found == file.metadata().end() ? "" : found->second, nullptr, false);
  if (!facts.is_object())
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("'{}' is no checkpoint: its metadata \"training\" is no JSON object", path.string()));
  return facts;
}

void read_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, torch::Tensor>>& tensors) {
  torch::NoGradGuard no_gradient;
  const nn::TensorFile file = nn::TensorFile::open(path);
  for (const auto& [name, tensor] : tensors) {
    const nn::Shape expected(tensor.sizes().begin(), tensor.sizes().end());
    if (!file.contains(name))
      throw Error(ErrorCode::invalid_input, fmt::format("'{}' lacks \"{}\"", path.string(), name), name);
    if (file.entry(name).shape != expected)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("\"{}\" in '{}' is {}, expected {}", name, path.string(),
                              nn::to_string(file.entry(name).shape), nn::to_string(expected)),
                  name);
    torch::Tensor to = tensor;
    to.copy_(to_torch(file.tensor(name)));
  }
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::path hidden = path;
  hidden.replace_filename("." + path.filename().string() + ".new");
  std::ofstream file(hidden, std::ios::binary);
  file << text;
  file.close();
  std::error_code failed;
  if (file) std::filesystem::rename(hidden, path, failed);
  if (!file || failed) throw Error(ErrorCode::resource, fmt::format("'{}' cannot be written", path.string()));
}

}  // namespace sg::train

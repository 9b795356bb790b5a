#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "train/graph_module.h"

namespace sg::train {

/// Tensors of a training by name, and numbers and words as JSON. They live in the training; reading fills
/// them.
struct Checkpoint {
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  nlohmann::ordered_json facts;
};

/// One safetensors file, float32, the facts in its metadata. A former file stays until the new one is whole.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Facts of a checkpoint. Throws not_found, invalid_input.
nlohmann::ordered_json read_facts(const std::filesystem::path& path);
/// Copies the file's values into `tensors`. Throws invalid_input naming the tensor that is missing or of
/// another shape.
void read_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, torch::Tensor>>& tensors);

/// Written beside it under another name, then renamed.
void write_text(const std::filesystem::path& path, const std::string& text);

}  // namespace sg::train

#pragma once
#include <filesystem>
#include <string>

#include "nn/card.h"
#include "nn/dtype.h"
#include "train/graph_module.h"

namespace sg::train {

/// What a trained network is called and how its weights are kept.
struct ExportOptions {
  std::string name;  // "" = the task's
  std::string version = "0.1", licence;
  std::string command;  // that trained it
  nn::DType type = nn::DType::f32;
};

/// Writes a model that `shaoguang model` can list, verify and run: weights.safetensors in the options' type,
/// card.json and card.md. Of `card` all is taken but name, version, licence, command, weights and the check's
/// results, which libtorch works out here, on the CPU, from the weights as they were written. Today is its
/// date. Throws what write_tensors does, invalid_input for a card that cannot be read back.
void export_model(const std::filesystem::path& folder, nn::Card card, const NamedWeights& weights,
                  const ExportOptions& options);

}  // namespace sg::train

#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nn/card.h"
#include "nn/engine.h"

namespace sg::model {

/// A trained network in memory.
struct Model {
  nn::Card card;
  nn::NamedTensors weights;  // float32, whatever the file holds
};

/// A folder <name>/ with card.json, as found; `problem` says why it cannot be used.
struct Found {
  std::filesystem::path folder;
  std::optional<nn::Card> card;
  std::string problem;
};

/// Where models are looked for, first found first served: the folders of SHAOGUANG_MODELS (colons between),
/// then those that come with the program: ../share/shaoguang/models beside it, or models/ of the source tree
/// it was built in.
std::vector<std::filesystem::path> model_folders();

/// All models, by name; cards only, weights are not read.
std::vector<Found> find_models(const std::vector<std::filesystem::path>& folders = model_folders());

/// Reads card and weights. The file's SHA-256 must be the card's, and the weights must fit the graph. `name`
/// is a model's name, never a path. Throws not_found (naming those there are), invalid_input for a broken
/// model.
Model load_model(const std::string& name,
                 const std::vector<std::filesystem::path>& folders = model_folders());
/// The same of a folder.
Model load_model_folder(const std::filesystem::path& folder);

/// Runs the network on the card's check input, Rng(seed) normal values, and says how far it is from what the
/// card expects: the largest difference of any figure over the expected deviation. Throws invalid_input for a
/// card without.
double check_difference(const Model& model);

}  // namespace sg::model

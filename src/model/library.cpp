#include "model/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "core/error.h"
#include "nn/safetensors.h"

namespace sg::model {
namespace fs = std::filesystem;

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  if (const char* given = std::getenv("SHAOGUANG_MODELS")) {
    std::istringstream parts(given);
    for (std::string part; std::getline(parts, part, ':');)
      if (!part.empty()) folders.emplace_back(part);
  }
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none).parent_path();
  for (const char* beside : {"../share/shaoguang/models", "../../../models"})
    if (fs::is_directory(program / beside, none))
      folders.push_back(fs::weakly_canonical(program / beside, none));
  return folders;
}

std::vector<Found> find_models(const std::vector<fs::path>& folders) {
  std::vector<Found> all;
  for (const fs::path& folder : folders) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none)) {
      if (!fs::exists(entry.path() / "card.json", none)) continue;
      const auto is_same = [&](const Found& other) {
        return other.folder.filename() == entry.path().filename();
      };
      if (std::any_of(all.begin(), all.end(), is_same)) continue;  // an earlier folder's model hides this one
      Found found{entry.path(), std::nullopt, ""};
      try {
        found.card = nn::read_card(entry.path() / "card.json");
        if (found.card->name != entry.path().filename())
          found.problem = fmt::format("the card is called \"{}\"", found.card->name);
        else if (!fs::exists(entry.path() / found.card->weights.file, none))
          found.problem = fmt::format("{} is missing", found.card->weights.file);
      } catch (const Error& e) {
        found.problem = e.what();
      }
      all.push_back(std::move(found));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Found& a, const Found& b) { return a.folder.filename() < b.folder.filename(); });
  return all;
}

Model load_model_folder(const fs::path& folder) {
  Model model;
  model.card = nn::read_card(folder / "card.json");
  const fs::path path = folder / model.card.weights.file;
  const nn::TensorFile file = nn::TensorFile::open(path);
  if (const std::string digest = file.sha256(); digest != model.card.weights.sha256)
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} has SHA-256 {}, but its card says {}: the file was changed or damaged",
                            path.string(), digest, model.card.weights.sha256));
  for (const std::string& name : file.names()) model.weights.emplace_back(name, file.tensor(name));
  try {
    nn::check_weights(model.card.graph, model.weights);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{}: {}", path.string(), e.what()));
  }
  return model;
}

Model load_model(const std::string& name, const std::vector<fs::path>& folders) {
  std::string known;
  for (const Found& found : find_models(folders)) {
    if (found.folder.filename() == name) return load_model_folder(found.folder);
    known += (known.empty() ? "" : ", ") + found.folder.filename().string();
  }
  throw Error(ErrorCode::not_found,
              fmt::format("no model is called \"{}\"; {}", name,
                          known.empty() ? "none was found (SHAOGUANG_MODELS names folders to look in)"
                                        : "there are: " + known),
              "model");
}

double check_difference(const Model& model) {
  if (!model.card.check)
    throw Error(ErrorCode::invalid_input, fmt::format("the card of \"{}\" has no check", model.card.name));
  const nn::Card::Check& wanted = *model.card.check;
  const std::vector<nn::Tensor> inputs = nn::check_inputs(wanted);
  std::vector<const nn::Tensor*> given;
  for (const nn::Tensor& input : inputs) given.push_back(&input);
  nn::Engine engine(model.card.graph, model.weights, wanted.inputs);
  const auto got = nn::check_results(engine.run(given));
  if (got.size() != wanted.results.size())
    throw Error(ErrorCode::invalid_input, fmt::format("the check has {} results, the network gives {}",
                                                      wanted.results.size(), got.size()));
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto &a = got[i], &b = wanted.results[i];
    const double scale = std::max(b.deviation, 1e-12);
    for (const double difference :
         {a.mean - b.mean, a.deviation - b.deviation, a.first - b.first, a.last - b.last})
      largest = std::max(largest, std::abs(difference) / scale);
  }
  return largest;
}

}  // namespace sg::model

#include "model/library.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "core/error.h"
#include "core/rng.h"
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

nn::Card::Check make_check(const Model& model, std::uint64_t seed, std::vector<nn::Shape> inputs) {
  Rng rng(seed);
  std::vector<nn::Tensor> given;
  std::vector<const nn::Tensor*> pointers;
  for (const nn::Shape& shape : inputs) {
    nn::Tensor& tensor = given.emplace_back(shape);
    for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(rng.normal());
  }
  for (const nn::Tensor& tensor : given) pointers.push_back(&tensor);
  nn::Engine engine(model.card.graph, model.weights, inputs);
  nn::Card::Check check{seed, std::move(inputs), {}};
  for (const nn::Tensor& tensor : engine.run(pointers)) {
    nn::Card::Check::Result result;
    const auto n = static_cast<double>(tensor.size());
    for (std::int64_t i = 0; i < tensor.size(); ++i) result.mean += static_cast<double>(tensor.data()[i]) / n;
    for (std::int64_t i = 0; i < tensor.size(); ++i)
      result.deviation += std::pow(static_cast<double>(tensor.data()[i]) - result.mean, 2) / n;
    result.deviation = std::sqrt(result.deviation);
    result.first = static_cast<double>(tensor.data()[0]);
    result.last = static_cast<double>(tensor.data()[tensor.size() - 1]);
    check.results.push_back(result);
  }
  return check;
}

double check_difference(const Model& model) {
  if (!model.card.check)
    throw Error(ErrorCode::invalid_input, fmt::format("the card of \"{}\" has no check", model.card.name));
  const nn::Card::Check& wanted = *model.card.check;
  const nn::Card::Check got = make_check(model, wanted.seed, wanted.inputs);
  if (got.results.size() != wanted.results.size())
    throw Error(ErrorCode::invalid_input, fmt::format("the check has {} results, the network gives {}",
                                                      wanted.results.size(), got.results.size()));
  double largest = 0;
  for (std::size_t i = 0; i < got.results.size(); ++i) {
    const auto &a = got.results[i], &b = wanted.results[i];
    const double scale = std::max(b.deviation, 1e-12);
    for (const double difference :
         {a.mean - b.mean, a.deviation - b.deviation, a.first - b.first, a.last - b.last})
      largest = std::max(largest, std::abs(difference) / scale);
  }
  return largest;
}

}  // namespace sg::model

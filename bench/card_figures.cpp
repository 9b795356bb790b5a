// Puts measured figures into a model's card: card.json and card.md are written anew. Arguments: the model's
// folder and a JSON list of objects with the members of Card::Metric. A figure of the same name, on the same
// images, is replaced.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "nn/card.h"

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error(path.string() + " cannot be written");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "card_figures MODEL_FOLDER FIGURES\n");
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  sg::nn::Card card = sg::nn::read_card(folder / "card.json");
  for (const auto& figure : nlohmann::json::parse(arguments[2])) {
    const sg::nn::Card::Metric metric{.name = figure.at("name"),
                                      .unit = figure.value("unit", ""),
                                      .on = figure.at("on"),
                                      .against = figure.at("against"),
                                      .value = figure.at("value"),
                                      .count = figure.value("count", std::int64_t{1})};
    const auto same = [&](const auto& other) { return other.name == metric.name && other.on == metric.on; };
    const auto found = std::find_if(card.metrics.begin(), card.metrics.end(), same);
    if (found != card.metrics.end())
      *found = metric;
    else
      card.metrics.push_back(metric);
  }
  write(folder / "card.json", sg::nn::to_json(card));
  write(folder / "card.md", sg::nn::to_markdown(card));
  return 0;
}

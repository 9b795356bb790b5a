// Writes tiny valid files to FOLDER/<target>/, where tools/fuzz begins.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "nn/card_seeds.h"
#include "nn/safetensors_seeds.h"

namespace {

void put(const std::filesystem::path& file, std::string_view content) {
  std::ofstream stream(file, std::ios::binary);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) throw std::runtime_error("cannot write " + file.string());
}

void put_safetensors(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (auto [header, data] : sg::nn::seeds::parts()) {
    const std::vector<std::uint8_t> file = sg::nn::seeds::file(header, data);
    const std::string whole(file.begin(), file.end());
    put(folder / fmt::format("file{}", number), '\1' + whole);
    header.append((4 - header.size() % 4) % 4, ' ');  // the target counts headers by fours
    const char length = static_cast<char>(header.size() / 4);
    put(folder / fmt::format("header{}", number++), std::string{'\0', length} + header + data);
  }
}

void put_cards(const std::filesystem::path& folder) {
  using namespace sg::nn;
  std::filesystem::create_directories(folder);
  const auto put_both = [&](const std::string& name, const Card& card) {
    put(folder / ("card_" + name), '\0' + to_json(card));
    put(folder / ("graph_" + name), '\1' + to_json(card.graph));
  };
  put_both("full", seeds::full_card());
  put_both("every_layer", seeds::least_card(seeds::every_layer()));
  Graph nothing;
  nothing.output("y", nothing.input("x", {1}));
  put_both("least", seeds::least_card(nothing));
  const Graph every = seeds::every_layer();
  for (const Layer& layer : every.layers()) {  // each alone, so that a mutation meets little else
    Graph alone;
    std::vector<Value> inputs;
    for (const Value value : layer.inputs)
      inputs.push_back(alone.input("x" + std::to_string(inputs.size()), every[value].shape));
    alone.output("y", alone.add("y", layer.kind, inputs));
    put(folder / ("layer_" + layer.name), '\1' + to_json(alone));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: nn_seeds FOLDER\n");
    return 64;
  }
  try {
    put_safetensors(std::filesystem::path(arguments[1]) / "safetensors_fuzz");
    put_cards(std::filesystem::path(arguments[1]) / "card_fuzz");
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

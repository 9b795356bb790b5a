// Our engine beside libtorch, in one process on the same cores, and what a large network takes of memory.
//   networks speed                     JSON: milliseconds of both (medians of alternating runs), largest
//   difference networks memory SIZE MIB RESULT    a U-Net on SIZE³ voxels with MIB for values (0: no limit),
//   scores to RESULT;
//                                      JSON: windows, peak memory of the process
//   networks compare A B               JSON: largest difference of two such files over the largest value
#include <fmt/format.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>

#include "nn/layer_cases.h"
#include "nn/networks.h"
#include "nn/tiling.h"
#include "train/graph_module.h"

namespace {

using namespace sg;

double milliseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Case {
  std::string name;
  nn::Graph graph;
  std::vector<nn::Shape> shapes;
  int rounds;
};

nn::Graph single(const nn::Kind& layer, std::int64_t channels) {
  nn::Graph graph;
  graph.output("y", graph.add("layer", layer, graph.input("x", {-1, channels, -1, -1, -1})));
  return graph;
}

nn::Graph warp() {
  nn::Graph graph;
  const nn::Value image = graph.input("image", {-1, 16, -1, -1, -1});
  const nn::Value field = graph.input("field", {-1, 3, -1, -1, -1});
  graph.output("y", graph.add("warp", nn::Warp{}, {image, field}));
  return graph;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const nn::Convolution convolution{.channels = 16};
  all.push_back({"conv3d 16→16 3³, 128³", single(convolution, 16), {{1, 16, 128, 128, 128}}, 9});
  const nn::UNet options{.outputs = 9};  // 1.46 million parameters
  nn::UNet instance = options;
  instance.norm = nn::Normalization::instance;
  all.push_back({"3-D U-Net, batch norm, 128³", nn::unet(options), {{1, 1, 128, 128, 128}}, 5});
  all.push_back({"3-D U-Net, instance norm, 128³", nn::unet(instance), {{1, 1, 128, 128, 128}}, 5});
  all.push_back({"warp of 16 channels, 64³", warp(), {{1, 16, 64, 64, 64}, {1, 3, 64, 64, 64}}, 15});
  all.push_back({"2-D denoiser, 512²", nn::denoiser({}), {{1, 1, 512, 512}}, 15});
  return all;
}

/// Both sides in turn; libtorch in its default layout and with channels last, the faster one counts.
std::string measure(const Case& one) {
  Rng rng(1);
  const nn::NamedTensors weights = nn::random_weights(one.graph, rng);
  std::vector<nn::Tensor> inputs;
  std::vector<const nn::Tensor*> given;
  for (const nn::Shape& shape : one.shapes) inputs.push_back(nn::random_tensor(shape, rng));
  for (const nn::Tensor& input : inputs) given.push_back(&input);
  std::vector<torch::Tensor> plain, last;
  for (const nn::Tensor& input : inputs) {
    plain.push_back(train::to_torch(input));
    last.push_back(plain.back().contiguous(input.shape.size() == 5 ? torch::MemoryFormat::ChannelsLast3d
                                                                   : torch::MemoryFormat::ChannelsLast));
  }
  nn::Engine engine(one.graph, weights, one.shapes);
  train::GraphModule module(one.graph);
  module.load(weights);
  module.eval();
  const torch::NoGradGuard no_gradients;
  std::vector<nn::Tensor> got;
  std::vector<nn::Tensor*> into;
  for (const nn::Shape& shape : engine.output_shapes()) got.emplace_back(shape);
  for (nn::Tensor& result : got) into.push_back(&result);
  engine.run_into(given, into);
  double difference = 0;
  {
    const std::vector<torch::Tensor> wanted = module.forward(plain);
    for (std::size_t i = 0; i < got.size(); ++i)
      difference = std::max(difference, nn::relative_difference(got[i], train::from_torch(wanted[i])));
    module.forward(last);
  }
  std::vector<double> ours, theirs, theirs_last, ratios;
  for (int round = 0; round < one.rounds; ++round) {
    ours.push_back(milliseconds([&] { engine.run_into(given, into); }));
    theirs.push_back(milliseconds([&] { module.forward(plain); }));
    theirs_last.push_back(milliseconds([&] { module.forward(last); }));
  }
  const double best = std::min(median(theirs), median(theirs_last));
  return fmt::format(
      "{{\"case\": \"{}\", \"ours_ms\": {:.3f}, \"libtorch_ms\": {:.3f}, \"libtorch_channels_last_ms\": {:.3f}, "
      "\"ratio\": {:.3f}, \"difference\": {:.3g}, \"rounds\": {}}}",
      one.name, median(ours), median(theirs), median(theirs_last), best / median(ours), difference,
      one.rounds);
}

std::int64_t peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) / 1024;
  return 0;
}

void memory(std::int64_t size, std::int64_t limit, const std::string& file) {
  const nn::Graph graph = nn::unet({.outputs = 2});
  Rng rng(2);
  const nn::NamedTensors weights = nn::random_weights(graph, rng);
  const nn::Shape shape{1, 1, size, size, size};
  const nn::Tensor image = nn::random_tensor(shape, rng);
  nn::TilingOptions options;
  options.memory_limit = limit > 0 ? limit << 20 : std::int64_t{1} << 40;
  nn::TiledEngine engine(graph, weights, {shape}, options);
  std::vector<nn::Tensor> result;
  const double time = milliseconds([&] { result = engine.run({&image}); });
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(result[0].data()), result[0].size() * 4);
  if (!out.flush()) throw std::runtime_error(file + " cannot be written");
  fmt::print("{{\"windows\": {}, \"exact\": {}, \"arena_mib\": {}, \"peak_mib\": {}, \"ms\": {:.0f}}}\n",
             engine.windows(), engine.is_exact(), engine.arena_bytes() >> 20, peak_mib(), time);
}

std::vector<float> values_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  std::vector<float> values(static_cast<std::size_t>(in.tellg()) / 4);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * 4));
  return values;
}

void compare(const std::string& a, const std::string& b) {
  const std::vector<float> one = values_of(a), other = values_of(b);
  if (one.size() != other.size()) throw std::runtime_error("results of different sizes");
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(one[i])));
    difference = std::max(difference, std::abs(static_cast<double>(one[i]) - static_cast<double>(other[i])));
  }
  fmt::print("{{\"difference\": {:.3g}}}\n", difference / largest);
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.size() == 1 && given[0] == "speed") {
    std::string rows;
    for (const Case& one : cases()) {
      const std::string row = measure(one);
      rows += (rows.empty() ? "" : ", ") + row;
    }
    fmt::print("{{\"libtorch\": \"{}\", \"threads\": {}, \"cases\": [{}]}}\n", TORCH_VERSION,
               torch::get_num_threads(), rows);
  } else if (given.size() == 4 && given[0] == "memory") {
    memory(std::stoll(given[1]), std::stoll(given[2]), given[3]);
  } else if (given.size() == 3 && given[0] == "compare") {
    compare(given[1], given[2]);
  } else {
    std::fprintf(stderr, "networks speed | memory SIZE MIB RESULT | compare A B\n");
    return 2;
  }
  return 0;
}

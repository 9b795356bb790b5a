#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nn/graph.h"
#include "nn/tensor.h"

namespace sg::nn {

/// What a trained network is, for those who run it and those who judge it: the contents of card.json beside
/// the weights. Sections follow Mitchell et al. 2019 (doi:10.1145/3287560.3287596) and MONAI's bundles.
struct Card {
  /// What an input or output holds.
  struct Port {
    std::string name, meaning;
    std::vector<std::string> classes;  // of an output that scores classes, in order of its channels
  };
  /// How a picture of the patient is made ready: brought to these axis directions and voxel size, its
  /// intensities between two percentiles stretched to 0…1 and clipped.
  struct Preparation {
    std::string orientation;   // "RAS": axes run to the patient's right, front and head; "": as stored
    double spacing_mm = 0;     // 0: as stored
    double low = 0, high = 0;  // percentiles, e.g. 0.5 and 99.5; both 0: intensities as stored
    bool per_noise = false;    // divided by the standard deviation of the noise, results times it
    /// "x", "y", "z" (mirrored along that axis), "transpose" (x and y exchanged): images changed so are as
    /// likely as before. Results over all combinations, changed back, are averaged
    /// (test-time augmentation).
    std::vector<std::string> symmetries;
  };
  struct Weights {
    std::string file = "weights.safetensors";  // in the card's folder
    std::string sha256;
    std::int64_t bytes = 0;
  };
  struct Data {
    std::string name, source, licence, use;  // use: "training", "validation", …
  };
  struct Training {
    std::string method, command, revision, hardware, software, date;
    std::int64_t seed = 0, steps = 0, examples = 0;
    double seconds = 0;
    std::vector<Data> data;
    std::vector<std::string> remarks;
  };
  /// One measured figure. `against`: what it was compared with; agreement with another program or model is
  /// called so there. `low` and `high`: a 95 % interval, or the range over subjects; `interval` says which.
  struct Metric {
    std::string name, unit, on, against, interval;
    double value = 0;
    std::optional<double> low, high;
    std::int64_t count = 0;  // subjects or images
  };
  /// What the network gives for a fixed random input (Context-free: Rng(seed), normal values): so that a
  /// machine can tell whether it computes what was meant.
  struct Check {
    std::uint64_t seed = 0;
    std::vector<Shape> inputs;
    struct Result {
      double mean = 0, deviation = 0, first = 0, last = 0;
    };
    std::vector<Result> results;
  };

  std::string name, title, purpose, version, licence;
  Graph graph;
  std::vector<Port> inputs, outputs;
  Preparation preparation;
  Weights weights;
  Training training;
  std::vector<Metric> metrics;
  std::vector<std::string> limits;  // what it was not validated on
  std::vector<std::string> references;
  std::optional<Check> check;
};

/// The card as JSON text, members in the order above. Throws invalid_input for a card that card_from_json
/// would refuse, so that what is written can be read.
std::string to_json(const Card& card);
/// Reads hostile text: the result is a valid card with a valid graph, or Error{invalid_input} naming the
/// member and what was expected. Memory is bounded by the text: weights are not allocated. At most 4 MiB,
/// lists of at most 4096, objects of at most 100 members, none of them twice.
///
/// Needed are name, title, purpose, weights and graph; the rest may be absent. The ports must be the graph's,
/// classes as many as channels, the check's inputs fit the graph, counts are not negative, sha256 is empty or
/// 64 lower-case hexadecimal digits. Members with names not known here are passed over, so that cards of
/// later versions can be read; in a layer or anywhere else in the graph they are refused, because there a
/// misspelt name would make another network. Texts are taken as they are (escape them when showing).
Card card_from_json(std::string_view text);
/// Throws also not_found and forbidden, invalid_input for what is no regular file; messages name the path.
Card read_card(const std::filesystem::path& path);
/// card.md: the same for people, in CommonMark with GitHub's tables. Texts of the card stay texts: no markup,
/// HTML or line end of theirs takes effect. (Some programs make links of bare addresses; references want
/// that.)
std::string to_markdown(const Card& card);

/// The inputs of a card's check, and what it keeps of the outputs.
std::vector<Tensor> check_inputs(const Card::Check& check);
std::vector<Card::Check::Result> check_results(std::span<const Tensor> outputs);

/// A graph alone, as cards hold it; the same rules.
std::string to_json(const Graph& graph);
Graph graph_from_json(std::string_view text);

}  // namespace sg::nn

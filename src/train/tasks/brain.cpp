#include "train/tasks/brain.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "nn/networks.h"
#include "nn/safetensors.h"
#include "train/losses.h"

namespace sg::train {
namespace {

class BrainTask : public Task {
 public:
  BrainTask(const std::filesystem::path& data, const BrainOptions& options)
      : options_(options),
        graph_(nn::unet({.axes = 3,
                         .outputs = tissue_count,
                         .channels = options.channels,
                         .norm = nn::Normalization::instance})),
        maps_(read_head_maps(data)),
        data_(data.filename().string()),
        sha256_(nn::TensorFile::open(data).sha256()) {
    const std::int64_t least = std::int64_t{1} << (options.channels.size() - 1);
    for (const std::int64_t size : options.simulation.size)
      if (size < 2 * least || size > 512)
        throw Error(ErrorCode::invalid_input,
                    fmt::format("a size is {}, expected {} to 512 voxels", size, 2 * least), "size");
    for (std::size_t i = 0; i < maps_.maps.size(); ++i) {
      const bool out = std::find(options.held_out.begin(), options.held_out.end(), maps_.maps[i].name) !=
                       options.held_out.end();
      (out ? held_out_ : training_).push_back(i);
    }
    if (training_.empty() || held_out_.empty())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} label maps to train with and {} held out, expected 1 or more of both",
                              training_.size(), held_out_.size()),
                  "data");
  }

  std::string name() const override { return "brain"; }
  const nn::Graph& graph() const override { return graph_; }

  Example sample(std::uint64_t seed, std::int64_t step, std::int64_t index) const override {
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(step)).fork(static_cast<std::uint64_t>(index));
    const std::size_t map = training_[rng.below(training_.size())];
    return simulate_head(maps_, maps_.maps[map], options_.simulation, rng.fork(1));
  }

  std::int64_t validation_size() const override { return options_.validation_scans; }
  Example validation(std::int64_t index) const override {
    const auto i = static_cast<std::size_t>(index);
    const std::size_t map = held_out_[i % held_out_.size()];
    return simulate_head(maps_, maps_.maps[map], options_.simulation, Rng(0x76616c).fork(i));
  }

  torch::Tensor loss(const Tensors& outputs, const Tensors& targets) const override {
    return soft_dice_loss(outputs[0], targets[0]) + cross_entropy(outputs[0], targets[0]);
  }

  Metrics metrics(const Tensors&, const Tensors& outputs, const Tensors& targets) const override {
    const torch::Tensor found = outputs[0].argmax(1), truth = targets[0];
    Metrics all;
    const std::vector<double> dice = dice_of_classes(found, truth, tissue_count);
    const std::vector<double> brain = dice_of_classes(found > 1, truth > 1, 2);
    all.emplace_back("dice brain", brain[1]);
    for (std::size_t c = 1; c < dice.size(); ++c)
      all.emplace_back(fmt::format("dice {}", tissue_names.at(c)), dice[c]);
    return all;
  }

  nlohmann::ordered_json facts() const override {
    const BrainSimulation& s = options_.simulation;
    std::vector<std::string> trained_with;
    for (const std::size_t i : training_) trained_with.push_back(maps_.maps[i].name);
    return {{"input",
             "one channel, RAS axes (x from left to right fastest), 0…1 between the 0.5th and 99.5th "
             "percentile"},
            {"spacing_mm", s.spacing},
            {"size_xyz", s.size},
            {"classes", tissue_names},
            {"channels", options_.channels},
            {"data",
             {{"file", data_}, {"sha256", sha256_}, {"maps", trained_with}, {"held_out", options_.held_out}}},
            {"simulation",
             {{"method",
               "scans simulated from label maps, after Billot et al. 2023, doi:10.1016/j.media.2023.102789"},
              {"rotation_degrees", s.rotation},
              {"scaling", s.scaling},
              {"shear", s.shear},
              {"translation_mm", s.translation},
              {"elastic_mm", s.elastic},
              {"known_contrast", s.known_contrast},
              {"stripped", s.stripped},
              {"other_outside", s.other_outside},
              {"cut", s.cut},
              {"thick_slices", s.thick_slices}}},
            {"validation", fmt::format("{} simulated scans of the maps held out", options_.validation_scans)},
            {"loss", "soft Dice (mean of the classes present) + cross entropy"}};
  }

  nn::Card card() const override {
    nn::Card card;
    card.name = name();
    card.title = "Brain tissues from MR of any contrast";
    card.purpose = fmt::format(
        "Scores eight brain tissues in MR images of adult heads, with or without skull, on a {} mm "
        "grid; for research.",
        options_.simulation.spacing);
    card.graph = graph_;
    card.inputs = {{"image", "MR image of a head", {}}};
    card.outputs = {{"logits", "score (logit) of each class", {tissue_names.begin(), tissue_names.end()}}};
    card.preparation = {.orientation = "RAS",
                        .spacing_mm = options_.simulation.spacing,
                        .low = 0.5,
                        .high = 99.5,
                        .symmetries = {"x"}};
    card.training.method =
        "scans simulated from label maps, after Billot et al. 2023, doi:10.1016/j.media.2023.102789; "
        "soft Dice (mean of the classes present) + cross entropy";
    card.training.data = {described(training_, "training"), described(held_out_, "validation")};
    card.metrics = {{.name = "",
                     .on = "simulated scans of the label maps held out",
                     .against = "the maps they were simulated from"}};
    card.limits = {"any clinical use", "children, pathology, post-operative brains",
                   "single tissues on real images: only the brain mask was compared",
                   "T2 and other contrasts on real images", "CT, ultrasound"};
    card.references = {"Billot et al. 2023, SynthSeg, doi:10.1016/j.media.2023.102789",
                       "Çiçek et al. 2016, 3D U-Net, arXiv:1606.06650"};
    card.check = nn::Card::Check{1, {{1, 1, 32, 48, 32}}, {}};
    return card;
  }

 private:
  nn::Card::Data described(const std::vector<std::size_t>& which, const std::string& use) const {
    nn::Card::Data data{.source = maps_.source, .licence = maps_.licence, .use = use};
    data.name = "label maps of heads: ";
    for (const std::size_t i : which) data.name += (i == which.front() ? "" : ", ") + maps_.maps[i].name;
    return data;
  }

  BrainOptions options_;
  nn::Graph graph_;
  HeadMaps maps_;
  std::string data_, sha256_;
  std::vector<std::size_t> training_, held_out_;
};

}  // namespace

std::unique_ptr<Task> brain_task(const std::filesystem::path& data, const BrainOptions& options) {
  return std::make_unique<BrainTask>(data, options);
}

}  // namespace sg::train

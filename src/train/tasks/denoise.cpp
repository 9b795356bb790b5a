#include "train/tasks/denoise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "nn/safetensors.h"
#include "train/expect.h"
#include "train/losses.h"
#include "train/tasks/brain_simulation.h"
#include "train/tasks/head_slice.h"
#include "train/tasks/phantom.h"
#include "train/tasks/pictures.h"

namespace sg::train {
namespace {

std::vector<nn::Tensor> read_images(const std::filesystem::path& data, std::int64_t patch) {
  std::vector<nn::Tensor> images;
  for (Picture& picture : read_pictures(data, patch)) {
    rescale_intensities({picture.values.data(), static_cast<std::size_t>(picture.values.size())});
    images.push_back(std::move(picture.values));
  }
  return images;
}

bool holds_labels(const std::filesystem::path& data) {
  const std::vector<std::string> names = nn::TensorFile::open(data).names();
  return std::any_of(names.begin(), names.end(),
                     [](const std::string& name) { return name.starts_with("labels."); });
}

/// A patch of a random slice, in greys of its own.
std::vector<float> regreyed_patch(const nn::Tensor& image, std::int64_t size, Rng& rng) {
  std::vector<float> patch = random_patch(image, size, rng);
  const auto low = static_cast<float>(rng.uniform(0, 0.15)), high = static_cast<float>(rng.uniform(0.6, 1));
  for (float& value : patch) value = low + (high - low) * value;
  return patch;
}

class DenoiseTask : public Task {
 public:
  DenoiseTask(const std::filesystem::path& data, const DenoiseOptions& options)
      : options_(options), graph_(nn::denoiser(options.network)) {
    expect(options.patch >= 8 && options.patch <= 1024, "patch", static_cast<double>(options.patch),
           "8 to 1024");
    expect(options.lowest >= 0.001 && options.lowest <= options.highest, "lowest", options.lowest,
           "0.001 to the highest noise");
    expect(options.highest <= 1, "highest", options.highest, "at most 1");
    if (data.empty()) return;
    images_ = read_images(data, options.patch);
    if (holds_labels(data)) heads_ = read_head_maps(data);
    if (images_.empty() && heads_.maps.empty())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{}: no tensor \"images.…\" or \"labels.…\"", data.string()), "data");
    sha256_ = nn::TensorFile::open(data).sha256();
    file_ = data.filename().string();
  }

  std::string name() const override { return "denoise"; }
  const nn::Graph& graph() const override { return graph_; }

  Example sample(std::uint64_t seed, std::int64_t step, std::int64_t index) const override {
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(step)).fork(static_cast<std::uint64_t>(index));
    const std::vector<float> clean = picture(rng);
    // As many weak as strong: in proportion, not in number, or strong noise would be all that counts.
    const double sigma = options_.lowest * std::pow(options_.highest / options_.lowest, rng.uniform());
    const bool rician = rng.uniform() < 0.5;
    return pair(clean, options_.patch, sigma, rician, rng);
  }

  std::int64_t validation_size() const override { return options_.validation_pictures; }
  Example validation(std::int64_t index) const override {
    Rng rng = Rng(0x76616c).fork(static_cast<std::uint64_t>(index));
    constexpr std::int64_t size = 96;
    const std::vector<float> clean = random_phantom(size, size, rng);
    return pair(clean, size, index % 2 == 0 ? 0.05 : 0.1, index / 2 % 2 == 1, rng);
  }

  torch::Tensor loss(const Tensors& outputs, const Tensors& targets) const override {
    return charbonnier(outputs[0].to(torch::kFloat32), targets[0], 2);
  }

  Metrics metrics(const Tensors& inputs, const Tensors& outputs, const Tensors& targets) const override {
    const auto psnr = [&](const torch::Tensor& image) {
      const torch::Tensor error = (image - targets[0]) * targets[1].reshape({-1, 1, 1, 1});
      return -10 * std::log10(error.square().mean().item<double>());
    };
    return {{"psnr noisy", psnr(inputs[0])}, {"psnr", psnr(outputs[0])}};
  }

  nlohmann::ordered_json facts() const override {
    nlohmann::ordered_json facts{
        {"input", "one channel, intensities over the standard deviation of the noise"},
        {"channels", options_.network.channels},
        {"levels", options_.network.levels},
        {"patch", options_.patch},
        {"noise",
         {{"kinds", {"gaussian", "rician"}}, {"lowest", options_.lowest}, {"highest", options_.highest}}},
        {"data", {{"phantoms", "simulated shapes, folds and textures"}}},
        {"validation", fmt::format("{} phantoms with 5 % and 10 % noise", options_.validation_pictures)},
        {"loss", "Charbonnier, ε of two standard deviations of the noise"}};
    if (!file_.empty())
      facts["data"]["file"] = {{"name", file_},
                               {"sha256", sha256_},
                               {"share", options_.from_data},
                               {"images", images_.size()},
                               {"label maps of heads", heads_.maps.size()}};
    return facts;
  }

  nn::Card card() const override {
    nn::Card card;
    card.name = name();
    card.title = "Noise out of 2-D images";
    card.purpose = fmt::format(
        "Removes Gaussian and Rician noise of unknown strength, {:g} to {:g} % of the range, from slices "
        "of MR of the head; for research.",
        100 * options_.lowest, 100 * options_.highest);
    card.graph = graph_;
    card.inputs = {{"noisy", "image over the standard deviation of its noise", {}}};
    card.outputs = {{"clean", "the same without noise", {}}};
    card.preparation.per_noise = true;
    card.preparation.symmetries = {"x", "y", "transpose"};
    card.training.method =
        "noise put into simulated pictures; Charbonnier loss on the difference to the picture without";
    if (!file_.empty())
      card.training.data.push_back({described(), heads_.source, heads_.licence, "training"});
    card.training.data.push_back(
        {"simulated phantoms: shapes, folds and textures", "own", "Apache-2.0", "training"});
    card.training.data.push_back(
        {"other such phantoms with 5 % and 10 % noise", "own", "Apache-2.0", "validation"});
    card.metrics = {{.name = "",
                     .unit = "dB",
                     .on = "simulated phantoms with 5 % and 10 % noise",
                     .against = "the phantoms without noise"}};
    card.limits = {"any clinical use", "noise that neighbouring pixels share (speckle, parallel imaging)",
                   "images other than brain MR"};
    card.references = {"Zhang et al. 2017, DnCNN, arXiv:1608.03981",
                       "Zhang et al. 2021, DRUNet, arXiv:2008.13751"};
    card.check = nn::Card::Check{1, {{1, 1, 48, 64}}, {}};
    return card;
  }

 private:
  std::string described() const {
    std::string text;
    if (!images_.empty()) text = fmt::format("{} images", images_.size());
    if (!heads_.maps.empty())
      text += fmt::format("{}slices of {} label maps of heads in simulated contrasts",
                          text.empty() ? "" : "; ", heads_.maps.size());
    return text;
  }

  std::vector<float> picture(Rng& rng) const {
    const std::size_t sources = images_.size() + heads_.maps.size();
    if (sources == 0 || rng.uniform() >= options_.from_data)
      return random_phantom(options_.patch, options_.patch, rng);
    const std::size_t source = rng.below(sources);
    if (source < images_.size()) return regreyed_patch(images_[source], options_.patch, rng);
    return random_head_slice(heads_, heads_.maps[source - images_.size()], options_.patch, rng);
  }

  static Example pair(const std::vector<float>& clean, std::int64_t size, double sigma, bool rician,
                      Rng& rng) {
    std::vector<float> noisy = clean;
    add_noise(noisy, sigma, rician, rng);
    Example example;
    example.inputs.emplace_back(nn::Shape{1, size, size});
    example.targets.emplace_back(nn::Shape{1, size, size});
    example.targets.emplace_back(nn::Shape{1});
    example.targets[1].data()[0] = static_cast<float>(sigma);
    const auto scale = static_cast<float>(1 / sigma);
    for (std::size_t i = 0; i < clean.size(); ++i) {
      example.inputs[0].data()[i] = scale * noisy[i];
      example.targets[0].data()[i] = scale * clean[i];
    }
    return example;
  }

  DenoiseOptions options_;
  nn::Graph graph_;
  std::vector<nn::Tensor> images_;
  HeadMaps heads_;
  std::string file_, sha256_;
};

}  // namespace

std::unique_ptr<Task> denoise_task(const std::filesystem::path& data, const DenoiseOptions& options) {
  return std::make_unique<DenoiseTask>(data, options);
}

}  // namespace sg::train

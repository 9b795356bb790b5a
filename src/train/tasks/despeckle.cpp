#include "train/tasks/despeckle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/speckle.h"
#include "nn/safetensors.h"
#include "train/expect.h"
#include "train/losses.h"
#include "train/tasks/brain_simulation.h"
#include "train/tasks/phantom.h"
#include "train/tasks/pictures.h"

namespace sg::train {
namespace {

constexpr double scale = 10;    // of errors in the loss: the range is 0…10
constexpr double floor = 1e-3;  // of the range, below which logarithms are not compared
constexpr std::array<double, 3> validated_looks{1, 4, 10};
constexpr std::int64_t validation_size = 128;

/// The half plane beyond a random line, or the inside of a random ellipse: 0…1 with an edge of a pixel or
/// two.
class Shape {
 public:
  Shape(std::int64_t size, Rng& rng)
      : x_(rng.uniform(0, static_cast<double>(size))),
        y_(rng.uniform(0, static_cast<double>(size))),
        a_(static_cast<double>(size) * rng.uniform(0.08, 0.6)),
        ratio_(rng.uniform(0.3, 1)),
        line_(rng.uniform() < 0.4),
        sharpness_(rng.uniform(0.5, 2)) {
    const double angle = rng.uniform(0, 2 * std::numbers::pi);
    c_ = std::cos(angle), s_ = std::sin(angle);
  }
  float at(std::int64_t x, std::int64_t y) const {
    const double dx = static_cast<double>(x) - x_, dy = static_cast<double>(y) - y_;
    const double u = c_ * dx + s_ * dy, v = c_ * dy - s_ * dx;
    const double distance = line_ ? u : ratio_ * a_ - std::hypot(ratio_ * u, v);
    return static_cast<float>(std::clamp(0.5 + 0.5 * sharpness_ * distance, 0.0, 1.0));
  }

 private:
  double x_, y_, a_, ratio_;
  bool line_;
  double sharpness_, c_ = 1, s_ = 0;
};

Grid square(std::int64_t size) {
  Grid grid;
  grid.size = {size, size, 1};
  return grid;
}

/// How often `size` pixels go into the shorter side of an image's slices.
std::int64_t room(const nn::Tensor& image, std::int64_t size) {
  return std::min(image.shape[1], image.shape[2]) / size;
}

/// Mean absolute difference between neighbours in a size × size patch, over its mean.
double variation(const std::vector<float>& patch, std::int64_t size) {
  double sum = 0, total = 1e-3;
  const auto n = static_cast<std::size_t>(size);
  for (std::size_t i = 0; i < patch.size(); ++i) {
    total += patch[i];
    if ((i + 1) % n != 0) sum += std::abs(patch[i + 1] - patch[i]);
    if (i + n < patch.size()) sum += std::abs(patch[i + n] - patch[i]);
  }
  return sum / total;
}

double psnr(const torch::Tensor& error) { return -10 * std::log10(error.square().mean().item<double>()); }

class DespeckleTask : public Task {
 public:
  DespeckleTask(const std::filesystem::path& data, const DespeckleOptions& options)
      : options_(options), graph_(nn::despeckler(options.network)) {
    const std::int64_t least = std::int64_t{1} << (options.network.levels - 1);
    expect(options.patch >= 2 * least && options.patch <= 1024, "patch", options.patch,
           "two pixels at the lowest resolution to 1024");
    expect(options.shrink >= 1 && options.shrink <= 16, "shrink", options.shrink, "1 to 16");
    expect(options.draws >= 1 && options.draws <= 16, "draws", options.draws, "1 to 16");
    expect(options.fewest_looks >= 0.5 && options.fewest_looks <= options.most_looks, "fewest_looks",
           options.fewest_looks, "0.5 to the most looks");
    expect(options.most_looks <= 100, "most_looks", options.most_looks, "at most 100");
    expect(options.correlated >= 0 && options.correlated <= 1, "correlated", options.correlated, "0 to 1");
    expect(options.phantoms >= 0 && options.phantoms <= 1, "phantoms", options.phantoms, "0 to 1");
    expect(options.alpha > 0, "alpha", options.alpha, "more than 0");
    expect(options.lambda >= 0 && options.lambda <= 1, "lambda", options.lambda, "0 to 1");
    expect(options.log_share >= 0 && options.log_share <= 1, "log_share", options.log_share, "0 to 1");
    read(data);
  }

  std::string name() const override { return "despeckle"; }
  const nn::Graph& graph() const override { return graph_; }

  double initial_gain(const std::string& weight) const override {
    return weight.ends_with(".b.weight") || weight == "change.weight" ? 0.1 : 1;
  }

  Example sample(std::uint64_t seed, std::int64_t step, std::int64_t index) const override {
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(step)).fork(static_cast<std::uint64_t>(index));
    const std::vector<float> clean = picture(rng);
    double looks =
        options_.fewest_looks * std::pow(options_.most_looks / options_.fewest_looks, rng.uniform());
    const bool correlated = rng.uniform() < options_.correlated;
    if (correlated) looks = std::max(1.0, std::round(0.5 * looks));
    // What the network is told is an estimate.
    const double told = looks * std::exp(0.15 * rng.normal());
    return speckled(clean, options_.patch, {looks, told, correlated}, rng);
  }

  std::int64_t validation_size() const override {
    return static_cast<std::int64_t>(held_out_.size() * validated_looks.size());
  }
  Example validation(std::int64_t index) const override {
    const auto i = static_cast<std::size_t>(index);
    const double looks = validated_looks[i % validated_looks.size()];
    Rng rng = Rng(0x76616c).fork(i);
    Rng place = Rng(0x706c61).fork(i / validated_looks.size());
    const nn::Tensor& held_out = held_out_[i / validated_looks.size()].values;
    const std::int64_t shrink = std::min(options_.shrink, room(held_out, train::validation_size));
    const std::vector<float> clean = random_patch(held_out, train::validation_size, place, (shrink + 1) / 2);
    return speckled(clean, train::validation_size, {looks, looks, false}, rng);
  }

  torch::Tensor loss(const Tensors& outputs, const Tensors& targets) const override {
    const torch::Tensor logarithm = outputs[0].to(torch::kFloat32), mean = targets[1].reshape({-1, 1, 1, 1});
    const torch::Tensor found = scale * intensity(logarithm, mean), clean = scale * targets[0];
    const torch::Tensor log_found = (logarithm + mean.log()).clamp_min(std::log(floor)),
                        log_clean = targets[0].clamp_min(floor).log();
    return (1 - options_.log_share) * difference(found, clean) +
           options_.log_share * difference(log_found, log_clean);
  }

  Metrics metrics(const Tensors& inputs, const Tensors& outputs, const Tensors& targets) const override {
    const torch::Tensor mean = targets[1].reshape({-1, 1, 1, 1});
    const torch::Tensor noisy = intensity(inputs[0].slice(1, 0, 1), mean).clamp(0, 1),
                        found = intensity(outputs[0], mean).clamp(0, 1);
    const auto looks = std::lround(std::exp(inputs[0].select(1, 2).mean().item<double>()));
    Metrics all;
    for (const double each : validated_looks) {
      const bool here = std::lround(each) == looks;
      all.emplace_back(fmt::format("psnr {:g}", each), here ? psnr(found - targets[0]) : std::nan(""));
      all.emplace_back(fmt::format("psnr noisy {:g}", each), here ? psnr(noisy - targets[0]) : std::nan(""));
    }
    return all;
  }

  nlohmann::ordered_json facts() const override {
    return {{"input", "ln f, square root of f, ln of the looks; f intensity over its mean"},
            {"channels", options_.network.channels},
            {"levels", options_.network.levels},
            {"blocks", options_.network.blocks},
            {"patch", options_.patch},
            {"shrink", options_.shrink},
            {"draws", options_.draws},
            {"looks", {options_.fewest_looks, options_.most_looks}},
            {"correlated", options_.correlated},
            {"phantoms", options_.phantoms},
            {"loss", loss_text()},
            {"log_share", options_.log_share},
            {"data",
             {{"file", file_},
              {"sha256", sha256_},
              {"images", pictures_.size()},
              {"held_out", held_out_.size()}}}};
  }

  nn::Card card() const override {
    nn::Card card;
    card.name = name();
    card.title = "Speckle out of 2-D images";
    card.purpose = fmt::format(
        "Removes multiplicative Gamma speckle of {:g} to {:g} looks from intensity images; for research.",
        options_.fewest_looks, options_.most_looks);
    card.graph = graph_;
    card.inputs = {{"speckled", "ln f, √f and ln L: f intensity over its mean, L the number of looks", {}}};
    card.outputs = {{"log_clean", "ln of the intensity without speckle, over the same mean", {}}};
    card.preparation.symmetries = {"x", "y", "transpose"};
    card.training.method = fmt::format(
        "Gamma speckle put on pictures, alone and laid over each other, and on phantoms, {:g} of it "
        "correlated; loss: {}, of the intensity and, as {:g} of the sum, of its logarithm",
        options_.correlated, loss_text(), options_.log_share);
    card.training.data = {
        {fmt::format("{} pictures", pictures_.size()), source_, licence_, "training"},
        {"simulated phantoms: shapes, folds and textures", "own", "Apache-2.0", "training"},
        {fmt::format("{} other pictures", held_out_.size()), source_, licence_, "validation"}};
    card.metrics = {{.name = "",
                     .unit = "dB",
                     .on = "held-out pictures with simulated speckle of 1, 4 and 10 looks",
                     .against = "the pictures without speckle"}};
    card.limits = {"any clinical use", "speckle of real scanners, which is correlated and log-compressed",
                   "whether it paints structure that is not there: hold the ratio image against it"};
    card.references = {"Zhang et al. 2021, DRUNet, arXiv:2008.13751",
                       "Zhang & Zhou 2018, l1-regression with heavy-tailed distributions, NeurIPS",
                       "Achddou, Gousseau & Ladjal 2021, dead leaves for training denoisers, SSVM"};
    card.check = nn::Card::Check{1, {{1, 3, 48, 64}}, {}};
    return card;
  }

 private:
  struct Noise {
    double looks, told;
    bool correlated;
  };

  void read(const std::filesystem::path& data) {
    const std::int64_t least = std::max(options_.patch, train::validation_size);
    std::vector<Picture> all = read_pictures(data, least);
    expect(options_.held_out >= 1 && 2 * static_cast<std::size_t>(options_.held_out) <= all.size(),
           "held_out", options_.held_out, "1 to half of the pictures");
    const std::size_t every = all.size() / static_cast<std::size_t>(options_.held_out);
    for (std::size_t i = 0; i < all.size(); ++i) {
      Picture& picture = all[i];
      const std::span<float> values(picture.values.data(), static_cast<std::size_t>(picture.values.size()));
      if (picture.bytes)
        for (float& value : values) value /= 255;
      else
        rescale_intensities(values);
      const bool out =
          i % every == every / 2 && held_out_.size() < static_cast<std::size_t>(options_.held_out);
      (out ? held_out_ : pictures_).push_back(std::move(picture));
    }
    const nn::TensorFile file = nn::TensorFile::open(data);
    const auto said = [&](const char* key) {
      const auto found = file.metadata().find(key);
      return found == file.metadata().end() ? std::string() : found->second;
    };
    source_ = said("source"), licence_ = said("licence");
    sha256_ = file.sha256();
    file_ = data.filename().string();
  }

  std::vector<float> photograph(Rng& rng) const {
    // Much of a picture may be empty or smooth; a patch without anything teaches little.
    std::vector<float> patch;
    double most_detail = -1;
    for (int draw = 0; draw < options_.draws; ++draw) {
      const nn::Tensor& values = pictures_[rng.below(pictures_.size())].values;
      const std::int64_t most = std::min(options_.shrink, room(values, options_.patch));
      const std::int64_t shrink =
          most == 1 ? 1 : 1 + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most)));
      std::vector<float> drawn = random_patch(values, options_.patch, rng, shrink);
      const double detail = variation(drawn, options_.patch);
      if (detail > most_detail) most_detail = detail, patch = std::move(drawn);
    }
    const auto bright = static_cast<float>(std::exp(0.25 * rng.normal()));
    for (float& value : patch) value = std::min(1.0F, bright * value);
    return patch;
  }

  std::vector<float> picture(Rng& rng) const {
    const std::int64_t size = options_.patch;
    if (rng.uniform() < options_.phantoms) return random_phantom(size, size, rng);
    std::vector<float> patch = photograph(rng);
    const std::uint64_t layers = rng.uniform() < 0.5 ? 0 : 1 + rng.below(4);
    for (std::uint64_t layer = 0; layer < layers; ++layer) {
      const std::vector<float> over = photograph(rng);
      const Shape shape(size, rng);
      std::size_t i = 0;
      for (std::int64_t y = 0; y < size; ++y)
        for (std::int64_t x = 0; x < size; ++x, ++i) patch[i] += shape.at(x, y) * (over[i] - patch[i]);
    }
    return patch;
  }

  static Example speckled(const std::vector<float>& clean, std::int64_t size, const Noise& noise, Rng& rng) {
    Volume<float> image(square(size));
    std::copy(clean.begin(), clean.end(), image.data());
    const Rng draws = rng.fork(1);
    const CorrelatedSpeckle correlated{static_cast<int>(std::lround(noise.looks)), rng.uniform(1.5, 4),
                                       rng.uniform(1.2, 2.5)};
    const Volume<float> noisy = noise.correlated ? add_correlated_speckle(image, correlated, draws)
                                                 : add_speckle(image, noise.looks, draws);
    Example example;
    example.inputs.emplace_back(nn::Shape{3, size, size});
    example.targets.emplace_back(nn::Shape{1, size, size});
    example.targets.emplace_back(nn::Shape{1});
    const auto values = static_cast<std::size_t>(size * size);
    example.targets[1].data()[0] =
        nn::despeckler_input(noisy.values(), noise.told, {example.inputs[0].data(), 3 * values});
    std::copy(clean.begin(), clean.end(), example.targets[0].data());
    return example;
  }

  static torch::Tensor intensity(const torch::Tensor& logarithm, const torch::Tensor& mean) {
    return mean * logarithm.to(torch::kFloat32).clamp_max(6).exp();
  }

  torch::Tensor difference(const torch::Tensor& a, const torch::Tensor& b) const {
    switch (options_.loss) {
      case DespeckleLoss::absolute: return (a - b).abs().mean();
      case DespeckleLoss::charbonnier: return charbonnier(a, b, 1e-3);
      default: return truncated(a, b, options_.alpha, options_.lambda);
    }
  }

  std::string loss_text() const {
    switch (options_.loss) {
      case DespeckleLoss::absolute: return "absolute";
      case DespeckleLoss::charbonnier: return "Charbonnier, ε 0.001";
      default: return fmt::format("truncated, α {:g}, λ {:g}", options_.alpha, options_.lambda);
    }
  }

  DespeckleOptions options_;
  nn::Graph graph_;
  std::vector<Picture> pictures_, held_out_;
  std::string file_, sha256_, source_, licence_;
};

}  // namespace

std::unique_ptr<Task> despeckle_task(const std::filesystem::path& data, const DespeckleOptions& options) {
  return std::make_unique<DespeckleTask>(data, options);
}

}  // namespace sg::train

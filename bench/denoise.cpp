// Slices of a volume with Gaussian noise put in, cleaned by a network, by a Gaussian and by non-local means:
// prints one JSON object. Arguments: the volume, the folder of the network (weights.safetensors and
// card.json).
//
// Non-local means: Buades et al. 2005, doi:10.1109/CVPR.2005.38, weights exp(−max(d² − 2σ², 0)/h²) over 15×15
// pixels. Both rivals are told the noise and tuned on the very slices that are scored. The network
// is told the noise, too, or not: then it is estimated.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "core/parallel.h"
#include "core/rng.h"
#include "core/smooth.h"
#include "io/image_io.h"
#include "model/predict.h"

namespace {

using namespace sg;
using Picture = Volume<float>;  // 2-D

double psnr(const Picture& image, const Picture& clean) {
  double sum = 0;
  for (std::int64_t i = 0; i < clean.size(); ++i) {
    const double off = std::clamp(image.data()[i], 0.0F, 1.0F) - clean.data()[i];
    sum += off * off;
  }
  return -10 * std::log10(sum / static_cast<double>(clean.size()));
}

Picture non_local_means(const Picture& noisy, double sigma, double strength, int patch) {
  constexpr int reach = 7;
  const auto [width, height, depth] = noisy.grid().size;
  const double h2 = strength * strength * sigma * sigma, area = (2 * patch + 1) * (2 * patch + 1);
  const auto at = [&](std::int64_t y, std::int64_t x) {
    return static_cast<double>(noisy.data()[std::clamp<std::int64_t>(y, 0, height - 1) * width +
                                            std::clamp<std::int64_t>(x, 0, width - 1)]);
  };
  Picture result(noisy.grid());
  parallel_for(
      height,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t y = begin; y < end; ++y)
          for (std::int64_t x = 0; x < width; ++x) {
            double weights = 0, sum = 0, most = 0;
            for (int dy = -reach; dy <= reach; ++dy)
              for (int dx = -reach; dx <= reach; ++dx) {
                if (dy == 0 && dx == 0) continue;
                double distance = 0;
                for (int b = -patch; b <= patch; ++b)
                  for (int a = -patch; a <= patch; ++a) {
                    const double off = at(y + b, x + a) - at(y + dy + b, x + dx + a);
                    distance += off * off;
                  }
                const double weight = std::exp(-std::max(distance / area - 2 * sigma * sigma, 0.0) / h2);
                most = std::max(most, weight);
                weights += weight;
                sum += weight * at(y + dy, x + dx);
              }
            if (most == 0) most = 1;
            result.data()[y * width + x] = static_cast<float>((sum + most * at(y, x)) / (weights + most));
          }
      },
      {}, 1);
  return result;
}

struct Best {
  double value = -1e9;
  std::string setting;
  void offer(double candidate, const std::string& how) {
    if (candidate <= value) return;
    value = candidate;
    setting = how;
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "denoise VOLUME MODEL_FOLDER\n");
    return 2;
  }
  const Volume<float> volume = io::read_volume(arguments[1]);
  const model::Model model = model::load_model_folder(arguments[2]);
  const auto [width, height, depth] = volume.grid().size;
  const float peak = *std::max_element(volume.values().begin(), volume.values().end());
  std::string rows;
  for (const double sigma : {0.05, 0.10}) {
    std::vector<Picture> clean, noisy;
    for (const double share : {0.33, 0.44, 0.55, 0.66}) {
      Grid grid;
      grid.size = {width, height, 1};
      const auto z = static_cast<std::int64_t>(share * static_cast<double>(depth));
      Picture slice(grid);
      for (std::int64_t i = 0; i < slice.size(); ++i)
        slice.data()[i] = volume.data()[z * width * height + i] / peak;
      Rng rng(static_cast<std::uint64_t>(z));
      clean.push_back(slice.clone());
      for (float& value : slice.values()) value += static_cast<float>(sigma * rng.normal());
      noisy.push_back(std::move(slice));
    }
    const auto mean = [&](const auto& denoised) {
      double sum = 0;
      for (std::size_t i = 0; i < clean.size(); ++i) sum += psnr(denoised(noisy[i]), clean[i]);
      return sum / static_cast<double>(clean.size());
    };
    const double before = mean([](const Picture& image) { return image.clone(); });
    const auto by_network = [&](double noise) {
      model::PredictOptions options;
      options.noise = noise;
      return mean([&](const Picture& image) { return model::predict(model, image, options); });
    };
    const double told = by_network(sigma), estimated = by_network(0);
    Best smooth, means;
    for (int k = 0; k < 16; ++k) {
      const double width_px = 0.3 + 0.06 * k;
      smooth.offer(mean([&](const Picture& image) {
                     return gaussian(image, {width_px, width_px, 0});
                   }),
                   fmt::format("{:.2f} pixels", width_px));
    }
    for (const int patch : {1, 2})
      for (const double strength : {0.3, 0.45, 0.6, 0.75, 0.9, 1.1})
        means.offer(
            mean([&](const Picture& image) { return non_local_means(image, sigma, strength, patch); }),
            fmt::format("patch {}, h {}σ", 2 * patch + 1, strength));
    rows += fmt::format(
        "{}{{\"noise_percent\": {}, \"noisy_db\": {:.3f}, \"network_db\": {:.3f}, \"network_not_told_db\": {:.3f}, \"gaussian_db\": {:.3f}, "
        "\"gaussian\": \"{}\", \"nl_means_db\": {:.3f}, \"nl_means\": \"{}\"}}",
        rows.empty() ? "" : ", ", 100 * sigma, before, told, estimated, smooth.value, smooth.setting,
        means.value, means.setting);
  }
  fmt::print("{{\"slices\": 4, \"steps\": {}, \"training_s\": {:.1f}, \"rows\": [{}]}}\n",
             model.card.training.steps, model.card.training.seconds, rows);
  return 0;
}

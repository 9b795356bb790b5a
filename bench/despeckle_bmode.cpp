// Despecklers on real B-mode frames, without a reference: prints one JSON object. Arguments: a folder of
// pictures, the JSON file that names them with the corners of even boxes (24×24 px) and, for some, pixels on
// the border of a lesion; the folder of the model.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/grey.h"
#include "core/stats.h"
#include "io/image_io.h"
#include "ultrasound/despeckle.h"

namespace {

using namespace sg;
using namespace sg::ultrasound;

struct Sums {
  int pairs = 0, pairs_worse = 0, boxes = 0, boxes_within = 0, borders = 0;
  double worst_pair = 0, ratio = 0, ratio_squared = 0, structure = 0, kept = 0, least_kept = 1e9;
  std::vector<double> smoother;
};

void add_boxes(const Volume<float>& before, const Volume<float>& after, const DespeckledFrame& frame,
               const std::vector<Box>& boxes, Sums& sums) {
  for (std::size_t a = 0; a < boxes.size(); ++a) {
    const RatioStatistics ratio =
        ratio_statistics(frame.noisy, frame.found, mask_of(before.grid(), boxes[a]), 1e-30);
    ++sums.boxes;
    sums.boxes_within += std::abs(ratio.mean - 1) <= 0.02;
    sums.ratio += ratio.mean, sums.ratio_squared += ratio.mean * ratio.mean;
    sums.structure += std::max(ratio.correlation_x, ratio.correlation_y);
    const auto first = values_in(before, boxes[a]), first_after = values_in(after, boxes[a]);
    sums.smoother.push_back(equivalent_looks(first_after) / equivalent_looks(first));
    for (std::size_t b = a + 1; b < boxes.size(); ++b) {
      const double then = generalized_contrast_to_noise(first, values_in(before, boxes[b])),
                   now = generalized_contrast_to_noise(first_after, values_in(after, boxes[b]));
      ++sums.pairs;
      sums.pairs_worse += now < then - 1e-9;
      sums.worst_pair = std::max(sums.worst_pair, then - now);
    }
  }
}

double rounded(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(scale * value) / scale;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const auto frames = nlohmann::ordered_json::parse(std::ifstream(arguments[2]));
  const model::Model network = model::load_model_folder(arguments[3]);
  nlohmann::ordered_json rows;
  for (std::size_t m = 0; m < method_names().size(); ++m) {
    Sums sums;
    for (const auto& [name, regions] : frames.items()) {
      const Image image = io::read_image(std::filesystem::path(arguments[1]) / name);
      DespeckleOptions options;
      options.method = static_cast<Method>(m);
      options.network = &network;
      options.average = false;
      const Despeckled result = despeckle(image, options);
      const Volume<float> before = grey_of(image.voxels), after = grey_of(result.image.voxels);
      std::vector<Box> boxes;
      for (const auto& corner : regions["boxes"]) boxes.push_back({corner[0], corner[1], 24, 24, 0});
      add_boxes(before, after, result.frames[0], boxes, sums);
      if (!regions.contains("border")) continue;
      Mask border(before.grid());
      for (const auto& pixel : regions["border"])
        border.at(pixel[0].get<std::int64_t>(), pixel[1].get<std::int64_t>(), 0) = 1;
      const double kept = edge_gradient_kept(before, after, border);
      ++sums.borders;
      sums.kept += kept, sums.least_kept = std::min(sums.least_kept, kept);
    }
    const double mean = sums.ratio / sums.boxes;
    std::sort(sums.smoother.begin(), sums.smoother.end());
    rows.push_back({{"method", method_names()[m]},
                    {"pairs", sums.pairs},
                    {"pairs_with_less_gcnr", sums.pairs_worse},
                    {"largest_loss_of_gcnr", rounded(sums.worst_pair, 3)},
                    {"boxes", sums.boxes},
                    {"ratio_mean", rounded(mean, 3)},
                    {"ratio_mean_sd",
                     rounded(std::sqrt(std::max(0.0, sums.ratio_squared / sums.boxes - mean * mean)), 3)},
                    {"boxes_within_0.02", sums.boxes_within},
                    {"ratio_correlation", rounded(sums.structure / sums.boxes, 2)},
                    {"enl_times_median", rounded(sums.smoother[sums.smoother.size() / 2], 1)},
                    {"borders", sums.borders},
                    {"gradient_kept", rounded(sums.kept / sums.borders, 2)},
                    {"least_gradient_kept", rounded(sums.least_kept, 2)}});
  }
  const nlohmann::ordered_json result{{"frames", frames.size()}, {"rows", rows}};
  std::printf("%s\n", result.dump().c_str());
  return 0;
}

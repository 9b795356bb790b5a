// Every despeckler on natural pictures with simulated Gamma speckle, blind (nobody tells them the looks):
// prints one JSON object. Arguments: a folder of clean pictures 01.png … 07.png, the folder of the model.
// Seeds: those of core/rng.h, base + number of the picture.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "core/speckle.h"
#include "io/image_io.h"
#include "ultrasound/despeckle.h"
#include "ultrasound/quality.h"

namespace {

using namespace sg;
using namespace sg::ultrasound;
using Clock = std::chrono::steady_clock;

struct Row {
  double psnr = 0, ssim = 0, low_grey = 0, looks = 0, milliseconds = 0;
};

const std::map<std::string, Method> methods{
    {"diffusion", Method::diffusion}, {"network", Method::network}, {"srad", Method::srad},
    {"dpad", Method::dpad},           {"obnlm", Method::obnlm},     {"lee", Method::lee},
    {"kuan", Method::kuan},           {"frost", Method::frost},     {"mulog", Method::mulog}};

Row measured(const Volume<float>& clean, const Volume<float>& noisy, const DespeckleOptions& options) {
  Image image;
  image.voxels = noisy.clone();
  const auto start = Clock::now();
  const Despeckled result = despeckle(image, options);
  const std::chrono::duration<double, std::milli> time = Clock::now() - start;
  const auto& found = std::get<Volume<float>>(result.image.voxels);
  const Ssim similarity = ssim(found, clean);
  return {psnr(found, clean), similarity.mean, similarity.low_grey, result.frames[0].looks, time.count()};
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const model::Model network = model::load_model_folder(arguments[2]);
  constexpr int pictures = 7;
  std::string rows;
  for (const int base : {1000, 2000})
    for (const double looks : {1.0, 2.0, 4.0, 10.0})
      for (const auto& [name, method] : methods)
        for (const bool average : {true, false}) {
          if (method != Method::network && !average) continue;
          Row mean;
          for (int i = 0; i < pictures; ++i) {
            const std::filesystem::path file =
                std::filesystem::path(arguments[1]) / fmt::format("{:02}.png", i + 1);
            const Volume<float> clean = io::read_volume(file);
            DespeckleOptions options;
            options.method = method;
            options.network = &network;
            options.average = average;
            const Row row = measured(
                clean, add_speckle(clean, looks, Rng(static_cast<std::uint64_t>(base + i))), options);
            mean.psnr += row.psnr / pictures;
            mean.ssim += row.ssim / pictures;
            mean.low_grey += row.low_grey / pictures;
            mean.looks += row.looks / pictures;
            mean.milliseconds += row.milliseconds / pictures;
          }
          rows += fmt::format(
              "{}\n    {{\"method\": \"{}\", \"seeds\": {}, \"looks\": {:g}, \"psnr_db\": {:.2f}, \"ssim\": {:.3f}, "
              "\"low_grey_ssim\": {:.3f}, \"looks_estimated\": {:.2f}, \"ms_per_picture\": {:.0f}}}",
              rows.empty() ? "" : ",", average ? name : name + ", not averaged", base, looks, mean.psnr,
              mean.ssim, mean.low_grey, mean.looks, mean.milliseconds);
        }
  std::printf("{\"pictures\": %d, \"rows\": [%s\n]}\n", pictures, rows.c_str());
  return 0;
}

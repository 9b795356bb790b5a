#include <fmt/format.h>

#include <cmath>
#include <sstream>

#include "core/error.h"
#include "op/declare.h"
#include "ultrasound/benchmark.h"
#include "ultrasound/benchmark_report.h"
#include "ultrasound/operations.h"
#include "ultrasound/rivals.h"

namespace sg::ultrasound {
namespace {

struct RunBenchmark {
  io::ImageFolder images;
  std::optional<io::ImageFolder> speckled;
  BenchmarkOptions options;
  std::string methods = "all", model = "despeckle";
  int first_seed = 1000, disc_draws = 3;
  Table means;
  std::optional<Table> scores, discs;
  Document protocol;
  std::optional<report::Report> report;
};

std::vector<std::string> words(const std::string& list) {
  std::vector<std::string> found;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) {
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (!word.empty()) found.push_back(word);
  }
  return found;
}

Document protocol(const RunBenchmark& b) {
  std::vector<std::string> rivals;
  for (const Rival& rival : installed_rivals())
    rivals.push_back(fmt::format("{}: {}", rival.name, rival.about));
  return {{{"pictures", static_cast<std::int64_t>(b.images.size()), ""},
           {"speckle",
            std::string(b.speckled             ? "made elsewhere"
                        : b.options.correlated ? "correlated"
                                               : "independent"),
            ""},
           {"first_seed", static_cast<std::int64_t>(b.options.seed), ""},
           {"told_the_looks", b.options.told, ""},
           {"runs_timed", static_cast<std::int64_t>(b.options.repeats), ""},
           {"rivals", rivals, ""}}};
}

void run(RunBenchmark& b, const Context& context) {
  if (b.methods != "all") b.options.methods = words(b.methods);
  b.options.seed = b.first_seed;
  b.options.discs = b.discs ? b.disc_draws : 0;
  std::optional<model::Model> network;
  const bool wanted = b.options.methods.empty() || b.methods.find("network") != std::string::npos;
  if (wanted) network = model::load_model(b.model);
  if (network) b.options.network = &*network;
  const Benchmark result = benchmark(b.images, b.speckled ? &*b.speckled : nullptr, b.options, context);
  b.means = mean_scores(result);
  if (b.scores) *b.scores = all_scores(result);
  if (b.discs) *b.discs = disc_scores(result);
  b.protocol = protocol(b);
  if (b.report) *b.report = benchmark_page(result, b.options);
}

}  // namespace

op::Operation benchmark_operation() {
  const auto option = [](auto member) {
    return [member](RunBenchmark & b) -> auto& { return b.options.*member; };
  };
  return op::Declare<RunBenchmark>("ultrasound.benchmark",
                                   "Compares despecklers on clean pictures with simulated speckle.")
      .description(
          "Grey pictures of 0 to 255 are taken as intensities and multiplied by Gamma speckle of mean 1 and "
          "variance 1/looks, which is neither clipped nor rounded. Every method gets the same draws. "
          "Figures: PSNR, SSIM, SSIM where the clean picture is below 64, mean absolute error, correlation "
          "of the Laplacians (EPI) everywhere and near edges, Pratt's figure of merit of Canny edges (FOM), "
          "time.\n\nmethods: a list with commas out of diffusion, network, network_once (not averaged over "
          "symmetries), srad, dpad, obnlm, lee, kuan, frost, mulog. Where the program bm3d of IPOL's "
          "article is installed, it takes part as a peer that is always told the looks: log_bm3d, after the "
          "logarithm, and mulog_bm3d, within MuLoG, which runs only when it is named.\n\n"
          "Draws come from this program's own generator. To use others', give them as speckled.")
      .input(&RunBenchmark::images, "images", "clean pictures, grey values of 0 to 255")
      .input(&RunBenchmark::speckled, "speckled",
             "the same with speckle made elsewhere: L1/, L4/ … with the names of the clean ones")
      .param(option(&BenchmarkOptions::looks), "looks", "numbers of looks, each by itself")
      .unit("1")
      .param(&RunBenchmark::methods, "methods", "what is compared, with commas; all = every one")
      .param(&RunBenchmark::first_seed, "first_seed",
             "of the first picture's speckle; 1 more with each picture")
      .at_least(0)
      .param(option(&BenchmarkOptions::correlated), "correlated",
             "speckle blurred as a scanner does: whole looks, 3.5 px across, 1.75 px down")
      .param(option(&BenchmarkOptions::told), "told", "the methods are told the looks")
      .param(option(&BenchmarkOptions::best_stop), "best_stop",
             "diffusion, srad, dpad: also the PSNR of the best stop, which nobody can know")
      .param(option(&BenchmarkOptions::repeats), "repeats", "time is the median of so many runs")
      .in(1, 100)
      .param(&RunBenchmark::disc_draws, "disc_draws", "draws of the discs of low contrast, if asked for")
      .in(1, 100)
      .param(&RunBenchmark::model, "model", "network: name of the model")
      .output(&RunBenchmark::means, "means", "a row per method and looks")
      .output(&RunBenchmark::scores, "scores", "a row per method, looks and picture")
      .output(&RunBenchmark::discs, "discs", "discs of low contrast: a row per method, looks and background")
      .output(&RunBenchmark::protocol, "protocol", "how it was done")
      .output(&RunBenchmark::report, "report", "tables, curves and pictures as a page to read")
      .cites(
          "Wang et al. 2004, Image quality assessment: from error visibility to structural similarity, "
          "doi:10.1109/TIP.2003.819861")
      .cites(
          "Lebrun 2012, An analysis and implementation of the BM3D image denoising method, "
          "doi:10.5201/ipol.2012.l-bm3d")
      .example(
          "--images bmode.png --looks 4 --methods diffusion,lee --scores scores.csv --report compared.html",
          {"exists scores.csv", "exists compared.html", "means[1].method == diffusion", "means[1].psnr > 15"})
      .run(run);
}

}  // namespace sg::ultrasound

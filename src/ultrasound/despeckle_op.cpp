#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>

#include "core/error.h"
#include "op/declare.h"
#include "op/provenance.h"
#include "ultrasound/compression.h"
#include "ultrasound/despeckle.h"
#include "ultrasound/despeckle_report.h"
#include "ultrasound/given_regions.h"
#include "ultrasound/operations.h"

namespace sg::ultrasound {
namespace {

const std::vector<std::string> domains{"auto", "intensity", "amplitude", "bmode"};

constexpr const char* usual_model = "despeckle";

struct Despeckle {
  Image image;
  DespeckleOptions options;
  std::string model = usual_model;
  std::vector<int> regions;
  Image denoised;
  std::optional<Volume<float>> ratio;
  std::string domain, method;
  double looks = 0, dynamic_range = 0, diffusion_time = 0, seconds = 0;
  double correlation_x = 0, correlation_y = 0, ratio_mean = 0, ratio_variance = 0;
  Table boxes;
  std::optional<report::Report> report;
};

/// Frames side by side again: the ratio of all on the image's own grid.
Volume<float> ratios(const Despeckled& result, const Image& image) {
  const Grid& grid = grid_of(image.voxels);
  const std::int64_t frames = static_cast<std::int64_t>(result.frames.size());
  const std::int64_t each = result.frames[0].noisy.size();
  const std::int64_t outer = std::max<std::int64_t>(1, frames * each / grid.voxel_count());
  Volume<float> all(grid, outer, outer > 1 ? OuterAxis::time : OuterAxis::none);
  for (std::int64_t f = 0; f < frames; ++f) {
    const DespeckledFrame& frame = result.frames[static_cast<std::size_t>(f)];
    for (std::int64_t i = 0; i < each; ++i)
      all.data()[f * each + i] = frame.tissue.data()[i] == 0 || !(frame.found.data()[i] > 0)
                                     ? 1
                                     : frame.noisy.data()[i] / frame.found.data()[i];
  }
  return all;
}

/// The network asked for. Where the one that comes with the program is missing or damaged, the diffusion
/// takes its place; a model that was named is what its user wants, or nothing.
std::optional<model::Model> network_for(Despeckle& d, const Context& context) {
  if (d.options.method != Method::network) return {};
  try {
    return model::load_model(d.model);
  } catch (const Error& problem) {
    const bool unusable = problem.code() == ErrorCode::not_found ||
                          problem.code() == ErrorCode::invalid_input ||
                          problem.code() == ErrorCode::unsupported_format;
    if (d.model != usual_model || !unusable) throw;
    context.warn(fmt::format("the model {} cannot be used, the diffusion took its place: {}", d.model,
                             problem.what()));
    d.options.method = Method::diffusion;
    return {};
  }
}

/// What a derived picture says of how it came about, wherever its format has room for that.
void describe_derivation(const Despeckle& d, Image& image) {
  std::string text = fmt::format(
      "Speckle removed by Shaoguang {} (ultrasound.despeckle): {}, {} looks{}, values taken for {}",
      op::version(), d.method, fmt::format("{:.3g}", d.looks), d.options.looks > 0 ? "" : " (estimated)",
      d.domain);
  if (d.dynamic_range > 0)
    text += fmt::format(", dynamic range {:.3g} dB{}", d.dynamic_range,
                        d.options.dynamic_range > 0 ? "" : " (estimated)");
  if (d.diffusion_time > 0)
    text += fmt::format(", diffusion time {:.3g} px2{}, edge {:g}", d.diffusion_time,
                        d.options.diffusion.time > 0 ? "" : " (found)", d.options.diffusion.law.k_share);
  if (d.options.temporal > 0) text += fmt::format(", frames averaged with weight {:g}", d.options.temporal);
  if (d.method == "network") text += fmt::format(", model {}", d.model);
  image.metadata["DerivationDescription"] = text;
  image.metadata["DerivationCode"] = "113087,DCM,Smoothing";
  image.metadata["ImageComments"] = "speckle filtered - not for diagnosis alone";
}

void run(Despeckle& d, const Context& context) {
  const std::optional<model::Model> network = network_for(d, context);
  if (network) d.options.network = &*network;
  const Grid& grid = grid_of(d.image.voxels);
  std::vector<Box> given = given_regions(d.regions, grid.size[0], grid.size[1]);
  const auto start = std::chrono::steady_clock::now();
  Despeckled result = despeckle(d.image, d.options, context.part(0, d.report ? 0.9 : 1));
  d.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  DespeckledFrame& middle = result.frames[middle_of(result).frame];
  for (Box& box : given) box.z = middle_of(result).slice;
  if (!given.empty()) middle.boxes = given;
  const FrameFigures figures = figures_of(middle);
  d.domain = domains[static_cast<std::size_t>(result.domain)];
  d.method = method_names()[static_cast<std::size_t>(d.options.method)];
  d.looks = figures.looks;
  d.dynamic_range = result.dynamic_range;
  d.diffusion_time = middle.diffusion_time;
  d.correlation_x = figures.correlation_x;
  d.correlation_y = figures.correlation_y;
  d.ratio_mean = figures.ratio.mean;
  d.ratio_variance = figures.ratio.variance;
  d.boxes = region_table(d.image, result);
  if (d.ratio) *d.ratio = ratios(result, d.image);
  if (d.report) *d.report = despeckle_page(d.image, result, d.method);
  d.denoised = std::move(result.image);
  describe_derivation(d, d.denoised);
}

struct EstimateSpeckle {
  Image image;
  double dynamic_range = 0;
  Domain domain = Domain::automatic;
  double looks = 0, correlation_x = 0, correlation_y = 0, compression = 0, evaluated = 0;
  bool reliable = true;
};

void estimate(EstimateSpeckle& e, const Context& context) {
  DespeckleOptions options;
  options.domain = e.domain;
  options.dynamic_range = e.dynamic_range;
  const Measured measured = measure(e.image, options, context);
  e.looks = measured.estimate.looks;
  e.correlation_x = measured.estimate.correlation[0];
  e.correlation_y = measured.estimate.correlation[1];
  e.evaluated = measured.estimate.evaluated;
  e.reliable = measured.estimate.reliable;
  e.dynamic_range = measured.dynamic_range;
  e.compression = measured.dynamic_range > 0 ? compression_of(measured.dynamic_range) : 0;
}

}  // namespace

op::Operation despeckle_operation() {
  const auto option = [](auto member) {
    return [member](Despeckle & d) -> auto& { return d.options.*member; };
  };
  const auto time = [](Despeckle& d) -> double& { return d.options.diffusion.time; };
  const auto scheme = [](Despeckle& d) -> Scheme& { return d.options.diffusion.scheme; };
  const auto edge = [](Despeckle& d) -> double& { return d.options.diffusion.law.k_share; };
  return op::Declare<Despeckle>("ultrasound.despeckle",
                                "Removes speckle from ultrasound and other coherent images.")
      .description(
          "B-mode pictures (8 bits, colour, DICOM of modality US) are taken apart first: tissue is "
          "filtered, while text, calipers, colour and what lies outside the sector come back bit for "
          "bit. The scanner's log compression is undone, measured where it is not given, and done "
          "again. Other images are intensities with multiplicative Gamma speckle, or amplitudes "
          "where that is said. The number of looks is estimated. Series are filtered frame by frame, "
          "each by itself unless averaging over time is asked for.\n\n"
          "diffusion: nonlinear diffusion driven by gradient and grey level, "
          "edge-keeping in the dark and smoothing in the bright, which stops by itself when what it "
          "has taken away looks like speckle. network: trained on pictures with simulated speckle; "
          "best by figures, but it may paint structure that is not there. The others are the "
          "classical filters.\n\nLook at the ratio image: it should show speckle and nothing else. "
          "Processed images are not for diagnosis alone.")
      .previews()
      .input(&Despeckle::image, "image", "B-mode picture or sequence, or intensities, 2-D or 3-D")
      .modality("US")
      .param(option(&DespeckleOptions::method), "method", "how speckle is removed")
      .one_of(method_names())
      .param(option(&DespeckleOptions::domain), "domain",
             "what the values are; auto: 8 bits and US are bmode")
      .one_of(domains)
      .param(option(&DespeckleOptions::looks), "looks", "equivalent number of looks L; 0 = estimated")
      .in(0, 1000)
      .unit("1")
      .param(option(&DespeckleOptions::dynamic_range), "dynamic_range", "of a B-mode picture; 0 = estimated")
      .in(0, 120)
      .unit("dB")
      .param(time, "time", "diffusion: for how long; 0 = until speckle is gone")
      .in(0, 10000)
      .unit("px2")
      .param(edge, "edge", "diffusion: gradient a pixel, of the bright level, above which an edge is kept")
      .in(0.0001, 1)
      .unit("1")
      .param(scheme, "scheme", "diffusion: time stepping")
      .one_of({"explicit", "aos", "fed"})
      .param(&Despeckle::model, "model", "network: name of the model")
      .param(option(&DespeckleOptions::average), "average",
             "network: mean over eight turned and mirrored images")
      .param(&Despeckle::regions, "regions",
             "to be measured before and after: x, y, width, height of each in pixels of the middle frame; "
             "none = even ones are looked for in B-mode")
      .at_least(0)
      .param(option(&DespeckleOptions::temporal), "temporal",
             "series: weight of the next frame where nothing moves; 0 = each frame by itself")
      .in(0, 1)
      .unit("1")
      .output(&Despeckle::denoised, "denoised", "without speckle; grid and type as in image")
      .output(&Despeckle::ratio, "ratio", "intensity before over after; 1 where nothing was filtered")
      .output(&Despeckle::method, "method_used", "diffusion where the network's own model is missing")
      .output(&Despeckle::domain, "domain_used", "what the values were taken for")
      .output(&Despeckle::looks, "looks_used",
              "equivalent number of looks; of the middle frame, as all that follow")
      .unit("1")
      .output(&Despeckle::dynamic_range, "dynamic_range_used", "of a B-mode picture, else 0")
      .unit("dB")
      .output(&Despeckle::diffusion_time, "diffusion_time", "when the diffusion stopped")
      .unit("px2")
      .output(&Despeckle::correlation_x, "correlation_x", "of the speckle with its next pixel along x")
      .unit("1")
      .output(&Despeckle::correlation_y, "correlation_y", "the same along y")
      .unit("1")
      .output(&Despeckle::ratio_mean, "ratio_mean", "of the ratio image; 1 is best")
      .unit("1")
      .output(&Despeckle::ratio_variance, "ratio_variance", "of the ratio image; 1/looks for speckle")
      .unit("1")
      .output(&Despeckle::boxes, "boxes", "regions before and after; gCNR against the first")
      .output(&Despeckle::seconds, "seconds", "without reading and writing")
      .unit("s")
      .output(&Despeckle::report, "report", "before and after, ratio image, figures as a page to read")
      .cites("Zhou et al. 2015, A doubly degenerate diffusion model, doi:10.1109/TIP.2014.2376185")
      .cites(
          "Grewenig, Weickert & Bruhn 2010, From box filtering to fast explicit diffusion, "
          "doi:10.1007/978-3-642-15986-2_54")
      .cites("Yu & Acton 2002, Speckle reducing anisotropic diffusion, doi:10.1109/TIP.2002.804276")
      .example("--image brain.nii.gz --domain amplitude --method lee --looks 4 --denoised smooth.nii.gz",
               {"exists smooth.nii.gz", "looks_used == 4"})
      .example("--image bmode.png --denoised clear.png --ratio ratio.nii.gz --report clear.html",
               {"exists clear.png", "exists clear.html", "domain_used == bmode", "ratio_mean > 0.7",
                "ratio_mean < 1.3"})
      .example("--image bmode.png --method lee --regions 20,20,24,24,100,100,32,24",
               {"boxes[0].enl_after > 1", "boxes[1].width == 32", "boxes[1].gcnr_after <= 1"})
      .run(run);
}

op::Operation estimate_speckle_operation() {
  return op::Declare<EstimateSpeckle>("ultrasound.estimate_speckle",
                                      "Measures the speckle of an image: looks, correlation, compression.")
      .description(
          "The equivalent number of looks L, from second differences of the logarithm in the most "
          "even parts of the image, which edges and slow changes do not enter; how far neighbouring "
          "pixels share their speckle; and for B-mode pictures the dynamic range that the scanner's "
          "log compression implies. Compounding and smoothing by the scanner look like a larger "
          "dynamic range or more looks: the two cannot be told apart.")
      .input(&EstimateSpeckle::image, "image", "B-mode picture, or intensities, 2-D or 3-D")
      .modality("US")
      .param(&EstimateSpeckle::domain, "domain", "what the values are; auto: 8 bits and US are bmode")
      .one_of(domains)
      .output(&EstimateSpeckle::looks, "looks", "equivalent number of looks")
      .unit("1")
      .output(&EstimateSpeckle::correlation_x, "correlation_x", "with the next pixel along x")
      .unit("1")
      .output(&EstimateSpeckle::correlation_y, "correlation_y", "with the next pixel along y")
      .unit("1")
      .output(&EstimateSpeckle::dynamic_range, "dynamic_range", "of a B-mode picture, else 0")
      .unit("dB")
      .output(&EstimateSpeckle::compression, "compression", "grey levels an e-fold of amplitude, B-mode only")
      .unit("1")
      .output(&EstimateSpeckle::evaluated, "evaluated", "share of the image that was fit to be looked at")
      .unit("1")
      .output(&EstimateSpeckle::reliable, "reliable", "false: too little of the image was")
      .cites("Immerkær 1996, Fast noise variance estimation, doi:10.1006/cviu.1996.0060")
      .example("--image bmode.png", {"looks > 0.5", "looks < 3", "dynamic_range > 40", "reliable == true"})
      .run(estimate);
}

}  // namespace sg::ultrasound

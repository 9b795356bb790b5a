#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "core/error.h"
#include "core/resample.h"
#include "op/declare.h"
#include "registration/affine.h"
#include "registration/affine_report.h"
#include "registration/operations.h"

namespace sg::registration {
namespace {

struct Align {
  Volume<float> fixed, moving;
  std::optional<Transform> initial;
  AffineOptions options;
  std::optional<Volume<float>> warped;
  Transform affine;
  double loss_before = 0, loss_after = 0, overlap = 0, distinctness = 0, seconds = 0;
  bool reliable = true;
  std::optional<report::Report> report;
};

/// Below this the final pose is not clearly better than a random one; aligned brains reach 4 to 10.
constexpr double reliable_distinctness = 3;

void run(Align& a, const Context& context) {
  if (a.initial) {
    if (a.initial->field) {
      throw Error(ErrorCode::invalid_input, "initial holds a displacement field, expected an affine",
                  "initial");
    }
    a.options.initial = a.initial->affine;
  }
  const auto start = std::chrono::steady_clock::now();
  const AffineResult result = align_affine(a.fixed, a.moving, a.options, context.part(0, 0.9));
  a.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const std::string& warning : result.warnings) context.warn(warning);
  a.affine.affine = result.affine;
  a.loss_before = result.loss_before;
  a.loss_after = result.loss_after;
  a.overlap = result.overlap;
  a.distinctness = result.distinctness;
  a.reliable = std::isnan(result.distinctness) || result.distinctness >= reliable_distinctness;
  if (!a.reliable) {
    context.warn(
        fmt::format("the alignment is not clearly better than a random pose (distinctness {:.1f}, expected "
                    "at least {}): check that both images show the same anatomy",
                    result.distinctness, reliable_distinctness));
  }
  if (a.warped) {
    *a.warped = resample(a.moving, a.affine, a.fixed.grid(), Interpolation::linear, 0,
                         context.part(0.9, 0.95, "resampling"));
  }
  if (a.report)
    *a.report =
        affine_report(a.fixed, a.moving, result, a.seconds, context.part(0.95, 1, "drawing the report"));
}

}  // namespace

op::Operation affine_operation() {
  const auto model = [](Align& a) -> AffineModel& { return a.options.model; };
  const auto metric = [](Align& a) -> Metric& { return a.options.metric; };
  const auto finest = [](Align& a) -> double& { return a.options.finest_spacing; };
  const auto iterations = [](Align& a) -> int& { return a.options.iterations; };
  const auto search = [](Align& a) -> bool& { return a.options.search; };
  return op::Declare<Align>("registration.affine",
                            "Aligns a moving image to a fixed one by an affine transform.")
      .description(
          "Finds the affine φ, from points of the fixed image to points of the moving one (LPS mm), for "
          "which moving(φ(x)) looks most like fixed(x). A search over rotations of ±45°, scales and centres "
          "at a quarter of the finest resolution gives the start; quasi-Newton descent on the analytic "
          "gradient then refines it at three resolutions, rigid first.\n\n"
          "lncc (squared local normalised cross-correlation over 7×7×7 voxels) is blind to contrast and to "
          "slow changes of brightness; mutual_information (Mattes) looks at the whole image at once. Works "
          "across contrasts (T1 to T2), sizes, spacings and orientations, in 3-D and, in the plane, in 2-D. "
          "Not for pairs that show different body parts: `reliable` then is false.")
      .input(&Align::fixed, "fixed", "image that stays; its grid is the result's")
      .input(&Align::moving, "moving", "image that is moved onto it")
      .input(&Align::initial, "initial", "affine to start from (fixed → moving); identity if left out")
      .param(model, "model", "what may change: rigid = 6, similarity = 7, affine = 12 numbers")
      .one_of({"rigid", "similarity", "affine"})
      .param(metric, "metric", "what is compared")
      .one_of({"lncc", "mutual_information"})
      .param(finest, "finest_spacing", "voxel size of the finest level; 0 = about a million voxels")
      .in(0, 100)
      .unit("mm")
      .param(iterations, "iterations", "at most this many steps a level")
      .in(1, 1000)
      .param(search, "search", "search rotations and centres first; off: start from initial as it is")
      .output(&Align::warped, "warped", "moving on the grid of fixed, linear interpolation")
      .output(&Align::affine, "affine", "points of fixed → points of moving")
      .output(&Align::loss_before, "loss_before", "negative similarity before, at the finest level")
      .unit("1")
      .output(&Align::loss_after, "loss_after", "negative similarity after; lncc: −1 is perfect")
      .unit("1")
      .output(&Align::overlap, "overlap", "share of the fixed grid that the moving image covers")
      .unit("1")
      .output(
          &Align::distinctness, "distinctness",
          "how far the result's mutual information stands above all poses searched, in standard deviations")
      .unit("1")
      .output(&Align::reliable, "reliable", "distinctness is at least 3")
      .output(&Align::seconds, "seconds", "time of the alignment, without reading and writing")
      .unit("s")
      .output(&Align::report, "report", "pictures before and after, course of the loss, decomposition")
      .cites(
          "Mattes et al. 2003, PET-CT image registration in the chest using free-form deformations, "
          "doi:10.1109/TMI.2003.809072")
      .cites(
          "Avants et al. 2008, Symmetric diffeomorphic image registration with cross-correlation (LNCC), "
          "doi:10.1016/j.media.2007.06.004")
      .example("--fixed brain.nii.gz --moving acquired.nii.gz --warped warped.nii.gz --affine found.tfm",
               {"reliable == true", "loss_after < loss_before", "exists warped.nii.gz", "exists found.tfm"})
      .run(run);
}

}  // namespace sg::registration

#include <fmt/format.h>

#include <chrono>

#include "image/operations.h"
#include "image/segment_brain.h"
#include "image/view.h"
#include "op/declare.h"
#include "report/report.h"

namespace sg::image {
namespace {

struct SegmentBrain {
  Volume<float> image;
  std::string model = "brain";
  LabelMap tissues;
  std::optional<LabelMap> mask;
  std::optional<Volume<float>> brain;
  Table volumes;
  double brain_volume = 0, seconds = 0;
  std::optional<report::Report> report;
};

report::Report report_on(const SegmentBrain& s, const BrainSegmentation& result, const nn::Card& card,
                         const Context& context) {
  report::Report page("Brain tissues", s.image.grid().describe());
  page.figures({{"Brain", s.brain_volume, "mL", 0}, {"Time", s.seconds, "s", 1}});
  page.note(fmt::format("Network \"{}\" {}: {} Not for diagnosis. {}", card.name, card.version, card.purpose,
                        card.limits.empty() ? "" : "Not validated: " + card.limits[0] + "."));
  page.section("Tissues");
  ViewOptions tissues;
  tissues.labels = &result.tissues;
  page.picture({render_orthogonal(s.image, tissues, context), "The likeliest tissue over the image."});
  ViewOptions plain;
  page.picture({render_orthogonal(s.image, plain, context), "The image alone."});
  page.section("Mask");
  ViewOptions outline;
  outline.labels = &result.mask;
  outline.label_opacity = 0;
  page.picture({render_orthogonal(s.image, outline, context), "Outline of the brain mask."});
  page.picture({render_mosaic(s.image, Plane::axial, 12, outline, context), "From below to above."});
  page.section("Volumes");
  page.table(s.volumes, "",
             {{.column = "label", .title = "Label"},
              {.column = "name", .title = "Tissue"},
              {.column = "volume_ml", .title = "Volume", .unit = "mL", .decimals = 1}});
  return page;
}

void run(SegmentBrain& s, const Context& context) {
  const model::Model model = model::load_model(s.model);
  const auto start = std::chrono::steady_clock::now();
  BrainSegmentation result = segment_brain(s.image, model, context.part(0, s.report ? 0.8 : 1));
  s.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  s.volumes = brain_volumes(result);
  s.brain_volume = std::get<std::vector<double>>(s.volumes.columns[2].values).back();
  // Children's and adults' brains lie within this; else the network was probably wrong.
  if (s.brain_volume < 600 || s.brain_volume > 2200)
    context.warn(fmt::format("the brain found has {:.0f} mL, expected 600 to 2200: look at the result",
                             s.brain_volume));
  if (s.report) *s.report = report_on(s, result, model.card, context.part(0.8, 1, "drawing the report"));
  if (s.mask) *s.mask = std::move(result.mask);
  if (s.brain) *s.brain = std::move(result.extracted);
  s.tissues = std::move(result.tissues);
}

}  // namespace

op::Operation segment_brain_operation() {
  return op::Declare<SegmentBrain>("image.segment_brain",
                                   "Finds the brain and its tissues in an MR image of a head.")
      .description(
          "A network trained on images simulated from label maps with random contrasts (so that no "
          "contrast is "
          "preferred) scores eight tissues on a 2 mm grid: fluid around the brain, ventricles, cortex, "
          "cerebral white "
          "matter, deep grey matter, cerebellar cortex and white matter, brain stem. The likeliest at "
          "each voxel is "
          "given on the image's own grid; the mask is all but the fluid around the brain, closed by 3 "
          "mm, its largest "
          "piece, holes filled. Adult heads, T1 or T2, with or without skull.\n\n"
          "Fine gyri are smoothed by the 2 mm grid. See model.info for what was measured and what was "
          "not. Not for "
          "diagnosis.")
      .input(&SegmentBrain::image, "image", "T1 or T2 of a head, or of a brain already extracted")
      .modality("MR")
      .dimensions(3)
      .param(&SegmentBrain::model, "model", "network to use, as model.list gives it")
      .output(&SegmentBrain::tissues, "tissues", "1 to 8, see volumes for the names; 0 elsewhere")
      .output(&SegmentBrain::mask, "mask", "1 = brain")
      .output(&SegmentBrain::brain, "brain", "the image within the mask, 0 elsewhere")
      .output(&SegmentBrain::volumes, "volumes", "mL of each tissue, and of the mask")
      .output(&SegmentBrain::brain_volume, "brain_volume", "of the mask")
      .unit("mL")
      .output(&SegmentBrain::seconds, "seconds", "time without reading and writing")
      .unit("s")
      .output(&SegmentBrain::report, "report", "pictures and volumes as a page to read")
      .cites(
          "Billot et al. 2023, SynthSeg: segmentation of brain MRI scans of any contrast and resolution "
          "without "
          "retraining, doi:10.1016/j.media.2023.102789")
      .cites("Ronneberger et al. 2015, U-Net, arXiv:1505.04597")
      .example("--image brain.nii.gz --tissues tissues.nii.gz --mask mask.nii.gz",
               {"exists tissues.nii.gz", "exists mask.nii.gz", "brain_volume > 1000"})
      .run(run);
}

}  // namespace sg::image

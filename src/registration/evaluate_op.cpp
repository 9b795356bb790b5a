#include <fmt/format.h>

#include <limits>

#include "op/declare.h"
#include "registration/evaluate.h"
#include "registration/operations.h"
#include "registration/pictures.h"

namespace sg::registration {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

struct Evaluate {
  Volume<float> fixed, moving;
  Transform transform;
  std::optional<Transform> truth;
  std::optional<LabelMap> fixed_labels, moving_labels;
  std::optional<double> seconds;
  double tre_before = not_known, tre_median = not_known, tre_p95 = not_known, tre_max = not_known;
  double dice_before = not_known, dice_after = not_known;
  Table targets, labels;
  std::optional<report::Report> report;
};

/// mean Dice by label before and after, for a plot.
report::Plot dice_plot(const Evaluation& evaluation) {
  std::vector<double> before_after;
  std::vector<std::string> when;
  for (const auto* overlap : {&*evaluation.overlap_before, &*evaluation.overlap_after}) {
    for (const auto& label : overlap->labels) {
      before_after.push_back(label.dice);
      when.emplace_back(overlap == &*evaluation.overlap_before ? "before" : "after");
    }
  }
  report::Plot plot;
  plot.mark = report::Mark::boxplot;
  plot.data.columns = {{"when", std::move(when)}, {"dice", std::move(before_after)}};
  plot.x = {"when", ""};
  plot.y = {.field = "dice", .title = "Dice of each label", .min = 0, .max = 1};
  plot.width = 360;
  plot.height = 260;
  plot.caption = "One value a label; box: quartiles.";
  return plot;
}

report::Plot error_plot(const Evaluation& evaluation) {
  report::Plot plot;
  plot.mark = report::Mark::histogram;
  plot.data.columns = {{"error", evaluation.error_after->distances}};
  plot.x = {.field = "error", .title = "target registration error after", .unit = "mm", .zero = true};
  plot.y = {"", "targets"};
  plot.width = 480;
  plot.height = 260;
  return plot;
}

std::vector<report::Figure> figures(const Evaluate& e) {
  using report::Bar;
  std::vector<report::Figure> list;
  if (e.truth) {
    list.push_back({"Error before, median", e.tre_before, "mm", 1});
    list.push_back({"Error after, median", e.tre_median, "mm", 2, Bar{Bar::Kind::at_most, 1, 2}});
    list.push_back({"Error after, 95th percentile", e.tre_p95, "mm", 2, Bar{Bar::Kind::at_most, 2, 4}});
  }
  if (e.fixed_labels && e.moving_labels) {
    list.push_back({"Dice before, mean", e.dice_before, "", 3});
    list.push_back({"Dice after, mean", e.dice_after, "", 3});
  }
  if (e.seconds) list.push_back({"Time of the alignment", *e.seconds, "s", 1});
  return list;
}

report::Report draw(const Evaluate& e, const Evaluation& evaluation, const Context& context) {
  report::Report report(
      "Is the alignment right?",
      fmt::format("fixed {} · moving {}", e.fixed.grid().describe(), e.moving.grid().describe()));
  report.figures(figures(e));
  if (e.truth) {
    report.paragraph(fmt::format(
        "Target registration error: how far the transform sends each of {} targets ({}) from where the known "
        "true transform sends it.",
        evaluation.targets.positions.size(),
        e.fixed_labels ? "centroids of the fixed image's labels" : "a lattice over the fixed image"));
  }
  add_alignment_pictures(report, e.fixed, e.moving, e.transform, e.fixed_labels ? &*e.fixed_labels : nullptr,
                         context);
  report.section("Figures in full");
  if (evaluation.error_after) report.plot(error_plot(evaluation));
  if (evaluation.overlap_after) report.plot(dice_plot(evaluation));
  if (!e.transform.field) {
    report.table(decomposition(e.transform.affine, e.fixed.grid()),
                 "The transform, fixed to moving, LPS axes");
  }
  if (e.truth && !e.truth->field) {
    report.table(decomposition(e.truth->affine, e.fixed.grid()), "The true transform, likewise");
  }
  if (evaluation.error_after) {
    report.table(e.targets, "Target registration error",
                 {{"x", "x", "mm", 1},
                  {"y", "y", "mm", 1},
                  {"z", "z", "mm", 1},
                  {"error_before", "error before", "mm", 2},
                  {"error_after", "error after", "mm", 2}});
  }
  if (evaluation.overlap_after) {
    report.table(e.labels, "Overlap after, label by label",
                 {{"dice", "Dice", "", 3},
                  {"jaccard", "Jaccard", "", 3},
                  {"hd95", "HD95", "mm", 2},
                  {"assd", "ASSD", "mm", 2},
                  {"volume_reference", "reference", "mm³", 0},
                  {"volume_candidate", "candidate", "mm³", 0},
                  {"volume_difference", "difference", "%", 1}});
  }
  return report;
}

void run(Evaluate& e, const Context& context) {
  const Known known{e.fixed_labels ? &*e.fixed_labels : nullptr,
                    e.moving_labels ? &*e.moving_labels : nullptr, e.truth ? &*e.truth : nullptr};
  const Evaluation evaluation =
      evaluate(e.fixed.grid(), e.transform, known, context.part(0, 0.7, "comparing with what is known"));
  if (evaluation.error_after) {
    e.tre_before = evaluation.error_before->median;
    e.tre_median = evaluation.error_after->median;
    e.tre_p95 = evaluation.error_after->percentile_95;
    e.tre_max = evaluation.error_after->max;
    e.targets = target_table(evaluation);
  }
  if (evaluation.overlap_after) {
    e.dice_before = evaluation.overlap_before->mean_dice;
    e.dice_after = evaluation.overlap_after->mean_dice;
    e.labels = evaluation::to_table(*evaluation.overlap_after);
  }
  if (e.report) *e.report = draw(e, evaluation, context.part(0.7, 1, "drawing the report"));
}

}  // namespace

op::Operation evaluate_operation() {
  return op::Declare<Evaluate>("registration.evaluate",
                               "Holds an alignment against a known truth and labels.")
      .description(
          "With a true transform: target registration error in mm at the centroids of the fixed image's "
          "labels (without labels, at a lattice of 27 points). With labels of both images: the moving "
          "labels, carried over by nearest neighbour, against the fixed ones (Dice, HD95, ASSD, volumes). "
          "\"Before\" means no alignment at all. The report adds checkerboards and outlines before and "
          "after.")
      .input(&Evaluate::fixed, "fixed", "fixed image")
      .dimensions(3)
      .input(&Evaluate::moving, "moving", "moving image")
      .dimensions(3)
      .input(&Evaluate::transform, "transform", "the alignment: points of fixed → points of moving")
      .input(&Evaluate::truth, "truth", "the true transform, where it is known")
      .input(&Evaluate::fixed_labels, "fixed_labels", "labels of the fixed image")
      .input(&Evaluate::moving_labels, "moving_labels", "labels of the moving image, same numbers")
      .param(&Evaluate::seconds, "seconds", "how long the alignment took, to be stated in the report")
      .at_least(0)
      .unit("s")
      .output(&Evaluate::tre_before, "tre_before", "median target registration error without alignment")
      .unit("mm")
      .output(&Evaluate::tre_median, "tre_median", "median target registration error")
      .unit("mm")
      .output(&Evaluate::tre_p95, "tre_p95", "its 95th percentile")
      .unit("mm")
      .output(&Evaluate::tre_max, "tre_max", "its largest value")
      .unit("mm")
      .output(&Evaluate::dice_before, "dice_before", "mean Dice over labels without alignment")
      .unit("1")
      .output(&Evaluate::dice_after, "dice_after", "mean Dice over labels")
      .unit("1")
      .output(&Evaluate::targets, "targets", "error at every target, mm")
      .output(&Evaluate::labels, "labels", "overlap of every label after alignment")
      .output(&Evaluate::report, "report", "figures and pictures, one HTML file")
      .cites(
          "Fitzpatrick & West 2001, The distribution of target registration error in rigid-body point-based "
          "registration, doi:10.1109/42.952729")
      .example(
          "--fixed brain.nii.gz --moving acquired.nii.gz --transform truth.tfm --truth truth.tfm "
          "--fixed_labels labels.nii.gz --moving_labels acquired_labels.nii.gz --report report.html",
          {"tre_max < 0.001", "tre_before > 5", "dice_after > 0.8", "exists report.html"})
      .run(run);
}

}  // namespace sg::registration

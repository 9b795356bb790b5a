#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/operations.h"
#include "evaluation/overlap.h"
#include "op/declare.h"
#include "report/report.h"

namespace sg::evaluation {

namespace {

struct OverlapRun {
  LabelMap reference, candidate;
  std::optional<std::vector<int>> only;
  double mean_dice = 0, mean_jaccard = 0, mean_hd95 = 0, mean_assd = 0;
  std::vector<int> absent;
  Table table;
  std::optional<report::Report> report;
};

std::string list_of(const std::vector<std::int32_t>& labels) {
  constexpr std::size_t shown = 12;
  std::string text;
  for (std::size_t i = 0; i < std::min(labels.size(), shown); ++i)
    text += fmt::format("{}{}", i > 0 ? ", " : "", labels[i]);
  return labels.size() > shown ? fmt::format("{} … ({} in all)", text, labels.size()) : text;
}

/// Names where there are any, else numbers; labels that both maps have only.
Table plotted(const Overlap& result) {
  std::vector<std::string> label;
  std::vector<double> dice, hd95;
  for (const LabelOverlap& l : result.labels) {
    if (std::isnan(l.dice)) continue;
    label.push_back(l.name.empty() ? fmt::format("{}", l.label) : l.name);
    dice.push_back(l.dice);
    hd95.push_back(l.hd95);
  }
  return {{{"label", label}, {"dice", dice}, {"hd95", hd95}}};
}

void add_plots(report::Report& page, const Overlap& result) {
  const Table data = plotted(result);
  const bool few = data.rows() <= 24;
  page.section("Over the labels");
  for (const auto& [field, title, unit] :
       {std::tuple{"dice", "Dice", ""}, std::tuple{"hd95", "HD95", "mm"}}) {
    report::Plot plot{.mark = few ? report::Mark::bar : report::Mark::histogram, .data = data};
    report::Encoding value{.field = field, .title = title, .unit = unit};
    value.min = 0;
    if (value.unit.empty()) value.max = 1;
    if (few) {
      plot.x = {.field = "label", .title = "Label"};
      plot.y = value;
    } else {
      plot.x = value;
      plot.y.title = "labels";
    }
    plot.title = few ? fmt::format("{} by label", title) : fmt::format("{}: how many labels", title);
    plot.height = 260;
    page.plot(plot);
  }
}

/// Without the column of names if no label has one.
void add_table(report::Report& page, const Table& table) {
  std::vector<report::ColumnFormat> formats{
      {.column = "label", .title = "Label"},
      {.column = "dice", .title = "Dice", .decimals = 3},
      {.column = "jaccard", .title = "Jaccard", .decimals = 3},
      {.column = "hd95", .title = "HD95", .unit = "mm", .decimals = 2},
      {.column = "assd", .title = "ASSD", .unit = "mm", .decimals = 2},
      {.column = "volume_reference", .title = "Reference", .unit = "mm³", .decimals = 0},
      {.column = "volume_candidate", .title = "Candidate", .unit = "mm³", .decimals = 0},
      {.column = "volume_difference", .title = "Difference", .unit = "%", .decimals = 1}};
  Table rows = table;
  const auto& names = std::get<std::vector<std::string>>(table.columns[1].values);
  if (std::ranges::all_of(names, &std::string::empty)) {
    rows.columns.erase(rows.columns.begin() + 1);
  } else {
    formats.push_back({.column = "name", .title = "Name"});
  }
  page.table(rows, "", formats);
}

report::Report report_on(const OverlapRun& run, const Overlap& result) {
  report::Report page("Overlap of two label maps",
                      fmt::format("Grid {}", run.reference.voxels.grid().describe()));
  const double compared = static_cast<double>(result.labels.size() - result.absent.size());
  page.figures({{.label = "Mean Dice", .value = result.mean_dice, .decimals = 3},
                {.label = "Mean Jaccard", .value = result.mean_jaccard, .decimals = 3},
                {.label = "Mean HD95", .value = result.mean_hd95, .unit = "mm"},
                {.label = "Mean surface distance", .value = result.mean_assd, .unit = "mm"},
                {.label = "Labels compared", .value = compared, .decimals = 0}});
  if (!result.absent.empty()) {
    page.warning(
        fmt::format("Absent in one of the maps and left out of the means: {}.", list_of(result.absent)));
  }
  if (compared > 0) add_plots(page, result);
  page.section("Every label");
  add_table(page, run.table);
  page.section("Meaning");
  page.paragraph(
      "Dice = 2|A∩B| / (|A|+|B|). HD95: the larger of the two directed 95th percentiles of surface "
      "distances. ASSD: mean distance from either surface to the other. Surfaces are voxels with a face "
      "neighbour outside the label; distances run between voxel centres. A label that either map lacks has "
      "no value and does not enter the means.");
  return page;
}

void run(OverlapRun& r, const Context& context) {
  const Overlap result = overlap(r.reference, r.candidate, r.only.value_or(std::vector<int>{}), context);
  r.mean_dice = result.mean_dice;
  r.mean_jaccard = result.mean_jaccard;
  r.mean_hd95 = result.mean_hd95;
  r.mean_assd = result.mean_assd;
  r.absent.assign(result.absent.begin(), result.absent.end());
  r.table = to_table(result);
  if (!result.absent.empty()) {
    context.warn(
        fmt::format("labels absent in one of the maps, left out of the means: {}", list_of(result.absent)));
  }
  if (r.report) r.report = report_on(r, result);
}

}  // namespace

op::Operation overlap_operation() {
  return op::Declare<OverlapRun>("evaluation.overlap",
                                 "Measures how well two label maps agree, label by label.")
      .description(
          "Dice 2|A∩B| / (|A|+|B|), Jaccard, the 95th percentile of the surface distance (larger of both "
          "directions), the mean surface distance of both directions, and volumes. Surface voxels are the "
          "label minus its erosion by face neighbours, outside of the grid counting as background; distances "
          "are exact and respect the spacing.\n\n"
          "A label that is absent in either map has no Dice or distance; it is reported as absent and left "
          "out of the plain means over the labels. Both maps must lie on the same grid: bring the candidate "
          "there with registration.apply or image.resample.")
      .input(&OverlapRun::reference, "reference", "the labels taken as true")
      .input(&OverlapRun::candidate, "candidate", "the labels to judge, on the same grid")
      .param(&OverlapRun::only, "only", "compare these labels; all but 0 by default")
      .unit("1")
      .output(&OverlapRun::mean_dice, "mean_dice", "mean over the labels of both maps")
      .unit("1")
      .output(&OverlapRun::mean_jaccard, "mean_jaccard", "mean over the labels of both maps")
      .unit("1")
      .output(&OverlapRun::mean_hd95, "mean_hd95", "mean over the labels of both maps")
      .unit("mm")
      .output(&OverlapRun::mean_assd, "mean_assd", "mean over the labels of both maps")
      .unit("mm")
      .output(&OverlapRun::absent, "absent", "labels that one of the maps lacks")
      .unit("1")
      .output(&OverlapRun::table, "labels", "one row a label")
      .output(&OverlapRun::report, "report", "the same as a page to read")
      .cites(
          "Taha & Hanbury 2015, Metrics for evaluating 3D medical image segmentation, "
          "doi:10.1186/s12880-015-0068-x")
      .example("--reference labels.nii.gz --candidate labels.nii.gz --report overlap.html",
               {"mean_dice == 1", "mean_hd95 == 0", "exists overlap.html"})
      .run(run);
}

}  // namespace sg::evaluation

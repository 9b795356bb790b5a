#include "registration/affine_report.h"

#include <fmt/format.h>

#include "registration/pictures.h"

namespace sg::registration {
namespace {

report::Plot loss_plot(const AffineResult& result) {
  std::vector<double> steps, losses;
  std::vector<std::string> levels;
  for (const LevelRecord& level : result.levels) {
    for (double loss : level.losses) {
      // Share of what the level gained: losses at different resolutions and of different metrics do not
      // compare.
      const double gained = level.losses.front() - level.losses.back();
      steps.push_back(static_cast<double>(steps.size()));
      losses.push_back(gained > 0 ? 100 * (level.losses.front() - loss) / gained : 100);
      levels.push_back(fmt::format("{:.3g} mm", level.spacing));
    }
  }
  report::Plot plot;
  plot.data.columns = {{"step", std::move(steps)}, {"gain", std::move(losses)}, {"level", std::move(levels)}};
  plot.x = {"step", "step"};
  plot.y = {"gain", "gain in similarity within the level", "%"};
  plot.color = "level";
  plot.height = 240;
  plot.caption = "Each colour is one resolution; a curve that levels off has converged.";
  return plot;
}

}  // namespace

report::Report affine_report(const Volume<float>& fixed, const Volume<float>& moving,
                             const AffineResult& result, double seconds, const Context& context) {
  report::Report report("Affine registration", fmt::format("fixed {} · moving {}", fixed.grid().describe(),
                                                           moving.grid().describe()));
  report.figures(
      {{"Similarity before", -result.loss_before, "", 3},
       {"Similarity after", -result.loss_after, "", 3},
       {"Time", seconds, "s", 1},
       {"Overlap", 100 * result.overlap, "%", 0},
       {"Distinctness", result.distinctness, "sd", 1, report::Bar{report::Bar::Kind::at_least, 3, {}}}});
  for (const std::string& warning : result.warnings) report.warning(warning);
  add_alignment_pictures(report, fixed, moving, {result.affine, {}}, nullptr, context);
  report.section("How it got there");
  report.plot(loss_plot(result));
  report.table(decomposition(result.affine, fixed.grid()), "The transform, fixed to moving, LPS axes", {});
  return report;
}

}  // namespace sg::registration

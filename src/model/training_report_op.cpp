#include <algorithm>
#include <cmath>

#include "model/operations.h"
#include "model/training_curves.h"
#include "op/declare.h"

namespace sg::model {
namespace {

struct TrainingReport {
  Table metrics;
  std::int64_t steps = 0;
  double duration = 0, loss = 0;
  Table validation;
  std::optional<report::Report> report;
};

void run(TrainingReport& t, const Context&) {
  const TrainingCurves curves = training_curves(t.metrics);
  t.steps = curves.steps.empty() ? 0 : static_cast<std::int64_t>(curves.steps.back());
  t.loss = curves.smoothed.empty() ? std::nan("") : curves.smoothed.back();
  t.duration = curves.seconds.empty() ? std::nan("") : curves.seconds.back();
  t.validation.columns.push_back({"step", curves.validated});
  for (const ValidationCurve& curve : curves.validations)
    t.validation.columns.push_back({curve.name, curve.values});
  if (t.report) *t.report = training_page(curves);
}

}  // namespace

op::Operation training_report_operation() {
  return op::Declare<TrainingReport>("model.training_report", "Draws the curves of a training.")
      .description(
          "From the metrics.jsonl that shaoguang-train writes, while it trains or afterwards: loss (smoothed "
          "by an exponential mean over a fiftieth of the steps), loss and measures of every validation, "
          "learning rate. Of steps that were done twice, because the training was taken up again from an "
          "older checkpoint, the last counts.")
      .input(&TrainingReport::metrics, "metrics", "metrics.jsonl, or a table with columns step and loss")
      .output(&TrainingReport::steps, "steps", "done so far")
      .output(&TrainingReport::loss, "loss", "smoothed, at the last step")
      .unit("1")
      .output(&TrainingReport::duration, "duration", "of the training so far")
      .unit("s")
      .output(&TrainingReport::validation, "validation", "a row a validation")
      .output(&TrainingReport::report, "report", "the curves as a page to read")
      .cites("Kingma & Ba 2015, Adam: a method for stochastic optimization, arXiv:1412.6980")
      .example("--metrics metrics.jsonl --report curves.html", {"steps == 3", "exists curves.html"})
      .run(run);
}

}  // namespace sg::model

#include "model/training_curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/error.h"

namespace sg::model {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t points = 800;     // of a curve; more are not seen
constexpr std::size_t most_series = 8;  // of a plot
constexpr std::string_view prefix = "validation.";

const std::vector<double>* numbers(const Table& table, std::string_view name) {
  for (const Column& column : table.columns)
    if (column.name == name) return std::get_if<std::vector<double>>(&column.values);
  return nullptr;
}

/// The rows that count, by step: the last of each.
std::vector<std::pair<double, std::size_t>> rows_by_step(const std::vector<double>& steps) {
  std::map<double, std::size_t> rows;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!(steps[i] >= 1 && steps[i] == std::floor(steps[i])))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("step is {} in row {}, expected whole numbers from 1", steps[i], i + 1),
                  "metrics");
    rows[steps[i]] = i;
  }
  return {rows.begin(), rows.end()};
}

/// Series one under the other, as plots want them: step, value, series.
struct Long {
  std::vector<double> step, value;
  std::vector<std::string> series;

  void add(const std::vector<double>& steps, const std::vector<double>& values, const std::string& name) {
    const std::size_t every = std::max<std::size_t>(1, values.size() / points);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % every != 0 && i + 1 != values.size()) continue;
      step.push_back(steps[i]);
      value.push_back(values[i]);
      series.push_back(name);
    }
  }
  Table table() const { return {{{"step", step}, {"value", value}, {"series", series}}}; }
};

report::Plot plot_of(const Long& data, const std::string& title, bool log = false) {
  report::Plot plot;
  plot.data = data.table();
  plot.x = {.field = "step", .title = "step"};
  plot.y = {.field = "value", .title = title, .log = log};
  plot.color = "series";
  return plot;
}

bool spans_decades(const std::vector<double>& values) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const double v : values)
    if (!std::isnan(v)) low = std::min(low, v), high = std::max(high, v);
  return low > 0 && high > 10 * low;
}

/// Measures of one kind share a plot: "dice cortex" and "dice brain stem".
std::map<std::string, std::vector<const ValidationCurve*>> by_kind(const TrainingCurves& curves) {
  std::map<std::string, std::vector<const ValidationCurve*>> kinds;
  for (const ValidationCurve& curve : curves.validations)
    if (curve.name != "loss") kinds[curve.name.substr(0, curve.name.find(' '))].push_back(&curve);
  return kinds;
}

}  // namespace

std::vector<double> smoothed_loss(const std::vector<double>& loss) {
  const double decay = 1 - 1 / std::max(static_cast<double>(loss.size()) / 50, 1.0);
  std::vector<double> smoothed;
  double mean = 0, left = 1;
  for (const double value : loss) {
    if (!std::isnan(value)) {
      mean = decay * mean + (1 - decay) * value;
      left *= decay;
    }
    smoothed.push_back(left < 1 ? mean / (1 - left) : nan);
  }
  return smoothed;
}

TrainingCurves training_curves(const Table& log) {
  const auto* steps = numbers(log, "step");
  const auto* loss = numbers(log, "loss");
  if (steps == nullptr || loss == nullptr)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("the table has no numbers in the column {}, expected the metrics.jsonl of a training",
                    steps == nullptr ? "step" : "loss"),
        "metrics");
  const auto rows = rows_by_step(*steps);
  const auto *rate = numbers(log, "learning_rate"), *seconds = numbers(log, "seconds");
  TrainingCurves curves;
  for (const auto& [step, row] : rows) {
    curves.steps.push_back(step);
    curves.loss.push_back((*loss)[row]);
    curves.rate.push_back(rate != nullptr ? (*rate)[row] : nan);
    curves.seconds.push_back(seconds != nullptr ? (*seconds)[row] : nan);
  }
  curves.smoothed = smoothed_loss(curves.loss);
  std::vector<const Column*> measures;
  for (const Column& column : log.columns)
    if (column.name.starts_with(prefix) && std::holds_alternative<std::vector<double>>(column.values))
      measures.push_back(&column);
  for (const Column* column : measures)
    curves.validations.push_back({column->name.substr(prefix.size()), {}});
  for (const auto& [step, row] : rows) {
    const auto value = [&, at = row](const Column* c) { return std::get<0>(c->values)[at]; };
    if (std::all_of(measures.begin(), measures.end(), [&](const Column* c) { return std::isnan(value(c)); }))
      continue;
    curves.validated.push_back(step);
    for (std::size_t m = 0; m < measures.size(); ++m)
      curves.validations[m].values.push_back(value(measures[m]));
  }
  return curves;
}

report::Report training_page(const TrainingCurves& curves) {
  report::Report page("Training", fmt::format("{} steps", curves.steps.size()));
  const auto loss = std::find_if(curves.validations.begin(), curves.validations.end(),
                                 [](const ValidationCurve& c) { return c.name == "loss"; });
  page.section("Loss");
  Long losses;
  losses.add(curves.steps, curves.smoothed, "training, smoothed");
  if (loss != curves.validations.end()) losses.add(curves.validated, loss->values, "validation");
  report::Plot plot = plot_of(losses, "loss", spans_decades(losses.value));
  plot.caption =
      "Training: exponential mean over a fiftieth of the steps, of weights as they were. Validation: "
      "examples that the training never sees, with the weights that are kept.";
  page.plot(plot);
  if (!curves.validated.empty()) page.section("Validation");
  for (const auto& [kind, measures] : by_kind(curves)) {
    const std::size_t plots = (measures.size() + most_series - 1) / most_series;
    for (std::size_t p = 0; p < plots; ++p) {
      const std::size_t from = p * measures.size() / plots, to = (p + 1) * measures.size() / plots;
      Long values;
      for (std::size_t i = from; i < to; ++i)
        values.add(curves.validated, measures[i]->values, measures[i]->name);
      page.plot(plot_of(values, to - from == 1 ? measures[from]->name : kind));
    }
  }
  if (std::any_of(curves.rate.begin(), curves.rate.end(), [](double r) { return !std::isnan(r); })) {
    page.section("Learning rate");
    Long rates;
    rates.add(curves.steps, curves.rate, "learning rate");
    report::Plot rate = plot_of(rates, "learning rate");
    rate.color = "";
    page.plot(rate);
  }
  if (!curves.validated.empty()) {
    page.section("Last validation");
    std::vector<std::string> names;
    std::vector<double> values, best;
    for (const ValidationCurve& curve : curves.validations) {
      names.push_back(curve.name);
      values.push_back(curve.values.back());
    }
    page.table(
        {{{"measure", names}, {"value", values}}}, fmt::format("After step {}.", curves.validated.back()),
        {{.column = "measure", .title = "Measure"}, {.column = "value", .title = "Value", .decimals = 4}});
  }
  return page;
}

}  // namespace sg::model

#include "report/plot_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stats.h"
#include "report/plot_scale.h"

namespace sg::report {

namespace {

const Column& find_column(const Plot& plot, const std::string& name, const char* role) {
  for (const Column& c : plot.data.columns) {
    const std::size_t rows = std::visit([](const auto& v) { return v.size(); }, c.values);
    if (c.name == name && rows == plot.data.rows()) return c;
    if (c.name == name) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("plot column '{}' has {} rows, expected {} as the first column", name, rows,
                              plot.data.rows()));
    }
  }
  throw Error(ErrorCode::invalid_input,
              fmt::format("plot has no column '{}' for its {} encoding", name, role));
}

const std::vector<double>& numbers(const Plot& plot, const std::string& name, const char* role) {
  const auto* values = std::get_if<std::vector<double>>(&find_column(plot, name, role).values);
  if (values == nullptr) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("plot column '{}' holds text, expected numbers for its {} encoding", name, role));
  }
  return *values;
}

/// The column as names and, a row, the number of its name in order of appearance; "" and NaN rows have −1.
struct Named {
  std::vector<std::string> names;
  std::vector<int> index;
};
Named named(const Column& column) {
  Named result;
  const auto add = [&](const std::string& name) {
    const auto found = std::find(result.names.begin(), result.names.end(), name);
    result.index.push_back(static_cast<int>(found - result.names.begin()));
    if (found == result.names.end()) result.names.push_back(name);
  };
  if (const auto* text = std::get_if<std::vector<std::string>>(&column.values)) {
    for (const auto& t : *text) t.empty() ? result.index.push_back(-1) : add(t);
  } else {
    for (const double v : std::get<std::vector<double>>(column.values)) {
      std::isnan(v) ? result.index.push_back(-1) : add(fmt::format("{:.6g}", v));
    }
  }
  return result;
}

bool drawable(double value, bool log) { return std::isfinite(value) && !(log && value <= 0); }

/// Freedman & Diaconis 1981 (doi:10.1007/BF01025868): bins 2·IQR/∛n wide.
double wanted_bins(const std::vector<double>& values, double length) {
  if (values.empty()) return 10;
  const std::span<const double> all(values);
  const double width =
      2 * (quantile(all, .75) - quantile(all, .25)) / std::cbrt(static_cast<double>(values.size()));
  return width > 0 ? std::clamp(length / width, 8.0, 50.0) : 10;
}

}  // namespace

PlotData plot_data(const Plot& plot) {
  PlotData data;
  const std::size_t count = plot.data.rows();
  const Column& x = find_column(plot, plot.x.field, "x");
  const bool text = std::holds_alternative<std::vector<std::string>>(x.values);
  const bool banded =
      plot.mark != Mark::histogram && (text || plot.mark == Mark::bar || plot.mark == Mark::boxplot);
  Named category, series;
  std::vector<double> x_values;
  if (banded) {
    category = named(x);
    x_values.assign(category.index.begin(), category.index.end());
    data.categories = category.names;
  } else {
    x_values = numbers(plot, plot.x.field, "x");
  }
  const bool has_y = plot.mark != Mark::histogram;
  const std::vector<double> y_values =
      has_y ? numbers(plot, plot.y.field, "y") : std::vector<double>(count, 1.0);
  if (plot.color.empty()) {
    series = {{""}, std::vector<int>(count, 0)};
  } else {
    series = named(find_column(plot, plot.color, "colour"));
  }
  if (series.names.size() > 8) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("column '{}' makes {} coloured series, expected at most 8", plot.color,
                            series.names.size()));
  }
  data.series = series.names;
  for (std::size_t i = 0; i < count; ++i) {
    const bool named_row = series.index[i] >= 0 && !(banded && x_values[i] < 0);
    if (named_row && drawable(x_values[i], plot.x.log && !banded) &&
        drawable(y_values[i], plot.y.log && has_y)) {
      data.rows.push_back({x_values[i], y_values[i], series.index[i]});
    }
  }
  return data;
}

Histogram histogram(const PlotData& data, int bins) {
  Histogram result;
  std::vector<double> values;
  for (const auto& row : data.rows) values.push_back(row.x);
  double low = 0, high = 1;
  if (!values.empty()) {
    const auto [a, b] = std::minmax_element(values.begin(), values.end());
    const double room = *b > *a ? 0 : *a == 0 ? .5 : std::abs(*a) * .05;
    low = *a - room;
    high = *b + room;
  }
  if (bins <= 0) {
    const double step = round_step((high - low) / wanted_bins(values, high - low));
    low = std::floor(low / step + 1e-9) * step;
    bins = std::max(1, static_cast<int>(std::ceil((high - low) / step - 1e-9)));
    high = low + bins * step;
  }
  for (int b = 0; b <= bins; ++b) result.edges.push_back(low + (high - low) * b / bins);
  result.counts.assign(data.series.size(), std::vector<double>(static_cast<std::size_t>(bins), 0));
  for (const auto& row : data.rows) {
    const int bin = std::clamp(static_cast<int>((row.x - low) / (high - low) * bins), 0, bins - 1);
    result.counts[static_cast<std::size_t>(row.series)][static_cast<std::size_t>(bin)] += 1;
  }
  return result;
}

Box box_of(const std::vector<double>& values) {
  const std::span<const double> all(values);
  Box box;
  box.lower_quartile = quantile(all, .25);
  box.median = quantile(all, .5);
  box.upper_quartile = quantile(all, .75);
  const double reach = 1.5 * (box.upper_quartile - box.lower_quartile);
  box.lower_whisker = box.lower_quartile;
  box.upper_whisker = box.upper_quartile;
  for (const double v : values) {
    if (v < box.lower_quartile - reach || v > box.upper_quartile + reach) {
      box.outliers.push_back(v);
    } else {
      box.lower_whisker = std::min(box.lower_whisker, v);
      box.upper_whisker = std::max(box.upper_whisker, v);
    }
  }
  return box;
}

}  // namespace sg::report

#pragma once
#include <string>
#include <vector>

#include "report/plot.h"

namespace sg::report {

/// The drawable rows of a plot.
struct PlotData {
  struct Row {
    double x = 0, y = 0;  // x is the category's number where categories are used
    int series = 0;
  };
  std::vector<Row> rows;
  std::vector<std::string> categories;  // of x, in order of appearance; empty: x is a number
  std::vector<std::string> series;      // names; one "" without colour
};
/// Checks the columns (see svg) and drops rows that cannot be drawn.
PlotData plot_data(const Plot& plot);

/// Counts of equal bins over all series.
struct Histogram {
  std::vector<double> edges;                // bins + 1
  std::vector<std::vector<double>> counts;  // [series][bin]
};
Histogram histogram(const PlotData& data, int bins);

/// What a box shows.
struct Box {
  double lower_whisker = 0, lower_quartile = 0, median = 0, upper_quartile = 0, upper_whisker = 0;
  std::vector<double> outliers;
};
/// values: not empty, finite.
Box box_of(const std::vector<double>& values);

}  // namespace sg::report

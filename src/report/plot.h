#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/table.h"
#include "report/tone.h"

namespace sg::report {

/// How rows become marks. line: points joined in the order of x. bar: one bar a row (x text or number).
/// point: one dot a row. histogram: counts of x in equal bins (y is not used). boxplot: for every value of x
/// (text) the quartiles of y, whiskers to the farthest value within 1.5 interquartile ranges, the rest as
/// dots.
enum class Mark { line, bar, point, histogram, boxplot };

/// One axis: the column it shows and how it is called.
struct Encoding {
  std::string field;                         // column of the table
  std::string title = {};                    // "" = the column's name
  std::string unit = {};                     // "mm"; "" if none
  bool log = false;                          // base 10; values ≤ 0 are left out
  bool zero = false;                         // the axis includes 0 (bars and counts always do)
  std::optional<double> min = {}, max = {};  // fixed ends; values beyond them are clipped
};

/// A straight line across the plot: a bar to meet, a limit of agreement, a chosen threshold.
struct Rule {
  enum class Across { x, y };
  Across axis = Across::y;  // y: horizontal line at y = value
  double value = 0;
  std::string label = {};
  Tone tone = Tone::neutral;
};

/// A plot, declared as in Vega-Lite: data, mark and encodings.
struct Plot {
  Mark mark = Mark::line;
  Table data;
  Encoding x, y;
  std::string color = {};  // column whose distinct values (≤ 8) become coloured series; "" = one series
  std::vector<Rule> rules = {};
  std::string title = {};
  std::string caption = {};
  std::string alt = {};              // for who cannot see it; "" = built from title and axes
  int bins = 0;                      // histogram; 0 = round edges, about as many as Freedman–Diaconis
  double width = 720, height = 320;  // CSS pixels
};

/// Renders the plot as one `<svg>` element whose colours follow the page's custom properties (light and
/// dark). Rows with NaN (or, on a log axis, values ≤ 0) are left out. Throws invalid_input for an unknown
/// column, a text column where numbers are needed, columns of unequal length or more than 8 series. A plot
/// without a drawable row says "no data".
std::string svg(const Plot& plot);

/// The 1–2–5 steps that cut low…high into about `count` parts; the ticks lie within the interval (rounding
/// aside).
std::vector<double> nice_ticks(double low, double high, int count);

}  // namespace sg::report

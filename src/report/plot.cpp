#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/html.h"
#include "report/plot_data.h"
#include "report/plot_scale.h"

namespace sg::report {

namespace {

constexpr double font = 12.5;  // px of tick labels and titles

std::string colour(int series) { return fmt::format("var(--series-{})", series + 1); }

std::string axis_title(const Encoding& e, const char* fallback = "") {
  std::string title = e.title.empty() ? (e.field.empty() ? fallback : e.field) : e.title;
  return e.unit.empty() ? title : fmt::format("{} ({})", title, e.unit);
}

/// Everything the marks need to place themselves.
struct Frame {
  const Plot& plot;
  PlotData data;
  Histogram bins;
  Scale x, y;
  double left = 0, top = 0, right = 0, bottom = 0;  // edges of the plotting area, px
  bool slanted = false;                             // category labels
  bool dodged = false;                              // series stand side by side within a category
  std::vector<std::vector<std::size_t>> legend_rows = {};

  bool banded() const { return !data.categories.empty(); }
  double band() const {
    return (right - left) / static_cast<double>(std::max<std::size_t>(1, data.categories.size()));
  }
  /// Bars and boxes that stand side by side in a category.
  double neighbours() const { return dodged ? static_cast<double>(data.series.size()) : 1; }
  /// Where a series stands within the middle `share` of its category.
  double slot(double category, int series, double share) const {
    const double place = dodged ? (series + .5) / neighbours() : .5;
    return left + band() * (category + .5 + share * (place - .5));
  }
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void take(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
};

void make_scales(Frame& f) {
  Range x, y;
  Encoding x_axis = f.plot.x, y_axis = f.plot.y;
  for (const auto& row : f.data.rows) {
    x.take(row.x);
    y.take(row.y);
  }
  if (f.plot.mark == Mark::histogram) {
    f.bins = histogram(f.data, f.plot.bins);
    y = {0, 0};
    for (const auto& series : f.bins.counts) {
      for (const double count : series) y.take(count);
    }
    x = {f.bins.edges.front(), f.bins.edges.back()};
  }
  if (f.plot.mark == Mark::histogram || f.plot.mark == Mark::bar) y_axis.zero = true;
  for (const Rule& rule : f.plot.rules) {
    const bool vertical = rule.axis == Rule::Across::x;
    const bool drawn = std::isfinite(rule.value) && !((vertical ? x_axis : y_axis).log && rule.value <= 0);
    if (drawn && !f.data.rows.empty()) (vertical ? x : y).take(rule.value);
  }
  f.y = make_scale(y.low, y.high, y_axis, 5);
  if (!f.banded()) f.x = make_scale(x.low, x.high, x_axis, 7);
}

/// Series stand side by side only where some category has more than one of them.
bool needs_dodging(const PlotData& data) {
  std::vector<int> seen(data.categories.size(), -1);
  for (const auto& row : data.rows) {
    int& series = seen[static_cast<std::size_t>(row.x)];
    if (series >= 0 && series != row.series) return true;
    series = row.series;
  }
  return false;
}

void make_legend(Frame& f) {
  if (f.data.series.size() < 2) return;
  double used = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < f.data.series.size(); ++s) {
    const double width = text_width(f.data.series[s], font) + 40;
    if (used + width > f.plot.width - 16) {
      f.legend_rows.emplace_back();
      used = 0;
    }
    f.legend_rows.back().push_back(s);
    used += width;
  }
}

void make_margins(Frame& f) {
  double label = 0;
  for (const double tick : f.y.ticks) label = std::max(label, text_width(f.y.label(tick), font));
  f.left = label + 14;
  f.right = f.plot.width - 14;
  if (!f.banded() && !f.x.ticks.empty())  // the last label is centred under its tick
    f.right = std::min(f.right, f.plot.width - 1 - text_width(f.x.label(f.x.ticks.back()), font) / 2);
  for (const Rule& rule : f.plot.rules) {
    if (rule.axis == Rule::Across::y)
      f.right = std::min(f.right, f.plot.width - 10 - text_width(rule.label, font));
  }
  f.top = 30 + 20 * static_cast<double>(f.legend_rows.size());
  double below = 22;
  if (f.banded()) {
    double widest = 0;
    for (const auto& c : f.data.categories) widest = std::max(widest, text_width(c, font));
    f.slanted = widest > f.band() - 6;
    if (f.slanted) below = std::min(24 + widest * .5, f.plot.height * .4);
    if (f.slanted) f.left = std::max(f.left, std::min(widest * .85, 60.0));
  }
  f.bottom = f.plot.height - below - (axis_title(f.plot.x).empty() ? 0 : 20);
  f.x.from = f.left;
  f.x.to = f.right;
  f.y.from = f.bottom;
  f.y.to = f.top;
}

std::string label(double x, double y, const char* anchor, const std::string& text, const char* extra = "") {
  return fmt::format(
      R"svg(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="var(--muted)" font-size="{}"{}>{}</text>)svg",
      x, y, anchor, font, extra, escape(text));
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return fmt::format(R"svg(<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" {}/>)svg", x1, y1, x2, y2,
                     style);
}

std::string category_labels(const Frame& f) {
  std::string out;
  const std::size_t every =
      static_cast<std::size_t>(std::max(1.0, std::ceil((f.slanted ? 16 : 1) / f.band())));
  for (std::size_t c = 0; c < f.data.categories.size(); c += every) {
    const double x = f.left + f.band() * (static_cast<double>(c) + .5), y = f.bottom + (f.slanted ? 14 : 19);
    const std::string turn =
        f.slanted ? fmt::format(R"svg( transform="rotate(-32 {:.1f} {:.1f})")svg", x + 4, y) : "";
    out += label(f.slanted ? x + 4 : x, y, f.slanted ? "end" : "middle", f.data.categories[c], turn.c_str());
  }
  return out;
}

std::string axes(const Frame& f) {
  std::string out;
  for (const double tick : f.y.ticks) {
    const double y = f.y.at(tick);
    out += line(f.left, y, f.right, y, R"svg(stroke="var(--line)")svg");
    out += label(f.left - 8, y + 4.2, "end", f.y.label(tick));
  }
  out += line(f.left, f.bottom, f.right, f.bottom, R"svg(stroke="var(--muted)")svg");
  if (f.banded()) {
    out += category_labels(f);
  } else {
    for (const double tick : f.x.ticks) {
      out += line(f.x.at(tick), f.bottom, f.x.at(tick), f.bottom + 5, R"svg(stroke="var(--muted)")svg");
      out += label(f.x.at(tick), f.bottom + 19, "middle", f.x.label(tick));
    }
  }
  out += label((f.left + f.right) / 2, f.plot.height - 6, "middle", axis_title(f.plot.x));
  out += label(0, f.top - 15, "start", axis_title(f.plot.y, f.plot.mark == Mark::histogram ? "count" : ""));
  return out;
}

std::string legend(const Frame& f) {
  std::string out;
  double y = 13;
  for (const auto& row : f.legend_rows) {
    double x = 0;
    for (const std::size_t s : row) {
      out += fmt::format(R"svg(<rect x="{:.1f}" y="{:.1f}" width="12" height="12" rx="3" fill="{}"/>)svg", x,
                         y - 10, colour(static_cast<int>(s)));
      out += fmt::format(R"svg(<text x="{:.1f}" y="{:.1f}" fill="var(--ink)" font-size="{}">{}</text>)svg",
                         x + 18, y, font, escape(f.data.series[s]));
      x += text_width(f.data.series[s], font) + 40;
    }
    y += 20;
  }
  return out;
}

std::string rules(const Frame& f) {
  std::string out;
  for (const Rule& rule : f.plot.rules) {
    const bool vertical = rule.axis == Rule::Across::x;
    const Scale& scale = vertical ? f.x : f.y;
    if (!(rule.value >= scale.low && rule.value <= scale.high) || (vertical && f.banded())) continue;
    const char* stroke = rule.tone == Tone::good   ? "var(--good)"
                         : rule.tone == Tone::warn ? "var(--warn)"
                         : rule.tone == Tone::bad  ? "var(--bad)"
                                                   : "var(--ink)";
    const double at = scale.at(rule.value);
    const std::string style =
        fmt::format(R"svg(stroke="{}" stroke-width="1.4" stroke-dasharray="5 4")svg", stroke);
    out += vertical ? line(at, f.top, at, f.bottom, style) : line(f.left, at, f.right, at, style);
    const bool turned = vertical && at + text_width(rule.label, font) + 8 > f.right;
    out += fmt::format(
        R"svg(<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}" font-size="{}" stroke="var(--paper)" )svg"
        R"svg(stroke-width="3.5" paint-order="stroke" stroke-linejoin="round">{}</text>)svg",
        vertical ? at + (turned ? -6 : 6) : f.right + 6, vertical ? f.top + 10 : at + 4.2,
        turned ? "end" : "start", stroke, font, escape(rule.label));
  }
  return out;
}

std::string tip(const Frame& f, const PlotData::Row& row) {
  std::string text =
      f.data.series.size() > 1 ? f.data.series[static_cast<std::size_t>(row.series)] + ": " : "";
  text += f.banded() ? f.data.categories[static_cast<std::size_t>(row.x)] : fmt::format("{:.5g}", row.x);
  return fmt::format("<title>{}, {:.5g}</title>", escape(text), row.y);
}

double x_of(const Frame& f, const PlotData::Row& row) {
  return f.banded() ? f.slot(row.x, 0, 0) : f.x.at(row.x);
}

std::string draw_lines(const Frame& f) {
  std::string out;
  for (int s = 0; s < static_cast<int>(f.data.series.size()); ++s) {
    std::vector<PlotData::Row> rows;
    for (const auto& row : f.data.rows) {
      if (row.series == s) rows.push_back(row);
    }
    std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
    std::string path;
    for (const auto& row : rows) {
      path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x_of(f, row), f.y.at(row.y));
    }
    if (path.empty()) continue;
    out += fmt::format(
        R"svg(<path d="{}" fill="none" stroke="{}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>)svg",
        path, colour(s));
    if (rows.size() > 40) continue;
    for (const auto& row : rows) {
      out += fmt::format(R"svg(<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}">{}</circle>)svg", x_of(f, row),
                         f.y.at(row.y), colour(s), tip(f, row));
    }
  }
  return out;
}

std::string draw_points(const Frame& f) {
  std::string out;
  const bool many = f.data.rows.size() > 400;
  for (const auto& row : f.data.rows) {
    out +=
        fmt::format(R"svg(<circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="{}" fill-opacity="{}">{}</circle>)svg",
                    x_of(f, row), f.y.at(row.y), many ? 2.2 : 3.6, colour(row.series), many ? .45 : .75,
                    many ? "" : tip(f, row));
  }
  return out;
}

std::string rectangle(double x1, double x2, double y1, double y2, const std::string& style) {
  return fmt::format(R"svg(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" {})svg",
                     std::min(x1, x2), std::min(y1, y2), std::abs(x2 - x1), std::abs(y2 - y1), style);
}

std::string draw_bars(const Frame& f) {
  std::string out;
  const double half = std::min(.78 * f.band() / f.neighbours(), 54.0) / 2;
  const double base = f.y.at(f.y.log ? f.y.low : std::clamp(0.0, f.y.low, f.y.high));
  for (const auto& row : f.data.rows) {
    const double middle = f.slot(row.x, row.series, .78);
    out += rectangle(middle - half + .5, middle + half - .5, f.y.at(row.y), base,
                     fmt::format(R"svg(fill="{}" rx="1.5">{}</rect>)svg", colour(row.series), tip(f, row)));
  }
  return out;
}

std::string draw_histogram(const Frame& f) {
  std::string out;
  const bool one = f.bins.counts.size() == 1;
  for (std::size_t s = 0; s < f.bins.counts.size(); ++s) {
    for (std::size_t b = 0; b + 1 < f.bins.edges.size(); ++b) {
      if (f.bins.counts[s][b] == 0) continue;
      const double a = f.bins.edges[b], c = f.bins.edges[b + 1];
      out += rectangle(
          f.x.at(a) + .5, f.x.at(c) - .5, f.y.at(f.bins.counts[s][b]), f.y.at(0),
          fmt::format(R"svg(fill="{}" fill-opacity="{}"><title>{:.4g} – {:.4g}: {:.0f}</title></rect>)svg",
                      colour(static_cast<int>(s)), one ? .9 : .5, a, c, f.bins.counts[s][b]));
    }
  }
  return out;
}

std::string draw_box(const Frame& f, const Box& box, double middle, double half, const std::string& ink) {
  const std::string stroke = fmt::format(R"svg(stroke="{}" stroke-width="1.5")svg", ink);
  std::string out = line(middle, f.y.at(box.lower_whisker), middle, f.y.at(box.lower_quartile), stroke) +
                    line(middle, f.y.at(box.upper_quartile), middle, f.y.at(box.upper_whisker), stroke);
  for (const double end : {box.lower_whisker, box.upper_whisker}) {
    out += line(middle - half * .45, f.y.at(end), middle + half * .45, f.y.at(end), stroke);
  }
  out += rectangle(
      middle - half, middle + half, f.y.at(box.lower_quartile), f.y.at(box.upper_quartile),
      fmt::format(
          R"svg(rx="2" fill="{}" fill-opacity=".22" {}><title>median {:.4g}, quartiles {:.4g} – {:.4g}</title></rect>)svg",
          ink, stroke, box.median, box.lower_quartile, box.upper_quartile));
  out += line(middle - half, f.y.at(box.median), middle + half, f.y.at(box.median),
              fmt::format(R"svg(stroke="{}" stroke-width="2.6")svg", ink));
  for (const double v : box.outliers) {
    out += fmt::format(
        R"svg(<circle cx="{:.1f}" cy="{:.1f}" r="2.6" fill="none" {}><title>{:.4g}</title></circle>)svg",
        middle, f.y.at(v), stroke, v);
  }
  return out;
}

std::string draw_boxes(const Frame& f) {
  const std::size_t n_series = f.data.series.size(), n = f.data.categories.size() * n_series;
  std::vector<std::vector<double>> groups(n);
  for (const auto& row : f.data.rows) {
    groups[static_cast<std::size_t>(row.x) * n_series + static_cast<std::size_t>(row.series)].push_back(
        row.y);
  }
  const double half = std::min(.6 * f.band() / f.neighbours(), 60.0) / 2;
  std::string out;
  for (std::size_t g = 0; g < n; ++g) {
    if (groups[g].empty()) continue;
    const int series = static_cast<int>(g % n_series);
    out += draw_box(f, box_of(groups[g]), f.slot(static_cast<double>(g / n_series), series, .78), half,
                    colour(series));
  }
  return out;
}

std::string draw_marks(const Frame& f) {
  switch (f.plot.mark) {
    case Mark::line: return draw_lines(f);
    case Mark::bar: return draw_bars(f);
    case Mark::point: return draw_points(f);
    case Mark::histogram: return draw_histogram(f);
    case Mark::boxplot: return draw_boxes(f);
  }
  return "";
}

std::string description(const Plot& plot) {
  if (!plot.alt.empty()) return plot.alt;
  const std::string y = axis_title(plot.y, plot.mark == Mark::histogram ? "count" : "");
  return fmt::format("{}{} against {}", plot.title.empty() ? "" : plot.title + ": ", y, axis_title(plot.x));
}

}  // namespace

std::string svg(const Plot& plot) {
  Frame f{plot, plot_data(plot), {}, {}, {}};
  f.dodged = f.banded() && needs_dodging(f.data);
  make_scales(f);
  make_legend(f);
  make_margins(f);
  std::string out = fmt::format(
      R"svg(<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">)svg",
      plot.width, plot.height, escape(description(plot)));
  out += axes(f) + legend(f);
  if (f.data.rows.empty())
    return out + label((f.left + f.right) / 2, (f.top + f.bottom) / 2, "middle", "no data") + "</svg>";
  // A nested svg clips without an id that would have to be unique in the page. Three pixels spare the dots on
  // the edge.
  const double w = f.right - f.left + 6, h = f.bottom - f.top + 3;
  out += fmt::format(
      R"svg(<svg x="{0:.1f}" y="{1:.1f}" width="{2:.1f}" height="{3:.1f}" viewBox="{0:.1f} {1:.1f} {2:.1f} {3:.1f}">)svg",
      f.left - 3, f.top - 3, w, h);
  return out + draw_marks(f) + "</svg>" + rules(f) + "</svg>";
}

}  // namespace sg::report

#include "report/plot.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "report/plot_data.h"
#include "report/plot_scale.h"

namespace sg::report {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

Plot example(Mark mark) {
  Plot plot{.mark = mark,
            .data = {{{"x", std::vector<double>{1, 2, 3, 4}},
                      {"y", std::vector<double>{1, 4, 9, 16}},
                      {"g", std::vector<std::string>{"a", "a", "b", "b"}}}},
            .x = {.field = "x"},
            .y = {.field = "y"}};
  return plot;
}

TEST(Plot, TicksAreRoundAndInside) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(-1, 1, 4), (std::vector<double>{-1, -.5, 0, .5, 1}));
  for (double low = -3.7; low < 100; low += 7.3) {
    const auto ticks = nice_ticks(low, low + 13.1, 5);
    EXPECT_GE(ticks.size(), 3u);
    EXPECT_LE(ticks.size(), 9u);
    EXPECT_GE(ticks.front(), low - 1e-9);
    EXPECT_LE(ticks.back(), low + 13.1 + 1e-9);
  }
}

TEST(Plot, ScalesMapEndsToPixels) {
  Scale scale = make_scale(3, 97, {.field = "x"}, 5);
  scale.from = 10;
  scale.to = 110;
  EXPECT_EQ(scale.low, 0);
  EXPECT_EQ(scale.high, 100);
  EXPECT_DOUBLE_EQ(scale.at(50), 60);
  Scale log = make_scale(1, 100, {.field = "x", .log = true, .min = 1, .max = 100}, 5);
  log.to = 2;
  log.from = 0;
  EXPECT_DOUBLE_EQ(log.at(10), 1);
  EXPECT_EQ(make_scale(1, -1, {.field = "x"}, 5).low, 0);  // no data
  for (const double only : {-5.0, 0.0, 7.0}) {             // one value still has a range around it
    const Scale one = make_scale(only, only, {.field = "x"}, 5);
    EXPECT_LT(one.low, one.high);
    EXPECT_TRUE(one.low <= only && only <= one.high);
  }
}

TEST(Plot, EveryMarkDrawsItsData) {
  EXPECT_EQ(count(svg(example(Mark::line)), "<path"), 1u);
  EXPECT_EQ(count(svg(example(Mark::point)), "<circle"), 4u);
  EXPECT_EQ(count(svg(example(Mark::bar)), "<rect"), 4u);
  Plot grouped = example(Mark::line);
  grouped.color = std::string("g");
  EXPECT_EQ(count(svg(grouped), "<path"), 2u);
  EXPECT_EQ(count(svg(grouped), "<rect"), 2u);  // the legend
  Plot boxes = example(Mark::boxplot);
  boxes.x.field = std::string("g");
  EXPECT_EQ(count(svg(boxes), "median"), 2u);
}

TEST(Plot, HistogramCountsEveryValueOnce) {
  Plot plot = example(Mark::histogram);
  plot.y = {};
  const Histogram bins = histogram(plot_data(plot), 3);
  EXPECT_EQ(bins.edges, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(bins.counts[0], (std::vector<double>{1, 1, 2}));  // the last bin holds its upper edge
  EXPECT_NE(svg(plot).find("count"), std::string::npos);
}

TEST(Plot, HistogramEdgesAreRound) {
  PlotData data;
  data.series = {""};
  for (int i = 0; i < 200; ++i) data.rows.push_back({.73 + i * .0213, 1, 0});
  const Histogram bins = histogram(data, 0);
  double sum = 0;
  for (const double count : bins.counts[0]) sum += count;
  EXPECT_EQ(sum, 200);
  EXPECT_LE(bins.edges.front(), .73);
  EXPECT_GE(bins.edges.back(), .73 + 199 * .0213);
  EXPECT_NEAR(bins.edges[1] - bins.edges[0], .5, 1e-12);
  EXPECT_NEAR(bins.edges[0], .5, 1e-12);
}

TEST(Plot, BoxFollowsTukey) {
  const Box box = box_of({1, 2, 3, 4, 100});
  EXPECT_EQ(box.lower_quartile, 2);
  EXPECT_EQ(box.median, 3);
  EXPECT_EQ(box.upper_quartile, 4);
  EXPECT_EQ(box.lower_whisker, 1);
  EXPECT_EQ(box.upper_whisker, 4);
  EXPECT_EQ(box.outliers, std::vector<double>{100});
}

TEST(Plot, LeavesOutWhatCannotBeDrawn) {
  Plot plot = example(Mark::point);
  std::get<0>(plot.data.columns[1].values) = {std::nan(""), INFINITY, -1, 5};
  EXPECT_EQ(count(svg(plot), "<circle"), 2u);
  plot.y.log = true;
  EXPECT_EQ(count(svg(plot), "<circle"), 1u);
  std::get<0>(plot.data.columns[1].values) = {std::nan(""), std::nan(""), 0, -1};
  EXPECT_NE(svg(plot).find("no data"), std::string::npos);
  EXPECT_EQ(svg(plot).find("nan"), std::string::npos);
  for (const Mark mark : {Mark::line, Mark::bar, Mark::point, Mark::histogram, Mark::boxplot}) {
    Plot none = example(mark);
    for (auto& column : none.data.columns) std::visit([](auto& v) { v.clear(); }, column.values);
    EXPECT_NE(svg(none).find("no data"), std::string::npos);
  }
}

TEST(Plot, RulesWidenTheAxis) {
  Plot plot = example(Mark::line);
  plot.rules = {{.value = 40, .label = "limit", .tone = Tone::bad}};
  const std::string drawn = svg(plot);
  EXPECT_NE(drawn.find("limit"), std::string::npos);
  EXPECT_NE(drawn.find(">40<"), std::string::npos);
}

TEST(Plot, RefusesColumnsThatDoNotFit) {
  const auto refused = [](auto change) {
    Plot plot = example(Mark::line);
    change(plot);
    try {
      svg(plot);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(refused([](Plot& p) { p.y.field = std::string("z"); }).find("'z'"), std::string::npos);
  EXPECT_NE(refused([](Plot& p) { p.y.field = std::string("g"); }).find("expected numbers"),
            std::string::npos);
  EXPECT_NE(refused([](Plot& p) { p.data.columns[1].values = std::vector<double>{1}; }).find("1 rows"),
            std::string::npos);
  EXPECT_NE(refused([](Plot& p) { p.y.min = 3, p.y.max = 3; }).find("from 3 to 3"), std::string::npos);
  EXPECT_NE(refused([](Plot& p) { p.y.log = true, p.y.min = 0; }).find("expected > 0"), std::string::npos);
  EXPECT_NE(refused([](Plot& p) {
              p.data.columns[2].values = std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9};
              p.data.columns[0].values = p.data.columns[1].values = p.data.columns[2].values;
              p.color = std::string("g");
            }).find("9 coloured series"),
            std::string::npos);
}

}  // namespace
}  // namespace sg::report

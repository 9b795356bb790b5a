#include "ultrasound/benchmark_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ultrasound/rivals.h"

namespace sg::ultrasound {
namespace {

constexpr std::int64_t largest = 256;   // px of a picture in the report
constexpr std::size_t most_series = 8;  // of a plot

/// The middle of the picture as grey levels, what is beyond 0…255 clipped.
Volume<std::uint8_t> drawn(const Volume<float>& picture) {
  Grid grid = picture.grid();
  std::array<std::int64_t, 2> from{};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    from[axis] = std::max<std::int64_t>(0, (grid.size[axis] - largest) / 2);
    grid.size[axis] = std::min(largest, grid.size[axis]);
  }
  Volume<std::uint8_t> crop(grid);
  for (std::int64_t y = 0, i = 0; y < grid.size[1]; ++y)
    for (std::int64_t x = 0; x < grid.size[0]; ++x, ++i) {
      const float value = picture.data()[(y + from[1]) * picture.grid().size[0] + x + from[0]];
      crop.data()[i] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0F, 255.0F)));
    }
  return crop;
}

template <class T>
const std::vector<T>& column(const Table& table, const std::string& name) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                  [&](const Column& each) { return each.name == name; });
  return std::get<std::vector<T>>(found->values);
}

/// Rows of one number of looks.
Table at_looks(const Table& table, double looks) {
  const std::vector<double>& all = column<double>(table, "looks");
  Table some;
  for (const Column& each : table.columns) {
    if (each.name == "looks") continue;
    Column& kept = some.columns.emplace_back();
    kept.name = each.name;
    std::visit(
        [&](const auto& values) {
          std::decay_t<decltype(values)> chosen;
          for (std::size_t i = 0; i < values.size(); ++i)
            if (all[i] == looks) chosen.push_back(values[i]);
          kept.values = std::move(chosen);
        },
        each.values);
  }
  return some;
}

void sort_by(Table& table, const std::string& name) {
  const std::vector<double> key = column<double>(table, name);
  std::vector<std::size_t> order(key.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key[a] > key[b]; });
  for (Column& each : table.columns)
    std::visit(
        [&](auto& values) {
          auto sorted = values;
          for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = values[order[i]];
          values = std::move(sorted);
        },
        each.values);
}

std::vector<report::ColumnFormat> formats(bool best_stop) {
  std::vector<report::ColumnFormat> all{
      {.column = "method", .title = "Method"},
      {.column = "psnr", .title = "PSNR", .unit = "dB", .decimals = 2},
      {.column = "ssim", .title = "SSIM", .decimals = 3},
      {.column = "low_grey_ssim", .title = "SSIM in the dark", .decimals = 3},
      {.column = "mae", .title = "MAE", .decimals = 1},
      {.column = "epi", .title = "EPI", .decimals = 3},
      {.column = "edge_epi", .title = "EPI near edges", .decimals = 3},
      {.column = "fom", .title = "FOM", .decimals = 3},
      {.column = "looks_used", .title = "Looks used", .decimals = 2},
      {.column = "ms", .title = "Time", .unit = "ms", .decimals = 0}};
  if (best_stop)
    all.push_back({.column = "best_stop_psnr", .title = "PSNR, best stop", .unit = "dB", .decimals = 2});
  return all;
}

void without(Table& table, const std::string& name) {
  std::erase_if(table.columns, [&](const Column& each) { return each.name == name; });
}

/// The best `most_series` methods by what they reach on the whole.
std::set<std::string> leaders(const Table& means) {
  const auto& method = column<std::string>(means, "method");
  const auto& psnr = column<double>(means, "psnr");
  std::map<std::string, double> sums;
  for (std::size_t i = 0; i < method.size(); ++i) sums[method[i]] += psnr[i];
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [name, sum] : sums) order.emplace_back(-sum, name);
  std::sort(order.begin(), order.end());
  std::set<std::string> best;
  for (std::size_t i = 0; i < std::min(most_series, order.size()); ++i) best.insert(order[i].second);
  return best;
}

report::Plot curve(const Table& means, const std::string& figure, const std::string& title,
                   const std::string& unit) {
  const std::set<std::string> shown = leaders(means);
  const auto& method = column<std::string>(means, "method");
  std::vector<double> looks, value;
  std::vector<std::string> series;
  for (std::size_t i = 0; i < method.size(); ++i) {
    if (shown.count(method[i]) == 0) continue;
    series.push_back(method[i]);
    looks.push_back(column<double>(means, "looks")[i]);
    value.push_back(column<double>(means, figure)[i]);
  }
  report::Plot plot;
  plot.data = {{{"looks", looks}, {"value", value}, {"method", series}}};
  plot.x = {.field = "looks", .title = "looks", .log = true};
  plot.y = {.field = "value", .title = title, .unit = unit};
  plot.color = "method";
  return plot;
}

void add_pictures(report::Report& page, const Benchmark& benchmark, double looks) {
  std::vector<report::Picture> row;
  for (const Benchmark::Shown& each : benchmark.shown) {
    if (each.method != "clean" && each.looks != looks) continue;
    std::string caption = each.method;
    for (const Score& s : benchmark.scores)
      if (s.picture == 0 && s.looks == looks && s.method == each.method)
        caption += fmt::format(": {:.2f} dB, SSIM {:.3f}", s.psnr, s.ssim);
    row.emplace_back(drawn(each.picture), caption, fmt::format("{}, {}", benchmark.names[0], each.method));
  }
  page.pictures(row);
}

}  // namespace

report::Report benchmark_page(const Benchmark& benchmark, const BenchmarkOptions& options) {
  const Table means = mean_scores(benchmark);
  report::Report page("Despecklers compared",
                      fmt::format("{} pictures with {} speckle", benchmark.names.size(),
                                  options.correlated ? "correlated" : "independent"));
  page.note(
      "Simulated speckle on clean pictures: what is better here need not be better on a patient. Means over "
      "the pictures; PSNR and SSIM of results clipped to 0…255.");
  page.paragraph(options.told ? "All methods were told the looks."
                              : "The methods were told nothing and had to estimate the looks.");
  for (const Rival& rival : installed_rivals())
    page.paragraph(
        fmt::format("Peer: {} ({}), told the looks in any case, after the logarithm (log_) or within "
                    "MuLoG (mulog_).",
                    rival.name, rival.about));
  page.section("Means");
  if (options.looks.size() > 1)
    page.plot(curve(means, "psnr", "PSNR", "dB")).plot(curve(means, "ssim", "SSIM", ""));
  for (const double looks : options.looks) {
    Table table = at_looks(means, looks);
    sort_by(table, "psnr");
    if (!options.best_stop) without(table, "best_stop_psnr");
    page.subsection(fmt::format("{:g} {}", looks, looks == 1 ? "look" : "looks"));
    page.table(table, "Best PSNR first.", formats(options.best_stop));
    add_pictures(page, benchmark, looks);
  }
  if (!benchmark.discs.empty()) {
    page.section("Discs of low contrast");
    page.paragraph(
        "Four discs of 12 to 40 pixels radius that differ from an even background by 5 grey levels. Who "
        "smooths less keeps more of the step: the diffusion is shown as its stop leaves it, and stopped "
        "where its ENL is that of the row's method.");
    page.table(disc_scores(benchmark), "",
               {{.column = "step_kept", .title = "Step kept", .decimals = 2},
                {.column = "cnr", .title = "CNR", .decimals = 2},
                {.column = "enl", .title = "ENL of the background", .decimals = 0},
                {.column = "diffusion_step_kept", .title = "Diffusion, same ENL: step kept", .decimals = 2},
                {.column = "diffusion_cnr", .title = "CNR", .decimals = 2},
                {.column = "diffusion_enl", .title = "ENL", .decimals = 0}});
  }
  page.section("Picture by picture");
  Table all = all_scores(benchmark);
  if (!options.best_stop) without(all, "best_stop_psnr");
  page.table(all, "", formats(options.best_stop));
  return page;
}

}  // namespace sg::ultrasound

#include "ultrasound/despeckle_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/stats.h"

namespace sg::ultrasound {
namespace {

constexpr double darkest_ratio = 1e-6;  // of the mean, against division by nothing

/// Grey levels from low to high of one slice of one channel, or the colour of a picture with three.
Volume<std::uint8_t> drawn(const Volume<float>& image, std::int64_t slice, double low, double high) {
  Grid grid = image.grid();
  grid.size[2] = 1;
  const std::int64_t plane = grid.size[0] * grid.size[1], channels = image.channels() >= 3 ? 3 : 1;
  Volume<std::uint8_t> picture(grid, channels, channels == 3 ? OuterAxis::channel : OuterAxis::none);
  const double scale = high > low ? 255 / (high - low) : 0;
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t i = 0; i < plane; ++i) {
      const double value = (image.channel(c)[static_cast<std::size_t>(slice * plane + i)] - low) * scale;
      picture.data()[c * plane + i] = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
    }
  return picture;
}

/// f/û, 1 outside the tissue.
Volume<float> ratio_of(const DespeckledFrame& frame) {
  Volume<float> ratio(frame.noisy.grid());
  for (std::int64_t i = 0; i < ratio.size(); ++i)
    ratio.data()[i] =
        frame.tissue.data()[i] == 0 ? 1 : frame.noisy.data()[i] / std::max(frame.found.data()[i], 1e-12F);
  return ratio;
}

/// That frame as given or returned.
Volume<float> shown(const AnyVolume& voxels, const Despeckled& result, const Middle& middle) {
  const Volume<float> all = converted_to<float>(voxels);
  if (all.outer() != OuterAxis::time) {
    const std::int64_t depth = all.grid().size[2];
    const auto slice = result.frames.size() == 1
                           ? middle.slice
                           : std::min<std::int64_t>(static_cast<std::int64_t>(middle.frame), depth - 1);
    Grid grid = all.grid();
    grid.size[2] = 1;
    const std::int64_t plane = grid.size[0] * grid.size[1];
    Volume<float> one(grid, all.channels(), all.outer());
    for (std::int64_t c = 0; c < all.channels(); ++c)
      std::copy_n(all.channel(c).data() + slice * plane, plane, one.channel(c).data());
    return one;
  }
  const std::int64_t depth = result.frames[0].noisy.grid().size[2] > 1 ? 1 : all.grid().size[2];
  Volume<float> one(all.grid());
  std::copy_n(all.channel(static_cast<std::int64_t>(middle.frame) / depth).data(), one.size(), one.data());
  return one;
}

report::Plot course_plot(const DespeckledFrame& frame) {
  std::vector<double> time, value;
  std::vector<std::string> series;
  for (const DiffusionMoment& moment : frame.course) {
    for (const auto& [name, v] : {std::pair{"energy of what is taken away, of speckle's", moment.energy},
                                  std::pair{"correlation of neighbours in the ratio", moment.whiteness}}) {
      time.push_back(moment.time);
      value.push_back(v);
      series.push_back(name);
    }
  }
  report::Plot plot;
  plot.data = {{{"time", time}, {"value", value}, {"series", series}}};
  plot.x = {.field = "time", .title = "diffusion time", .unit = "px²"};
  plot.y = {.field = "value", .title = "", .zero = true};
  plot.color = "series";
  plot.rules = {{report::Rule::Across::x, frame.diffusion_time, "stop", report::Tone::neutral}};
  plot.caption = "It stops where what is taken away has the energy of speckle (1) and no structure (0).";
  return plot;
}

}  // namespace

Middle middle_of(const Despeckled& result) {
  const std::size_t frame = result.frames.size() / 2;
  return {frame, result.frames[frame].noisy.grid().size[2] / 2};
}

FrameFigures figures_of(const DespeckledFrame& frame) {
  const double mean = summarize(std::span<const float>(frame.noisy.values())).mean;
  return {frame.looks, frame.estimate.correlation[0], frame.estimate.correlation[1],
          ratio_statistics(frame.noisy, frame.found, frame.tissue, std::max(darkest_ratio * mean, 1e-30))};
}

Table box_table(const DespeckledFrame& frame) {
  std::vector<double> x, y, before, after, contrast_before, contrast_after, ratio;
  for (const Box& box : frame.boxes) {
    const auto noisy = values_in(frame.noisy, box), found = values_in(frame.found, box);
    const auto first_noisy = values_in(frame.noisy, frame.boxes[0]),
               first = values_in(frame.found, frame.boxes[0]);
    x.push_back(static_cast<double>(box.x));
    y.push_back(static_cast<double>(box.y));
    before.push_back(equivalent_looks(noisy));
    after.push_back(equivalent_looks(found));
    contrast_before.push_back(generalized_contrast_to_noise(first_noisy, noisy));
    contrast_after.push_back(generalized_contrast_to_noise(first, found));
    ratio.push_back(ratio_statistics(frame.noisy, frame.found, mask_of(frame.noisy.grid(), box), 1e-30).mean);
  }
  return {{{"x", x},
           {"y", y},
           {"enl_before", before},
           {"enl_after", after},
           {"gcnr_before", contrast_before},
           {"gcnr_after", contrast_after},
           {"ratio_mean", ratio}}};
}

report::Report despeckle_page(const Image& before, const Despeckled& result, const std::string& method) {
  const Middle middle = middle_of(result);
  const DespeckledFrame& frame = result.frames[middle.frame];
  const FrameFigures figures = figures_of(frame);
  report::Report page("Speckle removed", fmt::format("{}, {}", method, frame.noisy.grid().describe()));
  page.figures({{"Looks", figures.looks, "", 1},
                {"Ratio, mean", figures.ratio.mean, "", 3},
                {"Ratio, variance × looks", figures.ratio.variance * figures.looks, "", 2},
                {"Neighbours correlated", std::max(figures.correlation_x, figures.correlation_y), "", 2}});
  page.note(
      "Processed: speckle filtered, not for diagnosis alone. Look at the unfiltered image beside it. "
      "Research use.");
  page.section("Before and after");
  const Volume<float> given = shown(before.voxels, result, middle),
                      found = shown(result.image.voxels, result, middle);
  double low = 0, high = 255;
  if (result.domain != Domain::bmode) high = quantile(found.values(), 0.998);
  page.compare(
      {drawn(given, 0, low, high), "Before"}, {drawn(found, 0, low, high), "After"},
      result.frames.size() > 1 ? fmt::format("Frame {} of {}.", middle.frame + 1, result.frames.size()) : "");
  page.section("What was taken away");
  page.picture({drawn(ratio_of(frame), middle.slice, 0, 3),
                "Ratio of intensities before and after, 0 black to 3 white. Speckle alone has mean 1 and no "
                "structure: outlines in it are detail that was lost."});
  if (!frame.boxes.empty()) {
    page.section("Regions");
    page.table(box_table(frame),
               "Even regions found on the image before, unless regions were given; gCNR against the first.",
               {{.column = "x", .title = "x", .unit = "px"},
                {.column = "y", .title = "y", .unit = "px"},
                {.column = "enl_before", .title = "ENL before", .decimals = 1},
                {.column = "enl_after", .title = "ENL after", .decimals = 1},
                {.column = "gcnr_before", .title = "gCNR before", .decimals = 2},
                {.column = "gcnr_after", .title = "gCNR after", .decimals = 2},
                {.column = "ratio_mean", .title = "Ratio, mean", .decimals = 3}});
  }
  if (!frame.course.empty()) {
    page.section("Course of the diffusion");
    page.plot(course_plot(frame));
  }
  return page;
}

}  // namespace sg::ultrasound

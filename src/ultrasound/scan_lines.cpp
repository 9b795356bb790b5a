#include "ultrasound/scan_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::ultrasound {
namespace {

void require(bool holds, const char* field, double value, const char* expected) {
  if (!holds)
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", field, value, expected),
                field);
}

void check(const Volume<float>& image, const ScanLines& lines, const Grid& grid) {
  const auto& size = image.grid().size;
  if (image.empty() || size[0] != lines.count || size[1] != lines.samples)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the lines are {}, expected {} lines as columns of {} samples",
                            image.grid().describe(), lines.count, lines.samples),
                "lines");
  if (!grid.is_2d())
    throw Error(ErrorCode::invalid_input, fmt::format("the picture is {}, expected 2-D", grid.describe()));
  require(lines.count >= 2, "lines", static_cast<double>(lines.count), "2 or more");
  require(lines.samples >= 2, "samples", static_cast<double>(lines.samples), "2 or more");
  require(lines.step > 0 && std::isfinite(lines.step), "depth", lines.step, "more than 0 mm a sample");
  require(lines.spread > 0 && std::isfinite(lines.spread), "width", lines.spread, "more than 0 a line");
  if (!lines.convex) return;
  require(lines.radius >= 0 && std::isfinite(lines.radius), "radius", lines.radius, "0 mm or more");
  const double angle = lines.spread * static_cast<double>(lines.count - 1);
  require(angle <= std::numbers::pi + 1e-9, "field_of_view", angle * 180 / std::numbers::pi, "180° or less");
}

/// Within 0…last, where rounding may have put the outermost sample a hair outside.
std::optional<double> within(double index, std::int64_t last) {
  constexpr double hair = 1e-6;
  const auto end = static_cast<double>(last);
  if (!(index >= -hair && index <= end + hair)) return {};
  return std::clamp(index, 0.0, end);
}

}  // namespace

LineOrder line_order_of(const Image& image) {
  const auto found = image.metadata.find("UltrasoundImageOrientation");
  const std::string letters = found == image.metadata.end() ? "" : found->second;
  const auto at = [&](std::size_t k) { return k < letters.size() ? letters[k] : ' '; };
  const bool along_x = at(0) == 'F' || at(0) == 'N';
  const char depth = along_x ? at(0) : at(1), side = along_x ? at(1) : at(0);
  return {along_x, depth == 'N', side == 'U'};
}

Volume<float> columns_of(const Volume<float>& lines, const LineOrder& order) {
  const Grid& from = lines.grid();
  const std::size_t across = order.along_x ? 1 : 0, down = 1 - across;
  Grid grid;
  grid.size = {from.size[across], from.size[down], from.size[2]};
  grid.spacing = order.along_x ? Vec3{from.spacing.y, from.spacing.x, from.spacing.z} : from.spacing;
  Volume<float> result(grid, lines.channels(), lines.outer());
  result.set_time_step(lines.time_step());
  const std::int64_t width = grid.size[0], height = grid.size[1];
  for (std::int64_t c = 0; c < lines.channels(); ++c)
    for (std::int64_t z = 0; z < grid.size[2]; ++z)
      for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) {
          const std::int64_t line = order.mirrored ? width - 1 - x : x;
          const std::int64_t sample = order.from_depth ? height - 1 - y : y;
          result.at(x, y, z, c) = order.along_x ? lines.at(sample, line, z, c) : lines.at(line, sample, z, c);
        }
  return result;
}

std::array<double, 2> ScanLines::place(double line, double depth) const {
  if (!convex) return {centre[0] + angle(line), centre[1] + depth};
  const double a = angle(line), r = radius + depth;
  return {centre[0] + r * std::sin(a), centre[1] + r * std::cos(a) - radius};
}

std::optional<std::array<double, 2>> ScanLines::at(double x, double y) const {
  double across = x - centre[0], down = y - centre[1];
  if (convex) {
    const double below = down + radius;
    down = std::hypot(across, below) - radius;
    across = std::atan2(across, below);
  }
  const auto line = within(across / spread + 0.5 * static_cast<double>(count - 1), count - 1);
  const auto row = within(down / step, samples - 1);
  if (!line || !row) return {};
  return std::array{*line, *row};
}

double interpolated(const Volume<float>& image, double column, double row) {
  const Grid& g = image.grid();
  const double i = std::clamp(column, 0.0, static_cast<double>(g.size[0] - 1));
  const double j = std::clamp(row, 0.0, static_cast<double>(g.size[1] - 1));
  const auto i0 = static_cast<std::int64_t>(i), j0 = static_cast<std::int64_t>(j);
  const std::int64_t i1 = std::min(i0 + 1, g.size[0] - 1), j1 = std::min(j0 + 1, g.size[1] - 1);
  const double a = i - static_cast<double>(i0), b = j - static_cast<double>(j0);
  return (1 - b) * ((1 - a) * image.at(i0, j0, 0) + a * image.at(i1, j0, 0)) +
         b * ((1 - a) * image.at(i0, j1, 0) + a * image.at(i1, j1, 0));
}

Volume<float> scan_convert(const Volume<float>& image, const ScanLines& lines, const Grid& grid, Mask* sector,
                           const Context& context) {
  check(image, lines, grid);
  Grid whole = grid;
  whole.size[2] = image.grid().size[2];
  Volume<float> picture(whole, image.channels(), image.outer());
  picture.set_time_step(image.time_step());
  if (sector != nullptr) *sector = Mask(grid);
  Grid flat = image.grid();
  flat.size[2] = 1;
  const std::int64_t frames = image.channels() * whole.size[2], pixels = grid.size[0] * grid.size[1];
  std::vector<Volume<float>> lines_of;
  for (std::int64_t f = 0; f < frames; ++f) {
    Volume<float>& frame = lines_of.emplace_back(flat);
    std::copy_n(image.data() + f * frame.size(), frame.size(), frame.data());
  }
  parallel_for(
      grid.size[1],
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t j = begin; j < end; ++j)
          for (std::int64_t i = 0; i < grid.size[0]; ++i) {
            const auto at =
                lines.at(static_cast<double>(i) * grid.spacing.x, static_cast<double>(j) * grid.spacing.y);
            if (!at) continue;
            if (sector != nullptr) sector->at(i, j, 0) = 1;
            for (std::int64_t f = 0; f < frames; ++f)
              picture.data()[f * pixels + j * grid.size[0] + i] =
                  static_cast<float>(interpolated(lines_of[static_cast<std::size_t>(f)], (*at)[0], (*at)[1]));
          }
      },
      context);
  return picture;
}

}  // namespace sg::ultrasound

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <optional>

#include "core/error.h"
#include "op/declare.h"
#include "ultrasound/operations.h"
#include "ultrasound/scan_lines.h"

namespace sg::ultrasound {
namespace {

enum class Probe { linear, convex };
enum class Along { automatic, y, x };

struct ScanConvert {
  Image lines;
  Probe probe = Probe::linear;
  Along along = Along::automatic;
  double width = 38, depth = 50, radius = 40, field_of_view = 60, spacing = 0.2;
  std::vector<int> size;
  std::vector<double> face;
  Image picture;
  std::optional<LabelMap> sector;
};

/// The geometry asked for; where the picture is not told, one that shows all of it.
ScanLines geometry(const ScanConvert& s, const Grid& from, Grid& grid) {
  ScanLines lines;
  lines.convex = s.probe == Probe::convex;
  lines.count = from.size[0];
  lines.samples = from.size[1];
  const double gaps = static_cast<double>(std::max<std::int64_t>(1, lines.count - 1));
  lines.step = s.depth / static_cast<double>(std::max<std::int64_t>(1, lines.samples - 1));
  lines.radius = lines.convex ? s.radius : 0;
  const double half = s.field_of_view / 360 * std::numbers::pi;
  lines.spread = lines.convex ? 2 * half / gaps : s.width / gaps;
  const double wide = half > std::numbers::pi / 2 ? 1 : std::sin(half);
  const double above = lines.convex ? s.radius * (1 - std::cos(half)) : 0;
  const double across = lines.convex ? 2 * (s.radius + s.depth) * wide : s.width;
  grid = Grid();
  grid.spacing = {s.spacing, s.spacing, 1};
  const auto pixels = [&](double mm) { return static_cast<std::int64_t>(std::lround(mm / s.spacing)) + 1; };
  grid.size = {pixels(across), pixels(above + s.depth), 1};
  lines.centre = {0.5 * static_cast<double>(grid.size[0] - 1) * s.spacing, above};
  const auto pair = [](std::size_t count, const char* field) {
    if (count != 0 && count != 2)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} has {} numbers, expected two: across and down", field, count), field);
    return count == 2;
  };
  if (pair(s.size.size(), "size")) {
    grid.size = {s.size[0], s.size[1], 1};
    lines.centre[0] = 0.5 * static_cast<double>(grid.size[0] - 1) * s.spacing;
  }
  if (pair(s.face.size(), "face")) lines.centre = {s.face[0] * s.spacing, s.face[1] * s.spacing};
  return lines;
}

void run(ScanConvert& s, const Context& context) {
  LineOrder order = line_order_of(s.lines);
  if (s.along != Along::automatic) order.along_x = s.along == Along::x;
  const Volume<float> columns = columns_of(converted_to<float>(s.lines.voxels), order);
  Grid grid;
  const ScanLines lines = geometry(s, columns.grid(), grid);
  Mask sector;
  const Volume<float> found = scan_convert(columns, lines, grid, &sector, context);
  s.picture.voxels = std::visit(
      [&](const auto& given) -> AnyVolume {
        using T = std::remove_cvref_t<decltype(*given.data())>;
        return converted_to<T>(AnyVolume(found.clone()));
      },
      s.lines.voxels);
  if (s.sector) s.sector->voxels = converted_to<std::int32_t>(AnyVolume(std::move(sector)));
}

}  // namespace

op::Operation scan_convert_operation() {
  return op::Declare<ScanConvert>("ultrasound.scan_convert", "Puts scan lines where they lie in the body.")
      .description(
          "Samples of scan lines (columns, the probe on top) are interpolated linearly onto square pixels: "
          "parallel lines of a linear probe, or lines that fan out of the curved face of a convex one. "
          "Without a size the picture shows all of the lines. Scanners convert compressed values; "
          "amplitudes are converted alike.")
      .input(&ScanConvert::lines, "lines", "columns are lines, the probe on top; one frame or many")
      .modality("US")
      .param(&ScanConvert::along, "along", "axis that depth runs along; auto: as the file says, else y")
      .one_of({"auto", "y", "x"})
      .param(&ScanConvert::probe, "probe", "how the lines run")
      .one_of({"linear", "convex"})
      .param(&ScanConvert::width, "width", "linear: from the first line to the last")
      .in(0.1, 1000)
      .unit("mm")
      .param(&ScanConvert::depth, "depth", "from the first sample to the last")
      .in(0.1, 1000)
      .unit("mm")
      .param(&ScanConvert::radius, "radius", "convex: of the face, where the first samples lie")
      .in(0, 1000)
      .unit("mm")
      .param(&ScanConvert::field_of_view, "field_of_view", "convex: from the first line to the last")
      .in(1, 180)
      .unit("deg")
      .param(&ScanConvert::spacing, "spacing", "of the picture's pixels")
      .in(0.001, 10)
      .unit("mm")
      .param(&ScanConvert::size, "size", "of the picture, across and down; none: what shows all lines")
      .in(2, 16384)
      .param(&ScanConvert::face, "face",
             "pixel, across and down, of the middle of the probe's face; none: top middle")
      .unit("px")
      .output(&ScanConvert::picture, "picture", "type as the lines; 0 outside the sector")
      .output(&ScanConvert::sector, "sector", "1 where lines are")
      .cites("Szabo 2014, Diagnostic ultrasound imaging, 2nd ed., chapter 10")
      .example(
          "--lines bmode.png --probe convex --radius 10 --field_of_view 70 --depth 38 --picture sector.png",
          {"exists sector.png"})
      .run(run);
}

}  // namespace sg::ultrasound

#include "ultrasound/sector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/smooth.h"
#include "core/stats.h"

namespace sg::ultrasound {
namespace {

// Set on 32 breast frames, with and without text, and on simulated speckle.
constexpr double stroke_contrast = 45.0 / 255, usual_stroke = 4;  // of the range; times the usual contrast
constexpr double strong_contrast = 75.0 / 255, usual_strong = 5;
constexpr double bright_mark = 0.55;       // of the range: marks brighter than tissue are at least so bright
constexpr double group_gap = 6;            // px between the dots of a caliper's line
constexpr std::int64_t strong_pixels = 6;  // in a group at least
constexpr std::int64_t certain_pixels = 20;  // in a group that is a mark beyond doubt
constexpr double letter = 8;                 // px

/// Pixels that carry the same label as the largest component.
Mask largest(const Mask& mask) {
  const Components parts = connected_components(mask, Connectivity::faces);
  Mask result(mask.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) result.data()[i] = parts.labels.voxels.data()[i] == 1;
  return result;
}

std::int64_t count(const Mask& mask) {
  return std::count_if(mask.values().begin(), mask.values().end(), [](std::uint8_t v) { return v != 0; });
}

Grid pixel_grid(std::int64_t width, std::int64_t height) {
  Grid grid;
  grid.size = {width, height, 1};
  return grid;
}

struct Span {
  std::int64_t first = -1, last = -1;
  bool empty() const { return first < 0; }
};

Span row_span(const Mask& mask, std::int64_t y) {
  Span span;
  for (std::int64_t x = 0; x < mask.grid().size[0]; ++x)
    if (mask.at(x, y, 0)) {
      if (span.empty()) span.first = x;
      span.last = x;
    }
  return span;
}

/// Whether the sector's left (right) border is straight and upright over most of its upper half: a linear
/// probe, where what is dark below on that side is shadow and not outside.
struct Sides {
  bool left = false, right = false;
  std::int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
};
Sides sides_of(const Mask& mask) {
  Sides s{false, false, mask.grid().size[0], -1, mask.grid().size[1], -1};
  for (std::int64_t y = 0; y < mask.grid().size[1]; ++y) {
    const Span span = row_span(mask, y);
    if (span.empty()) continue;
    s.x0 = std::min(s.x0, span.first);
    s.x1 = std::max(s.x1, span.last);
    s.y0 = std::min(s.y0, y);
    s.y1 = y;
  }
  const std::int64_t slack = std::max<std::int64_t>(2, (s.x1 - s.x0) * 3 / 100);
  const auto upright = [&](std::int64_t rows) {
    std::int64_t left = 0, right = 0;
    for (std::int64_t y = s.y0; y < s.y0 + rows; ++y) {
      const Span span = row_span(mask, y);
      left += !span.empty() && span.first <= s.x0 + slack;
      right += !span.empty() && span.last >= s.x1 - slack;
    }
    return std::array{10 * left >= 6 * rows, 10 * right >= 6 * rows};
  };
  // At the top too: the sides of a convex sector are upright only where the picture's border cuts them.
  const std::int64_t rows = s.y1 - s.y0 + 1;
  const auto upper = upright((rows + 1) / 2), top = upright((rows + 7) / 8);
  s.left = upper[0] && top[0];
  s.right = upper[1] && top[1];
  return s;
}

/// Shadows: black below sector, and between sector (or below an upright side).
void fill_shadows(Mask& mask) {
  const Sides sides = sides_of(mask);
  std::vector<std::uint8_t> above(static_cast<std::size_t>(mask.grid().size[0]));
  for (std::int64_t y = 0; y <= sides.y1; ++y) {
    const Span span = row_span(mask, y);
    for (std::int64_t x = sides.x0; x <= sides.x1; ++x) {
      std::uint8_t& pixel = mask.at(x, y, 0);
      std::uint8_t& seen = above[static_cast<std::size_t>(x)];
      seen = seen || pixel;
      const bool left = sides.left || (!span.empty() && x >= span.first);
      const bool right = sides.right || (!span.empty() && x <= span.last);
      if (seen && left && right) pixel = 1;
    }
  }
}

/// The 5×5 mean reaches two pixels into the black: they go again, but not at the picture's own border.
void trim_rim(Mask& sector, const Volume<float>& grey, double black) {
  Mask outside(sector.grid());
  for (std::int64_t i = 0; i < sector.size(); ++i) outside.data()[i] = !sector.data()[i];
  const Volume<float> away = distance_to(outside);
  for (std::int64_t i = 0; i < sector.size(); ++i)
    if (away.data()[i] < 3 && grey.data()[i] <= black) sector.data()[i] = 0;
}

/// How far a pixel stands out on both sides of it along the direction of `stride`: positive = brighter than
/// both neighbours `near`…`far` pixels away, negative = darker than both; 0 too close to the border.
float stands_out(const float* p, std::int64_t stride, std::int64_t at, std::int64_t length,
                 std::int64_t far) {
  float bright = 0, dark = 0;
  for (std::int64_t d = 2; d <= far; ++d) {
    if (at < d || at + d >= length) break;
    const float before = p[-d * stride], after = p[d * stride];
    bright = std::max(bright, *p - std::max(before, after));
    dark = std::max(dark, std::min(before, after) - *p);
  }
  return bright > dark ? bright : -dark;
}

/// Where vendors leave their mark: the corners of the picture.
bool in_corner(const Grid& grid, std::int64_t x, std::int64_t y) {
  const std::int64_t reach = std::max<std::int64_t>(16, std::min(grid.size[0], grid.size[1]) / 25);
  return std::min(x, grid.size[0] - 1 - x) < reach && std::min(y, grid.size[1] - 1 - y) < reach;
}

/// Keeps those of `found` that lie in groups with enough of `strong`, pixels up to `gap` apart together.
/// Where one mark stands, others do: in a frame that has some, half as many are enough.
void keep_groups(Mask& found, const Mask& strong, double gap, const Context& context) {
  const Components groups = connected_components(dilate(found, gap / 2, context));
  std::vector<std::int64_t> members(groups.voxels.size() + 1);
  for (std::int64_t i = 0; i < found.size(); ++i)
    if (strong.data()[i]) ++members[static_cast<std::size_t>(groups.labels.voxels.data()[i])];
  const bool marked = *std::max_element(members.begin(), members.end()) >= certain_pixels;
  const std::int64_t least = marked ? strong_pixels / 2 : strong_pixels;
  for (std::int64_t i = 0; i < found.size(); ++i)
    if (members[static_cast<std::size_t>(groups.labels.voxels.data()[i])] < least) found.data()[i] = 0;
}

/// Keeps the components of `strokes` that hold a pixel of `found`.
Mask touching(const Mask& strokes, const Mask& found) {
  const Components parts = connected_components(strokes);
  std::vector<std::uint8_t> kept(parts.voxels.size() + 1);
  for (std::int64_t i = 0; i < found.size(); ++i)
    if (found.data()[i]) kept[static_cast<std::size_t>(parts.labels.voxels.data()[i])] = 1;
  kept[0] = 0;
  Mask result(strokes.grid());
  for (std::int64_t i = 0; i < found.size(); ++i)
    result.data()[i] = kept[static_cast<std::size_t>(parts.labels.voxels.data()[i])];
  return result;
}

}  // namespace

std::optional<Mask> find_sector(const Volume<float>& grey, const Region& within, double black,
                                const Context& context) {
  const std::int64_t width = within.x1 - within.x0 + 1, height = within.y1 - within.y0 + 1;
  Volume<float> part(pixel_grid(width, height));
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) part.at(x, y, 0) = grey.at(within.x0 + x, within.y0 + y, 0);
  const Volume<float> mean = box_mean(part, {2, 2, 0}, context);
  Mask bright(part.grid());
  for (std::int64_t i = 0; i < part.size(); ++i) bright.data()[i] = mean.data()[i] > black;
  const double side = static_cast<double>(std::min(width, height));
  Mask sector = largest(bright);
  if (20 * count(sector) < width * height) return {};
  sector = fill_holes(close(sector, std::floor(0.03 * side), context));
  // Spurs: rulers, text that touches the border. Beyond the picture nothing is cut: the sector goes on there.
  const double spur = std::max(2.0, std::floor(0.015 * side));
  const auto margin = static_cast<std::int64_t>(spur) + 1;
  Mask wide(pixel_grid(width + 2 * margin, height + 2 * margin));
  for (std::int64_t y = 0; y < height + 2 * margin; ++y)
    for (std::int64_t x = 0; x < width + 2 * margin; ++x)
      wide.at(x, y, 0) = sector.at(std::clamp<std::int64_t>(x - margin, 0, width - 1),
                                   std::clamp<std::int64_t>(y - margin, 0, height - 1), 0);
  wide = largest(open(wide, spur, context));
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) sector.at(x, y, 0) = wide.at(x + margin, y + margin, 0);
  if (20 * count(sector) < width * height) return {};
  trim_rim(sector, part, black);
  fill_shadows(sector);
  Mask result(grey.grid());
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) result.at(within.x0 + x, within.y0 + y, 0) = sector.at(x, y, 0);
  return result;
}

Mask find_graphics(const Volume<float>& grey, const Mask& sector, GreyRange range, const Context& context) {
  const std::int64_t width = grey.grid().size[0], height = grey.grid().size[1];
  const std::int64_t far = std::min(width, height) < 500 ? 3 : 4;
  Volume<float> across(grey.grid()), along(grey.grid());
  std::vector<float> usual;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      if (!sector.at(x, y, 0)) continue;
      const float* p = &grey.at(x, y, 0);
      across.at(x, y, 0) = stands_out(p, 1, x, width, far);
      along.at(x, y, 0) = stands_out(p, width, y, height, far);
      usual.push_back(std::max(0.F, across.at(x, y, 0)));
    }
  Mask found(grey.grid()), strong(grey.grid()), strokes(grey.grid());
  if (usual.empty()) return found;
  const double common = quantile(usual, 0.95);
  const double limit = std::max(stroke_contrast * range.span, usual_stroke * common);
  const double high = std::max(strong_contrast * range.span, usual_strong * common);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const double a = across.at(x, y, 0), b = along.at(x, y, 0);
      // Dark lines between bright grains are what speckle has; as marks they count in the corners only.
      const bool mark = in_corner(grey.grid(), x, y);
      const bool dot = std::min(a, b) > 0.5 * limit;
      found.at(x, y, 0) = a > limit || dot || (mark && a < -limit);
      strokes.at(x, y, 0) = std::max(a, b) > 0.6 * limit || (mark && std::min(a, b) < -limit);
      const bool bright = a > high && grey.at(x, y, 0) > range.low + bright_mark * range.span;
      strong.at(x, y, 0) = bright || (mark && std::abs(a) > limit);
    }
  keep_groups(found, strong, group_gap, context);
  // Horizontal and weaker strokes hang on to these; further than a letter's width away they are tissue.
  const Mask near = dilate(found, letter, context);
  for (std::int64_t i = 0; i < strokes.size(); ++i) strokes.data()[i] = strokes.data()[i] && near.data()[i];
  found = dilate(touching(strokes, found), 2, context);
  for (std::int64_t i = 0; i < found.size(); ++i) found.data()[i] = found.data()[i] && sector.data()[i];
  return found;
}

}  // namespace sg::ultrasound

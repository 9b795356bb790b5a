#include "ultrasound/frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <type_traits>

#include "core/error.h"
#include "core/grey.h"
#include "core/stats.h"
#include "ultrasound/sector.h"

namespace sg::ultrasound {
namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

void check(const AnyVolume& picture) {
  const Grid& grid = grid_of(picture);
  const std::int64_t channels = channels_of(picture);
  const bool series = std::visit([](const auto& v) { return v.outer() == OuterAxis::time; }, picture);
  if (!grid.is_2d() || series)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the picture is {}, expected one frame in 2-D", grid.describe()), "picture");
  if (channels != 1 && channels != 3 && channels != 4)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the picture has {} channels, expected 1, 3 or 4", channels), "picture");
}

std::int64_t count(const Mask& mask) {
  return std::count_if(mask.values().begin(), mask.values().end(), [](std::uint8_t v) { return v != 0; });
}

/// From the picture's type or, unless it has 8 bits, its values.
GreyRange range_of(const AnyVolume& picture, const Volume<float>& grey) {
  const Summary s = summarize(std::span<const float>(grey.values()));
  if (s.not_finite > 0)
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} values of the picture are not finite", s.not_finite), "picture");
  if (std::holds_alternative<Volume<std::uint8_t>>(picture)) return {s.min, 255};
  return {s.min, std::max(s.max - s.min, 1e-6)};
}

/// Up to which grey value a mean counts as black. Where much of the picture has exactly its darkest value
/// (stored without loss), the faintest echo differs from it.
double black_of(const Volume<float>& grey, GreyRange range) {
  const auto darkest = std::count(grey.values().begin(), grey.values().end(), static_cast<float>(range.low));
  return range.low + (10 * darkest > grey.size() ? 0.6 / 255 : 0.02) * range.span;
}

Region clipped(const Region& r, const Grid& grid) {
  return {std::max<std::int64_t>(r.x0, 0), std::max<std::int64_t>(r.y0, 0), std::min(r.x1, grid.size[0] - 1),
          std::min(r.y1, grid.size[1] - 1)};
}

void set(Mask& mask, const Region& r) {
  for (std::int64_t y = r.y0; y <= r.y1; ++y)
    for (std::int64_t x = r.x0; x <= r.x1; ++x) mask.at(x, y, 0) = 1;
}

void mark_sector(Frame& frame, const std::vector<Region>& regions, double black, const Context& context) {
  const Grid& grid = frame.grey.grid();
  bool any = false;
  for (const Region& told : regions) {
    const Region r = clipped(told, grid);
    if (r.x1 < r.x0 || r.y1 < r.y0) {
      frame.warnings.push_back("a region that the file tells lies outside the picture");
      continue;
    }
    any = true;
    if (const auto found = find_sector(frame.grey, r, black, context)) {
      for (std::int64_t i = 0; i < found->size(); ++i) frame.sector.data()[i] |= found->data()[i];
    } else {
      set(frame.sector, r);
    }
  }
  if (any) return;
  const Region all{0, 0, grid.size[0] - 1, grid.size[1] - 1};
  if (auto found = find_sector(frame.grey, all, black, context)) {
    frame.sector = std::move(*found);
    return;
  }
  set(frame.sector, all);
  frame.sector_found = false;
  frame.warnings.push_back("nothing in the picture looks like a sector, the whole picture is taken for one");
}

/// Largest difference between the colour channels of each pixel, in the picture's units.
Volume<float> colour_spread(const AnyVolume& picture) {
  Grid grid;
  grid.size = grid_of(picture).size;
  Volume<float> spread(grid);
  std::visit(
      [&](const auto& v) {
        const std::int64_t n = spread.size();
        for (std::int64_t i = 0; i < n && v.channels() >= 3; ++i) {
          const auto values = {static_cast<float>(v.data()[i]), static_cast<float>(v.data()[n + i]),
                               static_cast<float>(v.data()[2 * n + i])};
          spread.data()[i] = std::max(values) - std::min(values);
        }
      },
      picture);
  return spread;
}

/// Connected pixels of some colour that hold one of much colour, and one pixel around them.
Mask coloured_pixels(const Volume<float>& spread, double unit, const Context& context) {
  Mask some(spread.grid());
  for (std::int64_t i = 0; i < some.size(); ++i) some.data()[i] = spread.data()[i] > 6 * unit;
  const Components parts = connected_components(some);
  std::vector<std::uint8_t> much(parts.voxels.size() + 1);
  for (std::int64_t i = 0; i < some.size(); ++i)
    if (spread.data()[i] > 20 * unit) much[static_cast<std::size_t>(parts.labels.voxels.data()[i])] = 1;
  much[0] = 0;
  for (std::int64_t i = 0; i < some.size(); ++i)
    some.data()[i] = much[static_cast<std::size_t>(parts.labels.voxels.data()[i])];
  return dilate(some, 1, context);
}

std::int64_t add(Mask& overlay, const Mask& found, const Mask& sector) {
  std::int64_t inside = 0;
  for (std::int64_t i = 0; i < overlay.size(); ++i) {
    overlay.data()[i] |= found.data()[i];
    inside += found.data()[i] && sector.data()[i];
  }
  return inside;
}

void mark_overlay(Frame& frame, const AnyVolume& picture, GreyRange range, const Context& context) {
  const Mask coloured = coloured_pixels(colour_spread(picture), range.span / 255, context);
  std::int64_t in_colour = 0;
  for (std::int64_t i = 0; i < coloured.size(); ++i)
    in_colour += coloured.data()[i] && frame.sector.data()[i];
  frame.tinted = 10 * in_colour > 4 * count(frame.sector);
  if (frame.tinted)
    frame.warnings.push_back("the picture as a whole is coloured; coloured marks cannot be told from tissue");
  else
    frame.coloured = add(frame.overlay, coloured, frame.sector);
  if (frame.coloured > 0)
    frame.warnings.push_back(
        fmt::format("{:.1f} % of the sector is coloured (flow, marks): it was left as it is",
                    100 * static_cast<double>(frame.coloured) / static_cast<double>(count(frame.sector))));
  frame.graphics = add(frame.overlay, find_graphics(frame.grey, frame.sector, range, context), frame.sector);
  for (std::int64_t i = 0; i < frame.overlay.size(); ++i)
    if (!frame.sector.data()[i]) frame.overlay.data()[i] = 1;
}

template <class T>
T rounded(double value) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(std::llround(std::clamp(value, static_cast<double>(std::numeric_limits<T>::min()),
                                                  static_cast<double>(std::numeric_limits<T>::max()))));
  else
    return static_cast<T>(value);
}

/// Mean over a phase of 8 of |second difference of the steps| against the mean of the other phases; the
/// largest phase. Steps between pixels that both lie in `where`.
double blocking_along(const Volume<float>& grey, const Mask& where, bool along_x) {
  std::array<double, 8> sum{}, number{};
  const std::int64_t width = grey.grid().size[0], height = grey.grid().size[1];
  const std::int64_t length = along_x ? width : height, stride = along_x ? 1 : width;
  for (std::int64_t line = 0; line < (along_x ? height : width); ++line)
    for (std::int64_t i = 2; i + 1 < length; ++i) {
      const std::int64_t at = line * (along_x ? width : 1) + i * stride;
      if (!where.empty() && !(where.data()[at - 2 * stride] && where.data()[at + stride])) continue;
      const float* p = grey.data() + at;
      const double step = *p - p[-stride], before = p[-stride] - p[-2 * stride], after = p[stride] - *p;
      sum[static_cast<std::size_t>(i % 8)] += std::abs(step - 0.5 * (before + after));
      ++number[static_cast<std::size_t>(i % 8)];
    }
  double all = 0, samples = 0, largest = 1;
  for (std::size_t k = 0; k < 8; ++k) all += sum[k], samples += number[k];
  for (std::size_t k = 0; k < 8; ++k) {
    const double others = all - sum[k], rest = samples - number[k];
    if (number[k] < 400 || !(others > 0.5 * rest)) continue;  // too little, or flat
    largest = std::max(largest, sum[k] / number[k] / (others / rest));
  }
  return largest;
}

}  // namespace

std::vector<Region> regions_of(const std::map<std::string, std::string>& metadata) {
  std::vector<Region> regions;
  const auto text = metadata.find("UltrasoundRegions");
  if (text == metadata.end()) return regions;
  for (const std::string_view entry : split(text->second, ';')) {
    const auto fields = split(entry, ',');
    if (fields.size() < 10 || fields[8] != "2D" || fields[9] == "colour flow") continue;
    std::array<std::int64_t, 4> bounds{};
    bool good = true;
    for (std::size_t k = 0; k < 4; ++k) {
      const auto [end, error] =
          std::from_chars(fields[k].data(), fields[k].data() + fields[k].size(), bounds[k]);
      good = good && error == std::errc() && end == fields[k].data() + fields[k].size();
    }
    if (good && bounds[0] <= bounds[2] && bounds[1] <= bounds[3])
      regions.push_back({bounds[0], bounds[1], bounds[2], bounds[3]});
  }
  return regions;
}

Mask Frame::tissue() const {
  Mask result(sector.grid());
  for (std::int64_t i = 0; i < result.size(); ++i) result.data()[i] = sector.data()[i] && !overlay.data()[i];
  return result;
}

Frame frame_of(const AnyVolume& picture, const std::vector<Region>& regions, const Context& context) {
  check(picture);
  Frame frame;
  frame.grey = grey_of(picture);
  Grid grid;  // pixels, whatever the file says of millimetres: radii here are in pixels
  grid.size = frame.grey.grid().size;
  const Grid own = frame.grey.grid();
  frame.grey.set_grid(grid);
  frame.sector = Mask(grid);
  frame.overlay = Mask(grid);
  const GreyRange range = range_of(picture, frame.grey);
  mark_sector(frame, regions, black_of(frame.grey, range), context);
  mark_overlay(frame, picture, range, context);
  const Mask tissue = frame.tissue();
  frame.blocking = jpeg_blocking(frame.grey, tissue);
  if (frame.blocking > 1.2)
    frame.warnings.push_back(
        fmt::format("the picture shows blocks of 8×8 pixels from JPEG compression (score {:.2f}, 1 without): "
                    "they stay in the ratio image, whose figures say less",
                    frame.blocking));
  frame.grey = fill_in(frame.grey, tissue, context);
  frame.grey.set_grid(own);
  frame.sector.set_grid(own);
  frame.overlay.set_grid(own);
  return frame;
}

AnyVolume put_back(const AnyVolume& picture, const Frame& frame, const Volume<float>& grey) {
  const auto& size = grid_of(picture).size;
  if (size != grey.grid().size || size != frame.sector.grid().size || grey.channels() != 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the grey values are {}, expected one channel of {}", grey.grid().describe(),
                            grid_of(picture).describe()),
                "grey");
  const Mask tissue = frame.tissue();
  return std::visit(
      [&](const auto& v) -> AnyVolume {
        auto result = v.clone();
        using T = std::remove_cvref_t<decltype(*result.data())>;
        const std::int64_t n = tissue.size();
        for (std::int64_t i = 0; i < n; ++i) {
          if (!tissue.data()[i]) continue;
          const double before = frame.grey.data()[i];
          const double factor = before > 0 ? grey.data()[i] / before : 1;
          for (std::int64_t c = 0; c < std::min<std::int64_t>(3, v.channels()); ++c) {
            T& value = result.data()[c * n + i];
            value = rounded<T>(frame.tinted ? factor * static_cast<double>(value) : grey.data()[i]);
          }
        }
        return result;
      },
      picture);
}

double jpeg_blocking(const Volume<float>& grey, const Mask& where) {
  if (grey.empty() || grey.grid().size[0] < 64 || grey.grid().size[1] < 64) return 1;
  return std::max(blocking_along(grey, where, true), blocking_along(grey, where, false));
}

}  // namespace sg::ultrasound

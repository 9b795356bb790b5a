#include "image/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/stats.h"
#include "image/canvas.h"
#include "image/slice.h"

namespace sg::image {

namespace {

constexpr Color ink{.93F, .95F, .96F}, cross_ink{.35F, .80F, .92F};
constexpr std::int64_t gap = 6, largest_side = 16384;

void check(const Volume<float>& image, const ViewOptions& options) {
  if (image.empty())
    throw Error(ErrorCode::invalid_input, "the image to show is empty, expected at least one voxel");
  if (options.height < 32 || options.height > 4096) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("height is {}, expected 32 to 4096 pixels", options.height), "height");
  }
  if (!(options.tile >= .1 && options.tile <= 1e4)) {
    throw Error(ErrorCode::invalid_input, fmt::format("tile is {} mm, expected .1 to 10000 mm", options.tile),
                "tile");
  }
  if (options.window && !(options.window->low < options.window->high)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("window runs from {} to {}, expected the first to be lower", options.window->low,
                            options.window->high),
                "window");
  }
}

/// What stays the same from panel to panel of one picture.
struct Scene {
  const Volume<float>& image;
  const ViewOptions& options;
  Window window, overlay_window, checker_window;
  LpsPoint point;
  double mm = 1;

  Scene(const Volume<float>& shown, const ViewOptions& given) : image(shown), options(given) {
    check(image, options);
    window = options.window.value_or(robust_window(image));
    if (options.overlay != nullptr)
      overlay_window = options.overlay_window.value_or(robust_window(*options.overlay));
    if (options.checker != nullptr) checker_window = robust_window(*options.checker);
    point = options.point.value_or(centre_of_mass(image, window));
  }
};

double shade(float value, const Window& window) {
  if (std::isnan(value)) return 0;
  return std::clamp((static_cast<double>(value) - window.low) / (window.high - window.low), 0.0, 1.0);
}

bool is_colour(const Volume<float>& image) {
  return image.channels() == 3 && image.outer() == OuterAxis::channel;
}

void draw_image(Canvas& canvas, const Scene& scene, const Panel& panel, const Context& context) {
  for (std::size_t c = 0; c < 3; ++c) {
    if (c > 0 && !is_colour(scene.image)) break;
    const std::vector<float> values = sample(scene.image, static_cast<std::int64_t>(c), panel, context);
    for (std::int64_t i = 0; i < panel.width * panel.height; ++i) {
      const float t = static_cast<float>(shade(values[static_cast<std::size_t>(i)], scene.window));
      Color& pixel = canvas.at(i % panel.width, i / panel.width);
      if (is_colour(scene.image)) {
        pixel[c] = t;
      } else {
        pixel = {t, t, t};
      }
    }
  }
}

void draw_checker(Canvas& canvas, const Scene& scene, const Panel& panel, const Context& context) {
  const std::vector<float> values = sample(*scene.options.checker, 0, panel, context);
  const double tile = scene.options.tile / panel.mm;
  for (std::int64_t y = 0; y < panel.height; ++y) {
    for (std::int64_t x = 0; x < panel.width; ++x) {
      const auto column = static_cast<std::int64_t>(static_cast<double>(x) / tile);
      const auto row = static_cast<std::int64_t>(static_cast<double>(y) / tile);
      if ((column + row) % 2 == 0) continue;
      const float t = static_cast<float>(
          shade(values[static_cast<std::size_t>(y * panel.width + x)], scene.checker_window));
      canvas.at(x, y) = {t, t, t};
    }
  }
}

void draw_overlay(Canvas& canvas, const Scene& scene, const Panel& panel, const Context& context) {
  const std::vector<float> values = sample(*scene.options.overlay, 0, panel, context);
  for (std::int64_t i = 0; i < panel.width * panel.height; ++i) {
    const double t = shade(values[static_cast<std::size_t>(i)], scene.overlay_window);
    canvas.blend(i % panel.width, i / panel.width, heat_color(t),
                 scene.options.overlay_opacity * std::min(1.0, 2 * t));
  }
}

/// Labels at twice the picture's resolution, so that fillings and outlines have smooth edges.
void draw_labels(Canvas& canvas, const Scene& scene, const Panel& panel, const Context& context) {
  Panel fine = panel;
  fine.mm = panel.mm / 2;
  fine.width = 2 * panel.width;
  fine.height = 2 * panel.height;
  fine.corner = panel.at(-.25, -.25);
  const std::vector<std::int32_t> labels = sample_labels(scene.options.labels->voxels, fine, context);
  const auto at = [&](std::int64_t x, std::int64_t y) {
    return labels[static_cast<std::size_t>(std::clamp<std::int64_t>(y, 0, fine.height - 1) * fine.width +
                                           std::clamp<std::int64_t>(x, 0, fine.width - 1))];
  };
  const auto on_outline = [&](std::int64_t x, std::int64_t y) {
    const std::int32_t own = at(x, y);
    return at(x - 2, y) != own || at(x + 2, y) != own || at(x, y - 2) != own || at(x, y + 2) != own;
  };
  for (std::int64_t y = 0; y < fine.height; ++y) {
    for (std::int64_t x = 0; x < fine.width; ++x) {
      const std::int32_t label = at(x, y);
      if (label == 0) continue;
      const bool outline = scene.options.outlines && on_outline(x, y);
      // Four quarters of a pixel blended one after the other: 1 − (1 − a)^¼ each.
      const double opacity = outline ? .92 : scene.options.label_opacity;
      canvas.blend(x / 2, y / 2, label_color(label), 1 - std::pow(1 - std::clamp(opacity, 0.0, 1.0), .25));
    }
  }
}

void draw_letters(Canvas& canvas, const Panel& panel, int height) {
  const double size = std::clamp(height / 28.0, 9.0, 20.0), margin = size * .7;
  const double w = static_cast<double>(panel.width), h = static_cast<double>(panel.height);
  if (w < 4 * size || h < 4 * size) return;
  const auto put = [&](double x, double y, Vec3 direction) {
    const char text[] = {side_of(direction), '\0'};
    canvas.text(x - text_width(text, size) / 2, y + size / 2, size, text, ink);
  };
  put(margin + size / 3, h / 2, -1 * panel.right);
  put(w - margin - size / 3, h / 2, panel.right);
  put(w / 2, margin + size / 2, -1 * panel.down);
  put(w / 2, h - margin - size / 2, panel.down);
}

/// A bar of 1, 2 or 5 times a power of ten, at most a third of the panel.
void draw_scale_bar(Canvas& canvas, const Panel& panel) {
  const double room = .33 * static_cast<double>(panel.width) * panel.mm;
  const double power = std::pow(10, std::floor(std::log10(room)));
  const double length = power * (room >= 5 * power ? 5 : room >= 2 * power ? 2 : 1);
  const double size = std::clamp(static_cast<double>(panel.height) / 34, 8.0, 15.0);
  const double right = static_cast<double>(panel.width) - size * 1.2, left = right - length / panel.mm;
  const double y = static_cast<double>(panel.height) - size * 1.2;
  const std::string text = fmt::format("{:g} mm", length);
  if (right - left < 8 || text_width(text, size) + 2 * size > static_cast<double>(panel.width)) return;
  canvas.line(left, y, right, y, 4.4, {0, 0, 0}, .55);
  canvas.line(left, y, right, y, 2, ink);
  canvas.text(std::min((left + right - text_width(text, size)) / 2, right - text_width(text, size)),
              y - size * .6, size, text, ink);
}

void draw_crosshair(Canvas& canvas, const Panel& panel, LpsPoint point) {
  const double x = panel.x_of(point), y = panel.y_of(point), free = 14;
  const double w = static_cast<double>(panel.width), h = static_cast<double>(panel.height);
  canvas.line(0, y, x - free, y, 1, cross_ink, .6);
  canvas.line(x + free, y, w, y, 1, cross_ink, .6);
  canvas.line(x, 0, x, y - free, 1, cross_ink, .6);
  canvas.line(x, y + free, x, h, 1, cross_ink, .6);
}

Canvas draw_panel(const Scene& scene, const Panel& panel, const Context& context) {
  context.check();
  Canvas canvas(panel.width, panel.height);
  draw_image(canvas, scene, panel, context);
  if (scene.options.checker != nullptr) draw_checker(canvas, scene, panel, context);
  if (scene.options.overlay != nullptr) draw_overlay(canvas, scene, panel, context);
  if (scene.options.labels != nullptr) draw_labels(canvas, scene, panel, context);
  if (scene.options.crosshair) draw_crosshair(canvas, panel, scene.point);
  if (scene.options.letters) draw_letters(canvas, panel, scene.options.height);
  return canvas;
}

/// mm a pixel at which no panel is taller than asked or all of them together wider than a picture may be.
double pixel_size(const std::vector<Panel>& unit_panels, int height) {
  double tallest = 0, widest = 0;
  for (const Panel& p : unit_panels) {
    tallest = std::max(tallest, static_cast<double>(p.height) * p.mm);
    widest += static_cast<double>(p.width) * p.mm;
  }
  return std::max(tallest / height, widest / static_cast<double>(largest_side));
}

std::vector<Panel> panels_for(Scene& scene, const std::vector<Plane>& planes) {
  const Grid& grid = scene.image.grid();
  const double fine = std::min({grid.spacing.x, grid.spacing.y, grid.spacing.z});
  std::vector<Panel> panels;
  for (const Plane plane : planes) panels.push_back(make_panel(grid, plane, scene.point, fine));
  scene.mm = pixel_size(panels, scene.options.height);
  for (std::size_t i = 0; i < planes.size(); ++i)
    panels[i] = make_panel(grid, planes[i], scene.point, scene.mm);
  return panels;
}

Volume<std::uint8_t> render(Scene& scene, const std::vector<Plane>& planes, const Context& context) {
  const std::vector<Panel> panels = panels_for(scene, planes);
  std::int64_t width = -gap, height = 0;
  for (const Panel& p : panels) {
    width += p.width + gap;
    height = std::max(height, p.height);
  }
  Canvas whole(width, height);
  std::int64_t left = 0;
  for (std::size_t i = 0; i < panels.size(); ++i) {
    Canvas canvas = draw_panel(scene, panels[i], context);
    if (scene.options.scale_bar && i + 1 == panels.size()) draw_scale_bar(canvas, panels[i]);
    whole.paste(canvas, left, (height - panels[i].height) / 2);
    left += panels[i].width + gap;
    context.progress(static_cast<double>(i + 1) / static_cast<double>(panels.size()));
  }
  return whole.picture(scene.mm);
}

/// Where the middle 98 % of the bright part lies along an axis.
Extent bright_extent(const Scene& scene, Vec3 axis) {
  const Grid& grid = scene.image.grid();
  const Extent all = extent_along(grid, axis);
  constexpr std::size_t bins = 512;
  std::vector<double> mass(bins, 0);
  double total = 0;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const double weight = shade(scene.image.at(x, y, z), scene.window);
        if (weight < .1) continue;
        const LpsPoint p =
            grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)});
        const double t = (dot(as_vector(p), axis) - all.low) / all.length();
        mass[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, t) * bins))] += weight;
        total += weight;
      }
    }
  }
  if (total <= 0) return all;
  const auto place = [&](double share) {
    double sum = 0;
    for (std::size_t b = 0; b < bins; ++b) {
      sum += mass[b];
      if (sum >= share * total) return all.low + all.length() * (static_cast<double>(b) + .5) / bins;
    }
    return all.high;
  };
  const Extent bright{place(.01), place(.99)};
  return bright.low < bright.high ? bright : all;
}

/// "S 24": the side of the frame's origin and the distance, mm.
std::string place_caption(Vec3 axis, double at) {
  const long mm = std::lround(std::abs(at));
  return fmt::format("{} {}", side_of(at < 0 ? -1 * axis : axis), mm);
}

Vec3 mosaic_axis(Plane plane) {
  switch (plane) {
    case Plane::sagittal: return {1, 0, 0};
    case Plane::coronal: return {0, -1, 0};
    case Plane::axial: break;
  }
  return {0, 0, 1};
}

/// Columns that bring the whole closest to 16:10.
int columns_for(int count, const Panel& panel) {
  int best = 1;
  double best_error = 1e9;
  for (int columns = 1; columns <= count; ++columns) {
    const int rows = (count + columns - 1) / columns;
    const double aspect =
        static_cast<double>(columns * panel.width) / static_cast<double>(rows * panel.height);
    const double empty = static_cast<double>(columns * rows - count) / count;
    const double error = std::abs(std::log(aspect / 1.6)) + empty;
    if (error < best_error) {
      best_error = error;
      best = columns;
    }
  }
  return best;
}

}  // namespace

Window robust_window(const Volume<float>& image) {
  constexpr double p[] = {.005, .995};
  const std::vector<double> q = quantiles(image.values(), p);
  if (!std::isfinite(q[0])) {
    throw Error(ErrorCode::invalid_input, "the image to show holds no finite value, expected at least one");
  }
  return q[0] < q[1] ? Window{q[0], q[1]} : Window{q[0] - 1, q[0] + 1};
}

LpsPoint centre_of_mass(const Volume<float>& image, const Window& window) {
  const Grid& grid = image.grid();
  double total = 0;
  Vec3 sum;
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        const double weight = shade(image.at(x, y, z), window);
        total += weight;
        sum = sum + weight * Vec3{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
      }
    }
  }
  if (total <= 0) return grid.centre();
  return grid.to_lps({sum.x / total, sum.y / total, sum.z / total});
}

Volume<std::uint8_t> render_orthogonal(const Volume<float>& image, const ViewOptions& options,
                                       const Context& context) {
  Scene scene(image, options);
  if (image.grid().is_2d()) return render(scene, {plane_of(image.grid())}, context);
  return render(scene, {Plane::sagittal, Plane::coronal, Plane::axial}, context);
}

Volume<std::uint8_t> render_slice(const Volume<float>& image, Plane plane, const ViewOptions& options,
                                  const Context& context) {
  Scene scene(image, options);
  return render(scene, {image.grid().is_2d() ? plane_of(image.grid()) : plane}, context);
}

Volume<std::uint8_t> render_mosaic(const Volume<float>& image, Plane plane, int slices,
                                   const ViewOptions& options, const Context& context) {
  if (slices < 1 || slices > 100) {
    throw Error(ErrorCode::invalid_input, fmt::format("{} slices, expected 1 to 100", slices), "slices");
  }
  if (!image.empty() && image.grid().is_2d()) return render_slice(image, plane, options, context);
  Scene scene(image, options);
  const Vec3 axis = mosaic_axis(plane);
  const Extent bright = bright_extent(scene, axis);
  const Panel first = panels_for(scene, {plane}).front();
  const int columns = columns_for(slices, first), rows = (slices + columns - 1) / columns;
  Canvas whole(columns * (first.width + gap) - gap, rows * (first.height + gap) - gap);
  for (int s = 0; s < slices; ++s) {
    const double at = bright.low + bright.length() * (s + .5) / slices;
    const LpsPoint point = scene.point + (at - dot(as_vector(scene.point), axis)) * axis;
    const Panel panel = make_panel(image.grid(), plane, point, scene.mm);
    Canvas canvas = draw_panel(scene, panel, context);
    const double size = std::clamp(static_cast<double>(panel.height) / 22, 8.0, 16.0);
    canvas.text(size * .8, size * 1.8, size, place_caption(axis, at), ink);
    if (scene.options.scale_bar && s + 1 == slices) draw_scale_bar(canvas, panel);
    whole.paste(canvas, (s % columns) * (panel.width + gap), (s / columns) * (panel.height + gap));
    context.progress(static_cast<double>(s + 1) / slices);
  }
  return whole.picture(scene.mm);
}

}  // namespace sg::image

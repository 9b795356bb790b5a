#include "ultrasound/phantom.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "core/error.h"

namespace sg::ultrasound {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

double ratio(double decibels) { return std::pow(10, decibels / 10); }

/// Sets intensity and label wherever `inside(x, y)` in mm.
void paint(Phantom& phantom, PhantomPart part, double intensity,
           const std::function<bool(double, double)>& inside) {
  const Grid& grid = phantom.echogenicity.grid();
  for (std::int64_t j = 0; j < grid.size[1]; ++j)
    for (std::int64_t i = 0; i < grid.size[0]; ++i) {
      if (!inside(static_cast<double>(i) * grid.spacing.x, static_cast<double>(j) * grid.spacing.y)) continue;
      phantom.echogenicity.at(i, j, 0) = static_cast<float>(intensity);
      phantom.labels.voxels.at(i, j, 0) = static_cast<std::int32_t>(part);
    }
}

/// Centre and half axes in mm.
void paint_ellipse(Phantom& phantom, PhantomPart part, double intensity, std::array<double, 4> ellipse) {
  paint(phantom, part, intensity, [=](double px, double py) {
    const double u = (px - ellipse[0]) / ellipse[2], v = (py - ellipse[1]) / ellipse[3];
    return u * u + v * v <= 1;
  });
}

/// Wavy layers from top to bottom, and the bright line of the skin.
void paint_layers(Phantom& phantom, double width, double depth, Rng& rng) {
  struct Layer {
    double top, wave, length, phase, intensity;
  };
  std::vector<Layer> layers;
  double top = 0.04 * depth;
  while (top < depth) {
    layers.push_back({top, rng.uniform(0, 0.02) * depth, rng.uniform(0.3, 0.9) * width,
                      rng.uniform(0, two_pi), ratio(rng.uniform(-6, 6))});
    top += rng.uniform(0.12, 0.35) * depth;
  }
  const double skin = ratio(10);
  const Grid& grid = phantom.echogenicity.grid();
  for (std::int64_t j = 0; j < grid.size[1]; ++j)
    for (std::int64_t i = 0; i < grid.size[0]; ++i) {
      const double x = static_cast<double>(i) * grid.spacing.x, y = static_cast<double>(j) * grid.spacing.y;
      double value = skin;
      for (const Layer& l : layers)
        if (y > l.top + l.wave * std::sin(two_pi * x / l.length + l.phase)) value = l.intensity;
      phantom.echogenicity.at(i, j, 0) = static_cast<float>(value);
    }
}

/// A border r(θ) = r₀·(1 + Σ aₖ cos(kθ + φₖ)).
void paint_tumour(Phantom& phantom, double width, double depth, Rng& rng) {
  const double x = rng.uniform(0.35, 0.65) * width, y = rng.uniform(0.4, 0.6) * depth;
  const double radius = rng.uniform(0.1, 0.15) * std::min(width, depth);
  std::array<double, 7> amplitude{}, phase{};
  for (std::size_t k = 2; k < amplitude.size(); ++k) {
    amplitude[k] = rng.uniform(0.03, 0.3) / static_cast<double>(k);
    phase[k] = rng.uniform(0, two_pi);
  }
  paint(phantom, PhantomPart::tumour, ratio(rng.uniform(-14, -8)), [&](double px, double py) {
    const double angle = std::atan2(py - y, px - x);
    double border = radius;
    for (std::size_t k = 2; k < amplitude.size(); ++k)
      border += radius * amplitude[k] * std::cos(static_cast<double>(k) * angle + phase[k]);
    return std::hypot(px - x, py - y) <= border;
  });
}

/// Leaves out the pixels of `labels` within `margin` of a change, and gives the background without them.
void keep_off_borders(LowContrastDiscs& phantom, double margin) {
  Mask disc(phantom.clean.grid()), rest(phantom.clean.grid());
  for (std::int64_t i = 0; i < disc.size(); ++i) {
    disc.data()[i] = phantom.discs.voxels.data()[i] != 0;
    rest.data()[i] = !disc.data()[i];
  }
  const Volume<float> to_disc = distance_to(disc), to_rest = distance_to(rest);
  for (std::int64_t i = 0; i < disc.size(); ++i) {
    if (to_rest.data()[i] <= margin) phantom.inner.voxels.data()[i] = 0;
    phantom.background.data()[i] = to_disc.data()[i] > margin;
  }
}

}  // namespace

Phantom tissue_phantom(std::array<std::int64_t, 2> size, double spacing, const Rng& rng) {
  if (size[0] < 64 || size[1] < 64)
    throw Error(ErrorCode::invalid_input,
                fmt::format("size is {}×{}, expected 64 pixels or more a side", size[0], size[1]), "size");
  if (!(spacing > 0 && std::isfinite(spacing)))
    throw Error(ErrorCode::invalid_input, fmt::format("spacing is {} mm, expected more than 0", spacing),
                "spacing");
  Grid grid;
  grid.size = {size[0], size[1], 1};
  grid.spacing = {spacing, spacing, 1};
  Phantom phantom{Volume<float>(grid), {Volume<std::int32_t>(grid), {}}};
  phantom.labels.names = {{1, "cyst"}, {2, "wire"}, {3, "faint disc"}, {4, "tumour"}};
  const double width = static_cast<double>(size[0]) * spacing, depth = static_cast<double>(size[1]) * spacing;
  const double scale = std::min(width, depth);
  Rng own = rng.fork(0);
  paint_layers(phantom, width, depth, own);
  // Cysts above, faint discs below, so that the tumour between them stays whole.
  const auto cysts = 2 + own.below(3);
  for (std::uint64_t k = 0; k < cysts; ++k) {
    const double x = (static_cast<double>(k) + own.uniform(0.35, 0.65)) / static_cast<double>(cysts) * width;
    paint_ellipse(phantom, PhantomPart::cyst, ratio(-40),
                  {x, own.uniform(0.16, 0.24) * depth, own.uniform(0.03, 0.07) * scale,
                   own.uniform(0.03, 0.06) * scale});
  }
  paint_tumour(phantom, width, depth, own);
  for (int k = 0; k < 3; ++k) {
    const double radius = own.uniform(0.05, 0.08) * scale, x = (k + own.uniform(0.4, 0.6)) / 3 * width;
    const double step = own.uniform(2, 4) * (own.uniform() < 0.5 ? -1 : 1), y = 0.84 * depth;
    const auto column = std::min<std::int64_t>(size[0] - 1, static_cast<std::int64_t>(x / spacing));
    const auto row = std::min<std::int64_t>(size[1] - 1, static_cast<std::int64_t>(y / spacing));
    paint_ellipse(phantom, PhantomPart::faint_disc, phantom.echogenicity.at(column, row, 0) * ratio(step),
                  {x, y, radius, radius});
  }
  for (int k = 0; k < 5; ++k)
    paint_ellipse(phantom, PhantomPart::wire, ratio(25),
                  {(k + 0.5) / 5 * width, 0.7 * depth, 0.75 * spacing, 0.75 * spacing});
  return phantom;
}

LowContrastDiscs low_contrast_discs(double background, const Rng& rng, double step, double margin) {
  const auto grey = [](double level) { return level >= 0 && level <= 255; };
  if (!grey(background) || !grey(background + step))
    throw Error(ErrorCode::invalid_input,
                fmt::format("levels are {} and {}, expected 0 to 255", background, background + step),
                "background");
  if (!(margin >= 0 && margin <= 8))
    throw Error(ErrorCode::invalid_input, fmt::format("margin is {} px, expected 0 to 8", margin), "margin");
  Grid grid;
  grid.size = {256, 256, 1};
  LowContrastDiscs phantom{
      Volume<float>(grid), {Volume<std::int32_t>(grid), {}}, {Volume<std::int32_t>(grid), {}}, Mask(grid)};
  static constexpr std::array radii{12.0, 20.0, 30.0, 40.0};
  Rng own = rng.fork(0);
  for (float& v : phantom.clean.values()) v = static_cast<float>(background);
  for (std::int32_t k = 0; k < 4; ++k) {
    // Half a quarter is 64 px; 8 px stay free on every side.
    const double radius = radii[static_cast<std::size_t>(k)], play = 64 - 8 - radius;
    const double x = 64 + 128 * (k % 2) + own.uniform(-play, play),
                 y = 64 + 128 * (k / 2) + own.uniform(-play, play);
    for (std::int64_t j = 0; j < 256; ++j)
      for (std::int64_t i = 0; i < 256; ++i) {
        if (std::hypot(static_cast<double>(i) - x, static_cast<double>(j) - y) > radius) continue;
        phantom.clean.at(i, j, 0) = static_cast<float>(background + step);
        phantom.discs.voxels.at(i, j, 0) = phantom.inner.voxels.at(i, j, 0) = k + 1;
      }
  }
  keep_off_borders(phantom, margin);
  return phantom;
}

}  // namespace sg::ultrasound

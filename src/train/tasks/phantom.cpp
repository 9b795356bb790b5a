#include "train/tasks/phantom.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/tasks/random_field.h"

namespace sg::train {
namespace {

struct Canvas {
  std::int64_t height, width;
  std::vector<float> values;

  /// value ← value + weight(x, y)·(change(i) − value)
  void blend(const auto& weight, const auto& change) {
    std::size_t i = 0;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x, ++i) {
        const auto w = static_cast<float>(weight(static_cast<double>(x), static_cast<double>(y), i));
        values[i] += w * (change(i) - values[i]);
      }
  }
};

/// 0 to 1 across an edge that is about 2/sharpness pixels wide.
double step(double distance, double sharpness) {
  return std::clamp(0.5 + 0.5 * sharpness * distance, 0.0, 1.0);
}

/// Inside an ellipse; distances are in pixels of its smaller axis.
auto random_ellipse(const Canvas& canvas, double smallest, double largest, Rng& rng) {
  const auto across = static_cast<double>(std::min(canvas.height, canvas.width));
  const double a = across * rng.uniform(smallest, largest), b = a * rng.uniform(0.3, 1);
  const double angle = rng.uniform(0, std::numbers::pi), c = std::cos(angle), s = std::sin(angle);
  const double x0 = rng.uniform(0, static_cast<double>(canvas.width));
  const double y0 = rng.uniform(0, static_cast<double>(canvas.height));
  const double sharpness = rng.uniform(0.5, 2);
  return [=](double x, double y, std::size_t) {
    const double u = (c * (x - x0) + s * (y - y0)) / a, v = (c * (y - y0) - s * (x - x0)) / b;
    return step(b * (1 - std::sqrt(u * u + v * v)), sharpness);
  };
}

std::vector<float> field(const Canvas& canvas, double spacing, Rng& rng) {
  return random_field({canvas.width, canvas.height, 1}, spacing, rng);
}

/// Bands of two or three greys that follow the level sets of a smooth function.
void fold(Canvas& canvas, Rng& rng) {
  const double spacing = rng.uniform(4, 16);
  const std::vector<float> shape = field(canvas, spacing, rng);
  const double sharpness = spacing * rng.uniform(0.3, 1);
  const auto inside = random_ellipse(canvas, 0.3, 0.9, rng);
  for (int band = 0; band < 2; ++band) {
    const double level = rng.uniform(-0.8, 0.8);
    const auto grey = static_cast<float>(rng.uniform());
    canvas.blend(
        [&](double x, double y, std::size_t i) {
          return inside(x, y, i) * step(static_cast<double>(shape[i]) - level, sharpness);
        },
        [&](std::size_t) { return grey; });
  }
}

void texture(Canvas& canvas, Rng& rng) {
  const std::vector<float> grain = field(canvas, rng.uniform(1.2, 4), rng);
  const auto strength = static_cast<float>(rng.uniform(0.005, 0.06));
  const auto inside = random_ellipse(canvas, 0.2, 0.8, rng);
  canvas.blend(inside, [&](std::size_t i) { return canvas.values[i] + strength * grain[i]; });
}

}  // namespace

std::vector<float> random_phantom(std::int64_t height, std::int64_t width, Rng& rng) {
  Canvas canvas{
      height, width,
      std::vector<float>(static_cast<std::size_t>(height * width), static_cast<float>(rng.uniform()))};
  const auto shapes = 2 + rng.below(6), folds = rng.below(3), textures = rng.below(3);
  for (std::uint64_t i = 0; i < shapes; ++i) {
    const auto grey = static_cast<float>(rng.uniform());
    canvas.blend(random_ellipse(canvas, 0.05, 0.6, rng), [&](std::size_t) { return grey; });
  }
  for (std::uint64_t i = 0; i < folds; ++i) fold(canvas, rng);
  for (std::uint64_t i = 0; i < textures; ++i) texture(canvas, rng);
  const std::vector<float> shade = field(canvas, rng.uniform(20, 60), rng);
  const auto depth = static_cast<float>(rng.uniform(0, 0.15));
  const auto head = random_ellipse(canvas, 0.5, 1.2, rng);
  const bool framed = rng.uniform() < 0.5;
  canvas.blend([](double, double, std::size_t) { return 1.0; },
               [&](std::size_t i) { return canvas.values[i] * (1 + depth * shade[i]); });
  if (framed)
    canvas.blend([&](double x, double y, std::size_t i) { return 1 - head(x, y, i); },
                 [](std::size_t) { return 0.0F; });
  const auto low = static_cast<float>(rng.uniform(0, 0.2)), high = static_cast<float>(rng.uniform(0.6, 1));
  for (float& value : canvas.values)
    value = std::clamp(framed ? high * value : low + (high - low) * value, 0.0F, 1.0F);
  return canvas.values;
}

void add_noise(std::vector<float>& image, double sigma, bool rician, Rng& rng) {
  for (float& value : image) {
    const double real = value + sigma * rng.normal();
    value = static_cast<float>(rician ? std::hypot(real, sigma * rng.normal()) : real);
  }
}

}  // namespace sg::train

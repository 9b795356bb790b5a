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

/// The random functions a picture's textures and folds are made of.
struct Grain {
  std::vector<float> fine, middle, coarse;
  /// Their sum with a 1/f-like spectrum between two of them.
  std::vector<float> mixed;
};

std::vector<float> field(const Canvas& canvas, double spacing, Rng& rng) {
  return random_field({canvas.width, canvas.height, 1}, spacing, rng);
}

Grain random_grain(const Canvas& canvas, Rng& rng) {
  Grain grain{field(canvas, rng.uniform(1, 1.8), rng),
              field(canvas, rng.uniform(2.5, 5), rng),
              field(canvas, rng.uniform(6, 14), rng),
              {}};
  const auto a = static_cast<float>(rng.uniform(0.2, 0.6)), b = static_cast<float>(rng.uniform(0.4, 0.8));
  for (std::size_t i = 0; i < grain.fine.size(); ++i)
    grain.mixed.push_back(a * grain.fine[i] + b * grain.middle[i] + grain.coarse[i]);
  return grain;
}

/// A grey for a new shape: any, or one near to what it covers, as neighbouring tissues are.
float random_grey(const Canvas& canvas, Rng& rng) {
  if (rng.uniform() < 0.35) return static_cast<float>(rng.uniform());
  const float near = canvas.values[rng.below(canvas.values.size())];
  return std::clamp(near + static_cast<float>(0.12 * rng.normal()), 0.0F, 1.0F);
}

/// One leaf over what lies there: flat or with texture.
void leaf(Canvas& canvas, const Grain& grain, Rng& rng) {
  // Many small shapes, few large ones: sizes follow a power law from 2 % to 60 % of the picture.
  const double size = 0.02 * std::pow(30, std::pow(rng.uniform(), 1.5));
  const float grey = random_grey(canvas, rng);
  const auto strength = static_cast<float>(rng.uniform() < 0.4 ? rng.uniform(0.01, 0.06) : 0);
  const std::vector<float>& pattern = rng.uniform() < 0.5 ? grain.mixed : grain.fine;
  canvas.blend(random_ellipse(canvas, size, 1.3 * size, rng),
               [&](std::size_t i) { return grey + strength * pattern[i]; });
}

/// Bands of two greys that follow the level sets of a smooth function.
void fold(Canvas& canvas, const Grain& grain, Rng& rng) {
  const std::vector<float>& shape = rng.uniform() < 0.5 ? grain.middle : grain.coarse;
  const double sharpness = rng.uniform(1, 5);
  const auto inside = random_ellipse(canvas, 0.3, 0.9, rng);
  const auto strength = static_cast<float>(rng.uniform(0, 0.03));
  for (int band = 0; band < 2; ++band) {
    const double level = rng.uniform(-0.8, 0.8);
    const float grey = random_grey(canvas, rng);
    canvas.blend(
        [&](double x, double y, std::size_t i) {
          return inside(x, y, i) * step(static_cast<double>(shape[i]) - level, sharpness);
        },
        [&](std::size_t i) { return grey + strength * grain.fine[i]; });
  }
}

}  // namespace

std::vector<float> random_phantom(std::int64_t height, std::int64_t width, Rng& rng) {
  Canvas canvas{
      height, width,
      std::vector<float>(static_cast<std::size_t>(height * width), static_cast<float>(rng.uniform()))};
  const Grain grain = random_grain(canvas, rng);
  const auto leaves = 5 + rng.below(40), folds = rng.below(4);
  for (std::uint64_t i = 0; i < leaves; ++i) {
    leaf(canvas, grain, rng);
    if (i * folds / leaves != (i + 1) * folds / leaves) fold(canvas, grain, rng);
  }
  if (rng.uniform() < 0.7) soften(canvas.values, width, static_cast<float>(rng.uniform(0.05, 0.25)));
  const std::vector<float> shade = field(canvas, rng.uniform(20, 60), rng);
  const auto depth = static_cast<float>(rng.uniform(0, 0.15));
  const auto low = static_cast<float>(rng.uniform(0, 0.2)), high = static_cast<float>(rng.uniform(0.5, 1));
  const bool framed = rng.uniform() < 0.35;
  const auto head = random_ellipse(canvas, 0.5, 1.2, rng);
  canvas.blend([](double, double, std::size_t) { return 1.0; },
               [&](std::size_t i) {
                 const float value = canvas.values[i] * (1 + depth * shade[i]);
                 return std::clamp(framed ? high * value : low + (high - low) * value, 0.0F, 1.0F);
               });
  if (framed)
    canvas.blend([&](double x, double y, std::size_t i) { return 1 - head(x, y, i); },
                 [](std::size_t) { return 0.0F; });
  return canvas.values;
}

void soften(std::vector<float>& picture, std::int64_t width, float weight) {
  const auto count = static_cast<std::int64_t>(picture.size()), height = count / width;
  const auto along = [&](std::int64_t step_size, std::int64_t size) {
    const std::vector<float> before = picture;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t place = i / step_size % size;
      const float here = before[static_cast<std::size_t>(i)];
      const float left = place > 0 ? before[static_cast<std::size_t>(i - step_size)] : here;
      const float right = place + 1 < size ? before[static_cast<std::size_t>(i + step_size)] : here;
      picture[static_cast<std::size_t>(i)] = weight * (left + right) + (1 - 2 * weight) * here;
    }
  };
  along(1, width);
  along(width, height);
}

void add_noise(std::vector<float>& image, double sigma, bool rician, Rng& rng) {
  for (float& value : image) {
    const double real = value + sigma * rng.normal();
    value = static_cast<float>(rician ? std::hypot(real, sigma * rng.normal()) : real);
  }
}

}  // namespace sg::train

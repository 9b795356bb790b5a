#pragma once
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/rng.h"
#include "core/speckle.h"
#include "core/volume.h"

/// What the tests of this module share.
namespace sg::ultrasound::test {

inline Volume<float> constant(std::int64_t width, std::int64_t height, float value, std::int64_t depth = 1) {
  Grid grid;
  grid.size = {width, height, depth};
  Volume<float> image(grid);
  for (float& v : image.values()) v = value;
  return image;
}

/// A disc, a bright bar and a slope on a grey ground, in every slice.
inline Volume<float> phantom(std::int64_t width = 96, std::int64_t height = 80, std::int64_t depth = 1) {
  Volume<float> image = constant(width, height, 60, depth);
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const auto dx = static_cast<double>(x - width / 3), dy = static_cast<double>(y - height / 2);
        float& v = image.at(x, y, z);
        if (std::hypot(dx, dy) < static_cast<double>(height) / 4) v = 150;
        if (x > 3 * width / 4) v = 20 + static_cast<float>(y);
        if (x > width / 2 && x < width / 2 + 6) v = 220;
      }
  return image;
}

inline double mean(const Volume<float>& image) {
  double sum = 0;
  for (const float v : image.values()) sum += double{v};
  return sum / static_cast<double>(image.size());
}

inline bool all_finite(const Volume<float>& image) {
  for (const float v : image.values())
    if (!std::isfinite(v)) return false;
  return true;
}

inline bool same(const Volume<float>& a, const Volume<float>& b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}

}  // namespace sg::ultrasound::test

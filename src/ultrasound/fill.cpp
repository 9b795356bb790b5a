#include <algorithm>
#include <vector>

#include "ultrasound/frame.h"

/// fill_in of frame.h: averages over blocks of growing size, interpolated back, then relaxed (push–pull,
/// Gortler, Grzeszczuk, Szeliski & Cohen 1996, doi:10.1145/237170.237200).
namespace sg::ultrasound {
namespace {

struct Level {
  std::int64_t width = 0, height = 0;
  std::vector<float> values;
  std::vector<std::uint8_t> known;

  std::size_t index(std::int64_t x, std::int64_t y) const { return static_cast<std::size_t>(y * width + x); }
  bool complete() const {
    return std::all_of(known.begin(), known.end(), [](std::uint8_t k) { return k != 0; });
  }
};

/// Half the size: means of what is known in each block of 2×2.
Level coarser(const Level& fine) {
  Level result{(fine.width + 1) / 2, (fine.height + 1) / 2, {}, {}};
  result.values.resize(static_cast<std::size_t>(result.width * result.height));
  result.known.resize(result.values.size());
  for (std::int64_t y = 0; y < result.height; ++y)
    for (std::int64_t x = 0; x < result.width; ++x) {
      float sum = 0;
      int number = 0;
      for (std::int64_t j = 2 * y; j < std::min(2 * y + 2, fine.height); ++j)
        for (std::int64_t i = 2 * x; i < std::min(2 * x + 2, fine.width); ++i) {
          if (!fine.known[fine.index(i, j)]) continue;
          sum += fine.values[fine.index(i, j)];
          ++number;
        }
      if (number == 0) continue;
      result.values[result.index(x, y)] = sum / static_cast<float>(number);
      result.known[result.index(x, y)] = 1;
    }
  return result;
}

/// Linear interpolation of a complete coarser level where the finer one knows nothing.
void fill_from(const Level& coarse, Level& fine) {
  for (std::int64_t y = 0; y < fine.height; ++y)
    for (std::int64_t x = 0; x < fine.width; ++x) {
      if (fine.known[fine.index(x, y)]) continue;
      const std::int64_t x0 = x / 2, y0 = y / 2;
      const std::int64_t x1 = std::clamp<std::int64_t>(x0 + (x % 2 ? 1 : -1), 0, coarse.width - 1);
      const std::int64_t y1 = std::clamp<std::int64_t>(y0 + (y % 2 ? 1 : -1), 0, coarse.height - 1);
      fine.values[fine.index(x, y)] =
          0.5625F * coarse.values[coarse.index(x0, y0)] + 0.1875F * coarse.values[coarse.index(x1, y0)] +
          0.1875F * coarse.values[coarse.index(x0, y1)] + 0.0625F * coarse.values[coarse.index(x1, y1)];
    }
}

/// Gauss–Seidel sweeps of Laplace's equation over the unknown pixels, no flux through the border.
void relax(Level& level, int sweeps) {
  std::vector<std::int64_t> unknown;
  for (std::size_t i = 0; i < level.known.size(); ++i)
    if (!level.known[i]) unknown.push_back(static_cast<std::int64_t>(i));
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (const std::int64_t i : unknown) {
      const std::int64_t x = i % level.width, y = i / level.width;
      const auto at = [&](std::int64_t u, std::int64_t v) {
        return level.values[level.index(std::clamp<std::int64_t>(u, 0, level.width - 1),
                                        std::clamp<std::int64_t>(v, 0, level.height - 1))];
      };
      level.values[static_cast<std::size_t>(i)] =
          0.25F * (at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1));
    }
}

}  // namespace

Volume<float> fill_in(const Volume<float>& image, const Mask& known, const Context& context) {
  Volume<float> result = image.clone();
  std::vector<Level> levels(1);
  levels[0] = {image.grid().size[0], image.grid().size[1], {image.data(), image.data() + image.size()}, {}};
  for (const std::uint8_t k : known.values()) levels[0].known.push_back(k != 0);
  if (std::none_of(levels[0].known.begin(), levels[0].known.end(), [](std::uint8_t k) { return k != 0; }))
    return result;
  while (!levels.back().complete()) levels.push_back(coarser(levels.back()));
  for (std::size_t k = levels.size() - 1; k > 0; --k) {
    context.check();
    fill_from(levels[k], levels[k - 1]);
    relax(levels[k - 1], 12);
  }
  std::copy(levels[0].values.begin(), levels[0].values.end(), result.data());
  return result;
}

}  // namespace sg::ultrasound

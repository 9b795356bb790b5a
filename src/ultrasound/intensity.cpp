#include "ultrasound/intensity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/parallel.h"

namespace sg::ultrasound {

void require_intensity(const Volume<float>& image) {
  if (image.empty()) throw Error(ErrorCode::invalid_input, "the image has no voxels", "image");
  if (image.channels() != 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the image has {} channels, expected one of intensities", image.channels()),
                "image");
  const auto& size = image.grid().size;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const float value = image.data()[i];
    if (std::isfinite(value) && value >= 0) continue;
    throw Error(ErrorCode::invalid_input,
                fmt::format("voxel ({}, {}, {}) is {}, expected a finite intensity of 0 or more", i % size[0],
                            i / size[0] % size[1], i / (size[0] * size[1]), value),
                "image");
  }
}

void require_looks(double looks) {
  if (!(looks > 0 && std::isfinite(looks)))
    throw Error(ErrorCode::invalid_input, fmt::format("looks is {}, expected more than 0", looks), "looks");
}

bool is_constant(const Volume<float>& image) {
  const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
  return *low == *high;
}

double mean_of(const Volume<float>& image) {
  const double sum = parallel_sum(image.size(), [&](std::int64_t begin, std::int64_t end) {
    double piece = 0;
    for (std::int64_t i = begin; i < end; ++i) piece += double{image.data()[i]};
    return piece;
  });
  return sum / static_cast<double>(image.size());
}

}  // namespace sg::ultrasound

#include "train/tasks/random_field.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

namespace sg::train {
namespace {

/// Four weights a place, and the first of the control points they belong to.
struct Taps {
  std::int64_t first = 0;
  std::array<float, 4> weights{};
};

std::vector<Taps> taps(std::int64_t size, double spacing) {
  std::vector<Taps> all(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) {
    const double at = static_cast<double>(i) / spacing, t = at - std::floor(at), s = 1 - t;
    Taps& place = all[static_cast<std::size_t>(i)];
    place.first = static_cast<std::int64_t>(std::floor(at));
    const std::array<double, 4> w{s * s * s / 6, 2.0 / 3 - t * t * (2 - t) / 2, 2.0 / 3 - s * s * (2 - s) / 2,
                                  t * t * t / 6};
    for (std::size_t k = 0; k < 4; ++k) place.weights[k] = static_cast<float>(w[k]);
  }
  return all;
}

/// Enlarges the middle axis of [outer, points, inner] to the number of taps.
std::vector<float> enlarge(const std::vector<float>& in, std::int64_t inner, std::int64_t points,
                           const std::vector<Taps>& all) {
  const auto outer = static_cast<std::int64_t>(in.size()) / (inner * points);
  std::vector<float> out(static_cast<std::size_t>(outer * inner) * all.size());
  float* to = out.data();
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const Taps& place : all) {
      const float* from = in.data() + (o * points + place.first) * inner;
      const auto [a, b, c, d] = place.weights;
      for (std::int64_t i = 0; i < inner; ++i)
        to[i] = a * from[i] + b * from[i + inner] + c * from[i + 2 * inner] + d * from[i + 3 * inner];
      to += inner;
    }
  }
  return out;
}

}  // namespace

std::vector<float> random_field(const Size3& size, double spacing, Rng& rng) {
  if (!(spacing > 0))
    throw Error(ErrorCode::invalid_input,
                fmt::format("control points every {} voxels, expected > 0", spacing));
  Size3 points{};
  for (std::size_t a = 0; a < 3; ++a)
    points[a] = static_cast<std::int64_t>(static_cast<double>(size[a] - 1) / spacing) + 4;
  std::vector<float> field(static_cast<std::size_t>(points[0] * points[1] * points[2]));
  // Σ weights² is 151/315 on average along one axis; a flat axis (size 1) has Σ = 1/2 at its only place.
  double square = 1;
  for (std::size_t a = 0; a < 3; ++a) square *= size[a] == 1 ? 0.5 : 151.0 / 315;
  for (float& value : field) value = static_cast<float>(rng.normal() / std::sqrt(square));
  field = enlarge(field, 1, points[0], taps(size[0], spacing));
  field = enlarge(field, size[0], points[1], taps(size[1], spacing));
  return enlarge(field, size[0] * size[1], points[2], taps(size[2], spacing));
}

}  // namespace sg::train

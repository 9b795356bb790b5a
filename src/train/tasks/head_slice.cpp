#include "train/tasks/head_slice.h"

#include <algorithm>
#include <cmath>

#include "train/tasks/brain_contrast.h"
#include "train/tasks/phantom.h"

namespace sg::train {
namespace {

/// Two steps of a pixel and one through the slice, in voxels, at right angles to each other.
struct Plane {
  Vec3 across, down, through, origin;
};

Vec3 normal_vector(Rng& rng) { return {rng.normal(), rng.normal(), rng.normal()}; }
Vec3 of_length(double length, Vec3 v) { return (length / std::sqrt(dot(v, v) + 1e-12)) * v; }

Plane random_plane(const HeadMap& map, std::int64_t size, Rng& rng) {
  // Mostly near one of the planes in which heads are shown.
  Vec3 a, b;
  const auto axis = static_cast<int>(rng.below(3));
  a[axis] = 1;
  b[(axis + 1) % 3] = 1;
  a = a + 0.2 * normal_vector(rng);
  b = b + 0.2 * normal_vector(rng);
  const double scale = rng.uniform(0.8, 1.2);
  a = of_length(1, a);
  b = b - dot(a, b) * a;
  Plane plane{of_length(scale, a), of_length(scale, b), {}, map.brain_centre};
  plane.through = of_length(rng.uniform(0.3, 1.2),
                            Vec3{a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x});
  for (int k = 0; k < 3; ++k) plane.origin[k] += rng.uniform(-60, 60);
  const double half = 0.5 * static_cast<double>(size - 1);
  plane.origin = plane.origin - half * plane.across - half * plane.down;
  return plane;
}

std::size_t label_at(const HeadMap& map, Vec3 at) {
  const auto x = std::lround(at.x), y = std::lround(at.y), z = std::lround(at.z);
  if (x < 0 || y < 0 || z < 0 || x >= map.size[0] || y >= map.size[1] || z >= map.size[2]) return 0;
  return map.voxels[static_cast<std::size_t>((z * map.size[1] + y) * map.size[0] + x)];
}

}  // namespace

std::vector<float> random_head_slice(const HeadMaps& maps, const HeadMap& map, std::int64_t size, Rng& rng) {
  const Contrast contrast = random_contrast(maps.labels, 0.85, rng);
  const Plane plane = random_plane(map, size, rng);
  const std::vector<float> texture = random_field({size, size, 1}, rng.uniform(1.5, 5), rng);
  const std::vector<float> shade = random_field({size, size, 1}, rng.uniform(20, 60), rng);
  const auto strength = static_cast<float>(rng.uniform(0, 0.4)),
             depth = static_cast<float>(rng.uniform(0, 0.15));
  const auto high = static_cast<float>(rng.uniform(0.6, 1));
  std::vector<float> picture(static_cast<std::size_t>(size * size));
  std::size_t i = 0;
  for (std::int64_t y = 0; y < size; ++y)
    for (std::int64_t x = 0; x < size; ++x, ++i) {
      const Vec3 at =
          plane.origin + static_cast<double>(x) * plane.across + static_cast<double>(y) * plane.down;
      float sum = 0;
      for (int k = 0; k < 8; ++k) {
        const std::size_t label =
            label_at(map, at + (k & 1 ? 0.25 : -0.25) * plane.across + (k & 2 ? 0.25 : -0.25) * plane.down +
                              (k & 4 ? 0.5 : -0.5) * plane.through);
        sum += contrast.mean[label] + strength * contrast.deviation[label] * texture[i];
      }
      picture[i] = std::clamp(high * sum / (8 * 255) * (1 + depth * shade[i]), 0.0F, 1.0F);
    }
  for (int pass = 0; pass < 2; ++pass) soften(picture, size, static_cast<float>(rng.uniform(0, 0.25)));
  return picture;
}

}  // namespace sg::train

#include "train/tasks/brain_simulation.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "core/smooth.h"
#include "core/volume.h"
#include "train/tasks/brain_contrast.h"

namespace sg::train {
namespace {

constexpr int regions = 4;  // random pieces of what surrounds the brain

Mat3 rotation(int axis, double angle) {
  Mat3 r;
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;
  r[a][static_cast<std::size_t>(a)] = r[b][static_cast<std::size_t>(b)] = std::cos(angle);
  r[a][static_cast<std::size_t>(b)] = -std::sin(angle);
  r[b][static_cast<std::size_t>(a)] = std::sin(angle);
  return r;
}

/// Where the voxels of the simulated scan come from in the map.
struct Placement {
  Mat3 matrix;  // map voxels per voxel of the scan
  Vec3 origin;  // of the scan's first voxel
  std::array<std::vector<float>, 3> displacement;
};

Placement random_placement(const HeadMap& map, const BrainSimulation& options, Rng& rng) {
  const double degree = std::numbers::pi / 180;
  Mat3 matrix = Mat3::diagonal({1, 1, 1});
  for (int axis = 0; axis < 3; ++axis)
    matrix = matrix * rotation(axis, degree * rng.uniform(-options.rotation, options.rotation));
  Mat3 shape;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      shape[i][static_cast<std::size_t>(j)] = i == j ? 1 + rng.uniform(-options.scaling, options.scaling)
                                                     : rng.uniform(-options.shear, options.shear);
  const double mirror = rng.uniform() < 0.5 ? -1 : 1;
  Placement placement;
  placement.matrix = Mat3::diagonal({mirror, 1, 1}) * matrix * shape *
                     Mat3::diagonal({options.spacing, options.spacing, options.spacing});
  Vec3 centre = map.brain_centre, middle;
  for (int a = 0; a < 3; ++a) {
    centre[a] += rng.uniform(-options.translation, options.translation);
    middle[a] = 0.5 * static_cast<double>(options.size[static_cast<std::size_t>(a)] - 1);
  }
  placement.origin = centre - placement.matrix * middle;
  const double broad = rng.uniform(0, options.elastic), fine = rng.uniform(0, 0.35 * options.elastic);
  for (auto& along : placement.displacement) {
    along = random_field(options.size, rng.uniform(28, 44) / options.spacing, rng);
    const std::vector<float> detail = random_field(options.size, rng.uniform(12, 18) / options.spacing, rng);
    for (std::size_t i = 0; i < along.size(); ++i)
      along[i] = static_cast<float>(broad) * along[i] + static_cast<float>(fine) * detail[i];
  }
  return placement;
}

/// Greys of what surrounds the brain where random regions take the place of its labels.
struct Surroundings {
  std::vector<float> field;
  std::array<float, regions> mean{}, deviation{};
  int region(std::size_t i) const {
    return field[i] < -0.7F ? 0 : field[i] < 0 ? 1 : field[i] < 0.7F ? 2 : 3;
  }
};

std::optional<Surroundings> random_surroundings(const BrainSimulation& options, Rng& rng) {
  if (rng.uniform() >= options.other_outside) return std::nullopt;
  Surroundings outside;
  outside.field = random_field(options.size, rng.uniform(10, 40) / options.spacing, rng);
  const bool merged = rng.uniform() < 0.35;
  for (std::size_t r = 0; r < regions; ++r) {
    outside.mean[r] = merged && r > 0 ? outside.mean[0] : static_cast<float>(rng.uniform(0, 255));
    outside.deviation[r] = merged && r > 0 ? outside.deviation[0] : static_cast<float>(rng.uniform(0, 35));
  }
  return outside;
}

struct Scan {
  Volume<float> image;
  std::vector<std::uint8_t> tissue;
};

/// Greys and tissues: each voxel is the mean of the eight points inside it, which is how borders between
/// tissues come to lie between their greys; its tissue is that of its centre.
Scan paint(const HeadMaps& maps, const HeadMap& map, const BrainSimulation& options, Rng& rng) {
  const Placement placement = random_placement(map, options, rng);
  const Contrast contrast = random_contrast(maps.labels, options.known_contrast, rng);
  const std::optional<Surroundings> outside = random_surroundings(options, rng);
  std::vector<std::uint8_t> tissues, surrounding;
  for (const int label : maps.labels) {
    tissues.push_back(static_cast<std::uint8_t>(tissue_of(label)));
    surrounding.push_back(label != 0 && tissue_of(label) == 0);
  }
  std::array<Vec3, 9> points{};  // the centre, then the eight
  for (std::size_t k = 1; k < 9; ++k)
    points[k] = placement.matrix * Vec3{k & 1 ? 0.25 : -0.25, k & 2 ? 0.25 : -0.25, k & 4 ? 0.25 : -0.25};
  const auto label_at = [&](Vec3 at) -> std::size_t {
    const auto x = std::lround(at.x), y = std::lround(at.y), z = std::lround(at.z);
    if (x < 0 || y < 0 || z < 0 || x >= map.size[0] || y >= map.size[1] || z >= map.size[2]) return 0;
    return map.voxels[static_cast<std::size_t>((z * map.size[1] + y) * map.size[0] + x)];
  };
  Grid grid;
  grid.size = options.size;
  grid.spacing = {options.spacing, options.spacing, options.spacing};
  Scan scan{Volume<float>(grid), std::vector<std::uint8_t>(static_cast<std::size_t>(grid.voxel_count()))};
  std::size_t i = 0;
  for (std::int64_t z = 0; z < options.size[2]; ++z)
    for (std::int64_t y = 0; y < options.size[1]; ++y)
      for (std::int64_t x = 0; x < options.size[0]; ++x, ++i) {
        const Vec3 voxel{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        const Vec3 moved{placement.displacement[0][i], placement.displacement[1][i],
                         placement.displacement[2][i]};
        const Vec3 at = placement.origin + placement.matrix * voxel + moved;
        float sum = 0, variance = 0;
        scan.tissue[i] = tissues[label_at(at)];
        for (std::size_t k = 1; k < 9; ++k) {
          const std::size_t label = label_at(at + points[k]);
          const bool other = outside && surrounding[label];
          const auto region = static_cast<std::size_t>(other ? outside->region(i) : 0);
          const float deviation = other ? outside->deviation[region] : contrast.deviation[label];
          sum += other ? outside->mean[region] : contrast.mean[label];
          variance += deviation * deviation;
        }
        // Texture that is alike in all eight points: its deviation is that of the label.
        scan.image.data()[i] = std::max(0.0F, sum / 8 + std::sqrt(variance / 8) * quick_normal(rng));
      }
  return scan;
}

void add_bias_and_gamma(Volume<float>& image, const BrainSimulation& options, Rng& rng) {
  const std::vector<float> field = random_field(options.size, rng.uniform(40, 90) / options.spacing, rng);
  const auto strength = static_cast<float>(rng.uniform(0, 0.35));
  const auto gamma = static_cast<float>(std::exp(std::clamp(0.3 * rng.normal(), -0.7, 0.7)));
  for (std::int64_t i = 0; i < image.size(); ++i) {
    float& value = image.data()[i];
    value = std::pow(value / 255, gamma) * std::exp(strength * field[static_cast<std::size_t>(i)]);
  }
}

/// Thick slices: the image blurred along an axis, sampled every `thickness` voxels and drawn out again.
void thicken(Volume<float>& image, int axis, double thickness) {
  const Grid& grid = image.grid();
  Vec3 sigma;
  sigma[axis] = 0.4 * thickness * grid.spacing[axis];
  const Volume<float> blurred = gaussian(image, sigma);
  const auto a = static_cast<std::size_t>(axis);
  const std::int64_t size = grid.size[a], step = axis == 0   ? 1
                                                 : axis == 1 ? grid.size[0]
                                                             : grid.size[0] * grid.size[1];
  const auto last = static_cast<double>(size - 1);
  const auto sample = [&](const float* line, double at) {
    at = std::clamp(at, 0.0, last);
    const auto low = std::min(static_cast<std::int64_t>(at), std::max<std::int64_t>(size - 2, 0));
    const auto t = static_cast<float>(at - static_cast<double>(low));
    return size == 1 ? line[0] : (1 - t) * line[low * step] + t * line[(low + 1) * step];
  };
  for (std::int64_t p = 0; p < size; ++p) {
    const double slice = (static_cast<double>(p) + 0.5) / thickness - 0.5;
    const double low = std::floor(slice);
    const auto t = static_cast<float>(slice - low);
    const double before = (low + 0.5) * thickness - 0.5, after = before + thickness;
    const std::int64_t inner = step, outer = image.size() / (size * step);
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < inner; ++i) {
        const std::int64_t start = o * size * step + i;
        image.data()[start + p * step] =
            (1 - t) * sample(blurred.data() + start, before) + t * sample(blurred.data() + start, after);
      }
  }
}

void lower_resolution(Volume<float>& image, const BrainSimulation& options, Rng& rng) {
  const double sigma = rng.uniform() < 0.7 ? rng.uniform(0, 0.75) * options.spacing : 0;
  if (sigma > 0.2 * options.spacing) image = gaussian(image, {sigma, sigma, sigma});
  if (rng.uniform() < options.thick_slices)
    thicken(image, static_cast<int>(rng.below(3)), rng.uniform(1.5, 4));
}

void add_scanner_noise(Volume<float>& image, Rng& rng) {
  const auto deviation =
      static_cast<float>(rng.uniform() < 0.8 ? 0.06 * rng.uniform() * rng.uniform() * 2 : 0);
  if (deviation == 0) return;
  for (float& value : image.values()) value = std::abs(value + deviation * quick_normal(rng));
}

/// One voxel more on every face.
void dilate(std::vector<std::uint8_t>& mask, const Size3& size) {
  const std::vector<std::uint8_t> before = mask;
  const std::array<std::int64_t, 3> steps{1, size[0], size[0] * size[1]};
  const auto count = static_cast<std::int64_t>(mask.size());
  for (std::int64_t i = 0; i < count; ++i) {
    if (before[static_cast<std::size_t>(i)]) continue;
    for (std::size_t a = 0; a < 3; ++a) {
      const std::int64_t place = i / steps[a] % size[a];
      const bool near = (place > 0 && before[static_cast<std::size_t>(i - steps[a])]) ||
                        (place + 1 < size[a] && before[static_cast<std::size_t>(i + steps[a])]);
      if (near) mask[static_cast<std::size_t>(i)] = 1;
    }
  }
}

/// Sets to 0, as background, all that lies more than 0 to 4 mm from the brain.
void strip(Scan& scan, const BrainSimulation& options, Rng& rng) {
  std::vector<std::uint8_t> mask(scan.tissue.size());
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = scan.tissue[i] > 1;
  const auto rounds = static_cast<int>(rng.below(static_cast<std::uint64_t>(4 / options.spacing) + 1));
  for (int i = 0; i < rounds; ++i) dilate(mask, options.size);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i]) continue;
    scan.tissue[i] = 0;
    scan.image.data()[i] = 0;
  }
}

/// Cuts off what lies below the brain stem's middle or so, or an outer slab of up to a fifth on another side.
void cut_field_of_view(Scan& scan, const BrainSimulation& options, Rng& rng) {
  const bool below = rng.uniform() < 0.5;
  const std::size_t axis = below ? 2 : static_cast<std::size_t>(rng.below(3));
  const bool low = below || rng.uniform() < 0.5;
  const auto size = options.size[axis];
  const auto depth =
      static_cast<std::int64_t>(static_cast<double>(size) * rng.uniform(0.03, below ? 0.3 : 0.2));
  const std::int64_t step = axis == 0 ? 1 : axis == 1 ? options.size[0] : options.size[0] * options.size[1];
  for (std::int64_t i = 0; i < scan.image.size(); ++i) {
    const std::int64_t place = i / step % size;
    if (low ? place >= depth : place < size - depth) continue;
    scan.image.data()[i] = 0;
    scan.tissue[static_cast<std::size_t>(i)] = 0;
  }
}

}  // namespace

void rescale_intensities(std::span<float> values) {
  if (values.empty()) return;
  std::vector<float> sorted(values.begin(), values.end());
  const auto at = [&](double share) {
    const auto place =
        sorted.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  };
  const float low = at(0.005), high = at(0.995);
  for (float& value : values) value = high > low ? (std::clamp(value, low, high) - low) / (high - low) : 0;
}

Example simulate_head(const HeadMaps& maps, const HeadMap& map, const BrainSimulation& options, Rng rng) {
  Scan scan = paint(maps, map, options, rng);
  add_bias_and_gamma(scan.image, options, rng);
  lower_resolution(scan.image, options, rng);
  add_scanner_noise(scan.image, rng);
  if (rng.uniform() < options.stripped) strip(scan, options, rng);
  if (rng.uniform() < options.cut) cut_field_of_view(scan, options, rng);
  rescale_intensities(scan.image.values());
  const auto [w, h, d] = options.size;
  Example example;
  example.inputs.emplace_back(nn::Shape{1, d, h, w});
  example.targets.emplace_back(nn::Shape{d, h, w});
  std::copy_n(scan.image.data(), scan.image.size(), example.inputs[0].data());
  std::copy(scan.tissue.begin(), scan.tissue.end(), example.targets[0].data());
  return example;
}

}  // namespace sg::train

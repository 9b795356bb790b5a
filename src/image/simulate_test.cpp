#include "image/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/parallel.h"
#include "image/view.h"

namespace sg::image {
namespace {

/// Smooth blobs on dark ground, 0…1.
double scene(LpsPoint p) {
  double sum = 0;
  for (const LpsPoint c :
       {LpsPoint{0, 0, 0}, LpsPoint{14, -9, 4}, LpsPoint{-12, 11, -8}, LpsPoint{4, 13, 12}}) {
    const Vec3 d = p - c;
    sum += .4 * std::exp(-dot(d, d) / 72);
  }
  return std::min(sum, 1.0);
}

Volume<float> phantom() {
  Grid grid;
  grid.size = {48, 50, 46};
  grid.spacing = {1.5, 1.5, 1.5};
  grid.origin = {-35, -36, -34};
  Volume<float> image(grid);
  for (std::int64_t z = 0; z < grid.size[2]; ++z) {
    for (std::int64_t y = 0; y < grid.size[1]; ++y) {
      for (std::int64_t x = 0; x < grid.size[0]; ++x) {
        image.at(x, y, z) = static_cast<float>(
            scene(grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)})));
      }
    }
  }
  return image;
}

AcquisitionOptions clean() {
  AcquisitionOptions options;
  options.contrast = Contrast::same;
  options.bias = options.noise = 0;
  options.spacing = 1.5;
  return options;
}

/// The claim of the module: image(T(x)) shows what the original shows at x.
TEST(Simulate, TruthCarriesPointsToTheAcquisition) {
  const Volume<float> original = phantom();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Acquisition a = simulate_acquisition(original, nullptr, clean(), Context(seed));
    const Affine back = a.truth.inverse();
    const Grid& grid = a.image.grid();
    double worst = 0, scale = 0;
    for (std::int64_t i = 0; i < grid.voxel_count(); ++i) {
      if (a.image.data()[i] > scale) scale = static_cast<double>(a.image.data()[i]);
    }
    double peak = 0;
    for (const float v : original.values()) peak = std::max(peak, static_cast<double>(v));
    for (std::int64_t z = 2; z < grid.size[2] - 2; z += 3) {
      for (std::int64_t y = 2; y < grid.size[1] - 2; y += 3) {
        for (std::int64_t x = 2; x < grid.size[0] - 2; x += 3) {
          const LpsPoint p = back.apply(
              grid.to_lps({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)}));
          if (std::abs(p.x) > 25 || std::abs(p.y) > 25 || std::abs(p.z) > 25) continue;
          worst =
              std::max(worst, std::abs(static_cast<double>(a.image.at(x, y, z)) / scale - scene(p) / peak));
        }
      }
    }
    EXPECT_LT(worst, .02) << seed;
  }
}

TEST(Simulate, DrawsStayInTheirRanges) {
  const Volume<float> original = phantom();
  AcquisitionOptions options = clean();
  options.spacing = 4;
  double largest_angle = 0, largest_shift = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Acquisition a = simulate_acquisition(original, nullptr, options, Context(seed));
    largest_angle = std::max(largest_angle, norm(a.motion.rotation));
    largest_shift = std::max(largest_shift, norm(a.motion.shift));
    for (int i = 0; i < 3; ++i) {
      EXPECT_LE(std::abs(a.motion.scale[i] - 1), .1);
      EXPECT_LE(std::abs(a.motion.shear[i]), .05);
    }
    const double volume = a.motion.scale.x * a.motion.scale.y * a.motion.scale.z;
    EXPECT_NEAR(determinant(a.truth.matrix), volume, 1e-9);  // rotation and shears keep volume
  }
  EXPECT_LE(largest_angle, 20);
  EXPECT_GT(largest_angle, 15);
  EXPECT_LE(largest_shift, 15);
  EXPECT_GT(largest_shift, 11);
}

TEST(Simulate, SameSeedSameResultOnAnyNumberOfThreads) {
  const Volume<float> original = phantom();
  AcquisitionOptions options;
  options.contrast = Contrast::random;
  set_threads(1);
  const Acquisition a = simulate_acquisition(original, nullptr, options, Context(5));
  set_threads(0);
  const Acquisition b = simulate_acquisition(original, nullptr, options, Context(5));
  const Acquisition c = simulate_acquisition(original, nullptr, options, Context(6));
  EXPECT_EQ(a.truth, b.truth);
  EXPECT_TRUE(std::ranges::equal(a.image.values(), b.image.values()));
  EXPECT_FALSE(a.truth == c.truth);
}

TEST(Simulate, NoiseInAirIsRayleigh) {
  const Volume<float> original = phantom();
  AcquisitionOptions options = clean();
  options.noise = 10;
  const Acquisition noisy = simulate_acquisition(original, nullptr, options, Context(2));
  options.noise = 0;
  const Acquisition silent = simulate_acquisition(original, nullptr, options, Context(2));
  std::vector<float> signal;
  for (const float v : silent.image.values()) {
    if (v > 0) signal.push_back(v);
  }
  std::sort(signal.begin(), signal.end());
  const double sigma =
      .1 * static_cast<double>(signal[static_cast<std::size_t>(.95 * static_cast<double>(signal.size()))]);
  double sum = 0, squares = 0;
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < noisy.image.size(); ++i) {
    if (silent.image.data()[i] > 1e-3F * 1000) continue;
    const double v = static_cast<double>(noisy.image.data()[i]);
    sum += v;
    squares += v * v;
    ++n;
  }
  ASSERT_GT(n, 5000);
  EXPECT_NEAR(sum / static_cast<double>(n), sigma * std::sqrt(std::numbers::pi / 2), .03 * sigma);
  EXPECT_NEAR(squares / static_cast<double>(n), 2 * sigma * sigma, .06 * sigma * sigma);
}

TEST(Simulate, ContrastsDiffer) {
  const Volume<float> original = phantom();
  AcquisitionOptions options = clean();
  options.max_rotation = options.max_scale = options.max_shear = options.max_shift = 0;
  options.max_grid_rotation = 0;
  const auto at_peak = [&](Contrast contrast) {
    options.contrast = contrast;
    const Acquisition a = simulate_acquisition(original, nullptr, options, Context(1));
    const VoxelIndex v = a.image.grid().to_index({0, 0, 0});
    return a.image.at(std::lround(v.i), std::lround(v.j), std::lround(v.k));
  };
  EXPECT_GT(at_peak(Contrast::same), 900);
  EXPECT_LT(at_peak(Contrast::inverted), 200);
  EXPECT_LT(at_peak(Contrast::t2), 400);
}

TEST(Simulate, LabelsMoveWithTheImage) {
  const Volume<float> original = phantom();
  LabelMap labels{Volume<std::int32_t>(original.grid()), {{1, "bright"}}};
  for (std::int64_t i = 0; i < original.size(); ++i)
    labels.voxels.data()[i] = original.data()[i] > .15F ? 1 : 0;
  const Acquisition a = simulate_acquisition(original, &labels, clean(), Context(4));
  ASSERT_TRUE(a.labels);
  EXPECT_EQ(a.labels->voxels.grid(), a.image.grid());
  EXPECT_EQ(a.labels->names.at(1), "bright");
  const Window window = robust_window(original);
  const double level = 1000 * (.15 - window.low) / (window.high - window.low);
  std::int64_t wrong = 0, inside = 0;
  for (std::int64_t i = 0; i < a.image.size(); ++i) {
    const bool bright = static_cast<double>(a.image.data()[i]) > level;
    inside += a.labels->voxels.data()[i];
    wrong += bright != (a.labels->voxels.data()[i] == 1) ? 1 : 0;
  }
  EXPECT_LT(wrong,
            .15 * static_cast<double>(inside));  // half a voxel of nearest neighbour on a small surface
}

TEST(Simulate, RefusesBadInput) {
  const Volume<float> original = phantom();
  const auto refused = [&](const char* field, auto change) {
    AcquisitionOptions options;
    change(options);
    try {
      simulate_acquisition(original, nullptr, options, Context());
      ADD_FAILURE() << field;
    } catch (const Error& e) {
      EXPECT_EQ(e.field(), field);
    }
  };
  refused("max_rotation", [](auto& o) { o.max_rotation = 181; });
  refused("max_scale", [](auto& o) { o.max_scale = .6; });
  refused("max_shear", [](auto& o) { o.max_shear = -1; });
  refused("max_shift", [](auto& o) { o.max_shift = std::nan(""); });
  refused("bias", [](auto& o) { o.bias = 1; });
  refused("noise", [](auto& o) { o.noise = -1; });
  refused("spacing", [](auto& o) { o.spacing = 0; });
  refused("spacing", [](auto& o) { o.spacing = .05; });  // too many voxels
  refused("max_grid_rotation", [](auto& o) { o.max_grid_rotation = 200; });
  const auto refused_image = [&](Volume<float> image) {
    EXPECT_THROW(simulate_acquisition(image, nullptr, {}, Context()), Error);
  };
  refused_image(Volume<float>());
  refused_image(Volume<float>(original.grid()));
  refused_image(Volume<float>(original.grid(), 2));
  Volume<float> broken = phantom();
  broken.at(3, 3, 3) = std::numeric_limits<float>::infinity();
  refused_image(std::move(broken));
  Grid flat = original.grid();
  flat.size[2] = 1;
  refused_image(Volume<float>(flat));
}

}  // namespace
}  // namespace sg::image

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "train/tasks/brain.h"
#include "train/tasks/brain_contrast.h"
#include "train/tasks/denoise.h"
#include "train/tasks/head_slice.h"
#include "train/tasks/phantom.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

struct Moments {
  double mean = 0, deviation = 0;
};

Moments moments(std::span<const float> values) {
  double sum = 0, square = 0;
  for (const float v : values) sum += v, square += static_cast<double>(v) * v;
  const auto n = static_cast<double>(values.size());
  return {sum / n, std::sqrt(square / n - sum / n * (sum / n))};
}

bool same(const nn::Tensor& a, const nn::Tensor& b) {
  return a.shape == b.shape && std::equal(a.data(), a.data() + a.size(), b.data());
}

TEST(RandomField, HasUnitVarianceAndIsSmooth) {
  double square = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const std::vector<float> field = random_field({40, 30, 20}, 5, rng);
    const double mean_square = std::inner_product(field.begin(), field.end(), field.begin(), 0.0) /
                               static_cast<double>(field.size());
    square += mean_square / 20;
    for (std::size_t i = 1; i < 40; ++i) EXPECT_LT(std::abs(field[i] - field[i - 1]), 1.5);
  }
  EXPECT_NEAR(square, 1, 0.1);
  Rng rng(1);
  EXPECT_THROW(random_field({4, 4, 4}, 0, rng), Error);
}

TEST(QuickNormal, HasMeanZeroAndVarianceOne) {
  Rng rng(2);
  std::vector<float> values(100'000);
  for (float& v : values) v = quick_normal(rng);
  EXPECT_NEAR(moments(values).mean, 0, 0.02);
  EXPECT_NEAR(moments(values).deviation, 1, 0.01);
}

TEST(Noise, GaussianAndRicianHaveTheirMoments) {
  Rng rng(3);
  std::vector<float> gaussian(100'000, 0.5F), rician(100'000, 0.0F);
  add_noise(gaussian, 0.1, false, rng);
  add_noise(rician, 0.1, true, rng);
  EXPECT_NEAR(moments(gaussian).mean, 0.5, 2e-3);
  EXPECT_NEAR(moments(gaussian).deviation, 0.1, 1e-3);
  // Without signal the magnitude is Rayleigh: mean σ√(π/2).
  EXPECT_NEAR(moments(rician).mean, 0.1 * std::sqrt(std::numbers::pi / 2), 1e-3);
}

TEST(Phantom, StaysInRangeAndHasContrast) {
  double spread = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Rng rng(seed), again(seed);
    const std::vector<float> picture = random_phantom(40, 32, rng);
    EXPECT_EQ(picture, random_phantom(40, 32, again));
    EXPECT_GE(*std::min_element(picture.begin(), picture.end()), 0);
    EXPECT_LE(*std::max_element(picture.begin(), picture.end()), 1);
    spread += moments(picture).deviation / 50;
  }
  EXPECT_GT(spread, 0.08);
}

TEST(HeadMaps, ReadsWhatWasPacked) {
  const TestFolder folder;
  const HeadMaps maps = read_head_maps(write_head_maps(folder));
  ASSERT_EQ(maps.maps.size(), 2U);
  EXPECT_EQ(maps.maps[1].name, "seg_b");
  EXPECT_EQ(maps.labels, (std::vector<int>{0, 2, 3, 4, 10, 24, 41, 42, 43, 49, 507}));
  EXPECT_NEAR(maps.maps[1].brain_centre.z, 26.5, 1e-6);
  EXPECT_EQ(tissue_of(16), 8);
  EXPECT_EQ(tissue_of(507), 0);
  EXPECT_EQ(without_side(4), 43);
}

TEST(HeadMaps, RefusesOtherFiles) {
  const TestFolder folder;
  const auto message = [&](const std::vector<nn::NamedTensor>& tensors, const nn::Metadata& metadata = {}) {
    nn::write_tensors(folder.at("x.safetensors"), tensors, metadata);
    try {
      read_head_maps(folder.at("x.safetensors"));
    } catch (const Error& error) {
      return std::string(error.what()).substr(folder.at("x.safetensors").size());
    }
    return std::string();
  };
  const std::vector<std::int16_t> outside(8, 507), negative(8, -3);
  const nn::Tensor floats({2, 2, 2});
  const auto labels = [](const std::vector<std::int16_t>& values) {
    return nn::NamedTensor("labels.a", nn::stored<std::int16_t>({2, 2, 2}, values));
  };
  EXPECT_EQ(message({{"other", floats}}), ": no tensor \"labels.…\", expected one a label map");
  EXPECT_EQ(message({{"labels.a", floats}}),
            ": \"labels.a\" is F32 [2,2,2], expected uint8 or int16 [D,H,W]");
  EXPECT_EQ(message({labels(outside)}), ": \"labels.a\" holds no brain label");
  EXPECT_EQ(message({labels(negative)}), ": \"labels.a\" holds -3, expected labels ≥ 0");
  EXPECT_EQ(message({labels(outside)}, {{"spacing", "2"}}), ": spacing is \"2\", expected \"1\" (mm)");
}

TEST(Contrast, KnownOnesKeepTheirOrder) {
  const std::vector<int> labels{0, 2, 3, 24, 41, 42, 43};
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    Rng rng(seed);
    const Contrast contrast = random_contrast(labels, 1, rng);
    const float fluid = contrast.mean[3], white = contrast.mean[4], cortex = contrast.mean[5];
    EXPECT_TRUE((fluid < cortex && cortex < white) || (white < cortex && cortex < fluid) ||
                (fluid < white && fluid < cortex));
    EXPECT_EQ(contrast.mean[1], white) << "left and right differ";
    for (const float mean : contrast.mean) EXPECT_TRUE(mean >= 0 && mean <= 255);
    for (const float deviation : contrast.deviation) EXPECT_TRUE(deviation >= 0 && deviation <= 35);
  }
}

TEST(BrainSimulation, IsAFunctionOfItsGenerator) {
  const TestFolder folder;
  const HeadMaps maps = read_head_maps(write_head_maps(folder));
  BrainSimulation options;
  options.size = {24, 28, 26};
  const Example a = simulate_head(maps, maps.maps[0], options, Rng(4));
  const Example b = simulate_head(maps, maps.maps[0], options, Rng(4));
  const Example c = simulate_head(maps, maps.maps[0], options, Rng(5));
  EXPECT_EQ(a.inputs[0].shape, (nn::Shape{1, 26, 28, 24}));
  EXPECT_EQ(a.targets[0].shape, (nn::Shape{26, 28, 24}));
  EXPECT_TRUE(same(a.inputs[0], b.inputs[0]) && same(a.targets[0], b.targets[0]));
  EXPECT_FALSE(same(a.inputs[0], c.inputs[0]));
}

TEST(BrainSimulation, KeepsRangeTissuesAndVolume) {
  const TestFolder folder;
  const HeadMaps maps = read_head_maps(write_head_maps(folder));
  BrainSimulation options;
  options.size = {24, 28, 26};
  options.translation = 2;
  options.cut = 0;
  double brain = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Example e = simulate_head(maps, maps.maps[0], options, Rng(seed));
    const std::span<const float> image(e.inputs[0].data(), static_cast<std::size_t>(e.inputs[0].size()));
    EXPECT_EQ(*std::min_element(image.begin(), image.end()), 0);
    EXPECT_EQ(*std::max_element(image.begin(), image.end()), 1);
    for (std::int64_t i = 0; i < e.targets[0].size(); ++i) {
      const float tissue = e.targets[0].data()[i];
      EXPECT_TRUE(tissue >= 0 && tissue < tissue_count && tissue == std::floor(tissue));
      brain += tissue > 1 ? 8.0 / 30 : 0;  // mm³
    }
  }
  EXPECT_NEAR(brain, 4.0 / 3 * std::numbers::pi * 15 * 15 * 15, 0.15 * 14137);
}

TEST(BrainSimulation, StrippedScansAreBlackOutside) {
  const TestFolder folder;
  const HeadMaps maps = read_head_maps(write_head_maps(folder));
  BrainSimulation options;
  options.size = {24, 28, 26};
  options.stripped = 1;
  options.cut = 0;
  const Example e = simulate_head(maps, maps.maps[0], options, Rng(6));
  std::int64_t corner_values = 0;
  for (std::int64_t x = 0; x < 24; ++x) corner_values += e.inputs[0].data()[x] != 0;
  EXPECT_EQ(corner_values, 0);
}

TEST(BrainTask, RefusesWhatCannotBeTrained) {
  const TestFolder folder;
  const std::string data = write_head_maps(folder);
  BrainOptions options;
  options.held_out = {"nobody"};
  EXPECT_THROW(brain_task(data, options), Error);
  options.held_out = {"seg_a", "seg_b"};
  EXPECT_THROW(brain_task(data, options), Error);
  options.held_out = {"seg_b"};
  options.simulation.size = {8, 80, 80};
  EXPECT_THROW(brain_task(data, options), Error);
  EXPECT_THROW(brain_task(folder.at("nothing.safetensors"), options), Error);
}

TEST(HeadSlice, ShowsTheHead) {
  const TestFolder folder;
  const HeadMaps maps = read_head_maps(write_head_maps(folder));
  double seen = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed), again(seed);
    const std::vector<float> picture = random_head_slice(maps, maps.maps[0], 32, rng);
    EXPECT_EQ(picture, random_head_slice(maps, maps.maps[0], 32, again));
    EXPECT_GE(*std::min_element(picture.begin(), picture.end()), 0);
    EXPECT_LE(*std::max_element(picture.begin(), picture.end()), 1);
    seen += moments(picture).deviation > 0.02 ? 1 : 0;
  }
  EXPECT_GE(seen, 3);
}

TEST(DenoiseTask, LearnsFromLabelMapsToo) {
  const TestFolder folder;
  DenoiseOptions options;
  options.patch = 16;
  const auto task = denoise_task(write_head_maps(folder), options);
  EXPECT_EQ(task->facts().at("data").at("file").at("label maps of heads"), 2);
  EXPECT_TRUE(same(task->sample(1, 2, 3).inputs[0], task->sample(1, 2, 3).inputs[0]));
}

TEST(DenoiseTask, LearnsFromImagesToo) {
  const TestFolder folder;
  nn::Tensor image({3, 20, 24}), small({3, 4, 24});
  Rng rng(1);
  for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<float>(rng.uniform(0, 4000));
  nn::write_tensors(folder.at("images.safetensors"), std::vector<nn::NamedTensor>{{"images.a", image}});
  nn::write_tensors(folder.at("small.safetensors"), std::vector<nn::NamedTensor>{{"images.a", small}});
  DenoiseOptions options;
  options.patch = 16;
  options.from_data = 1;
  const auto task = denoise_task(folder.at("images.safetensors"), options);
  const Example e = task->sample(1, 2, 3);
  EXPECT_TRUE(same(e.inputs[0], task->sample(1, 2, 3).inputs[0]));
  EXPECT_FALSE(same(e.inputs[0], task->sample(1, 2, 4).inputs[0]));
  const Moments clean = moments({e.targets[0].data(), 256});
  EXPECT_NEAR(clean.mean * e.targets[1].data()[0], 0.5, 0.2) << "over the noise";
  EXPECT_EQ(task->facts().at("data").at("file").at("images"), 1);
  EXPECT_THROW(denoise_task(folder.at("small.safetensors"), options), Error);
  options.lowest = 2;
  EXPECT_THROW(denoise_task("", options), Error);
}

}  // namespace
}  // namespace sg::train

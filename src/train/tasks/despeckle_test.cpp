#include "train/tasks/despeckle.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "core/test_folder.h"
#include "nn/safetensors.h"

namespace sg::train {
namespace {

/// Pictures of one grey each, in 8 bits.
void write_pictures(const TestFolder& folder, int count, std::int64_t size = 128) {
  std::vector<std::vector<std::uint8_t>> values;
  std::vector<nn::NamedTensor> tensors;
  for (int i = 0; i < count; ++i)
    values.emplace_back(static_cast<std::size_t>(size * size), static_cast<std::uint8_t>(40 + 10 * i));
  for (int i = 0; i < count; ++i)
    tensors.emplace_back("images." + std::to_string(i),
                         nn::stored<std::uint8_t>({1, size, size}, values[static_cast<std::size_t>(i)]));
  nn::write_tensors(folder.at("pictures.safetensors"), tensors,
                    {{"source", "made up"}, {"licence", "CC0-1.0"}});
}

DespeckleOptions small() {
  DespeckleOptions options;
  options.network = {.channels = 4, .levels = 2, .blocks = 1};
  options.patch = 32;
  options.held_out = 2;
  return options;
}

TEST(DespeckleTask, SamplesAreAFunctionOfTheirNumbers) {
  const TestFolder folder;
  write_pictures(folder, 6);
  const auto task = despeckle_task(folder.at("pictures.safetensors"), small());
  const auto same = [&](std::int64_t step, std::int64_t other) {
    const Example a = task->sample(3, step, 1), b = task->sample(3, other, 1);
    return std::equal(a.inputs[0].data(), a.inputs[0].data() + a.inputs[0].size(), b.inputs[0].data());
  };
  EXPECT_TRUE(same(5, 5));
  EXPECT_FALSE(same(5, 6));
  EXPECT_EQ(task->validation_size(), 6);  // two pictures at three looks
}

TEST(DespeckleTask, ThePictureWithoutSpeckleCostsNothing) {
  const TestFolder folder;
  write_pictures(folder, 6);
  const auto task = despeckle_task(folder.at("pictures.safetensors"), small());
  const Example example = task->validation(1);  // four looks
  const auto tensor = [](const nn::Tensor& t) {
    std::vector<std::int64_t> shape{1};
    shape.insert(shape.end(), t.shape.begin(), t.shape.end());
    return torch::from_blob(const_cast<float*>(t.data()), shape).clone();  // from_blob takes no const
  };
  const torch::Tensor input = tensor(example.inputs[0]), clean = tensor(example.targets[0]),
                      mean = tensor(example.targets[1]);
  EXPECT_NEAR(std::exp(input.select(1, 2).mean().item<double>()), 4, 1e-5);
  const torch::Tensor perfect = (clean / mean.reshape({-1, 1, 1, 1})).log();
  EXPECT_NEAR(task->loss({perfect}, {clean, mean}).item<double>(), 0, 1e-9);
  EXPECT_GT(task->loss({input.slice(1, 0, 1)}, {clean, mean}).item<double>(), 0.1);
  for (const auto& [name, value] : task->metrics({input}, {perfect}, {clean, mean})) {
    if (name == "psnr 4") {
      EXPECT_GT(value, 100);
    } else if (name == "psnr noisy 4") {
      EXPECT_LT(value, 30);
    } else {
      EXPECT_TRUE(std::isnan(value)) << name;
    }
  }
}

TEST(DespeckleTask, CardSaysWhereThePicturesComeFrom) {
  const TestFolder folder;
  write_pictures(folder, 6);
  const nn::Card card = despeckle_task(folder.at("pictures.safetensors"), small())->card();
  ASSERT_EQ(card.training.data.size(), 3U);
  EXPECT_EQ(card.training.data[0].name, "4 pictures");
  EXPECT_EQ(card.training.data[0].source, "made up");
  EXPECT_EQ(card.training.data[2].name, "2 other pictures");
  EXPECT_EQ(card.training.data[2].licence, "CC0-1.0");
}

TEST(DespeckleTask, NamesTheOptionAtFault) {
  const TestFolder folder;
  write_pictures(folder, 6);
  const auto refusal = [&](const DespeckleOptions& options) -> std::string {
    try {
      despeckle_task(folder.at("pictures.safetensors"), options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  DespeckleOptions options = small();
  options.held_out = 4;
  EXPECT_EQ(refusal(options), "held_out is 4, expected 1 to half of the pictures");
  options = small();
  options.lambda = 2;
  EXPECT_EQ(refusal(options), "lambda is 2, expected 0 to 1");
  options = small();
  options.patch = 256;
  EXPECT_NE(refusal(options).find("expected [D,H,W] with slices of 256 pixels or more"), std::string::npos);
}

}  // namespace
}  // namespace sg::train

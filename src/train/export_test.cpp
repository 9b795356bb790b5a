#include "train/export.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "nn/engine.h"
#include "nn/safetensors.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

TEST(Export, LeavesAModelThatTheEngineComputesAsTheCardSays) {
  const TestFolder folder;
  TrainOptions options;
  options.steps = 4;
  options.threads = 1;
  Group alone;
  TrainRun run{folder.at("run"), false, alone, {}, {}};
  run.model = {.name = "straight",
               .version = "3",
               .licence = "Apache-2.0",
               .command = "shaoguang-train line",
               .type = nn::DType::f16};
  train(LineTask(), options, run);

  const nn::Card card = nn::read_card(folder.at("run/card.json"));
  EXPECT_EQ(card.name, "straight");
  EXPECT_EQ(card.version, "3");
  EXPECT_EQ(card.training.command, "shaoguang-train line");
  EXPECT_EQ(card.training.steps, 4);
  ASSERT_EQ(card.metrics.size(), 2U);
  EXPECT_EQ(card.metrics[1].name, "mean error");
  EXPECT_EQ(card.metrics[1].on, "three examples");
  EXPECT_EQ(card.metrics[1].count, 3);
  EXPECT_EQ(folder.read("run/card.md"), nn::to_markdown(card));

  const nn::TensorFile file = nn::TensorFile::open(folder.at("run/weights.safetensors"));
  EXPECT_EQ(file.sha256(), card.weights.sha256);
  EXPECT_EQ(file.entry("first.weight").dtype, nn::DType::f16);
  nn::NamedTensors weights;
  for (const std::string& name : file.names()) weights.emplace_back(name, file.tensor(name));
  ASSERT_TRUE(card.check.has_value());
  const std::vector<nn::Tensor> inputs = nn::check_inputs(*card.check);
  nn::Engine engine(card.graph, weights, card.check->inputs);
  const auto got = nn::check_results(engine.run({&inputs[0]}));
  ASSERT_EQ(got.size(), card.check->results.size());
  EXPECT_NEAR(got[0].mean, card.check->results[0].mean, 1e-5);
  EXPECT_NEAR(got[0].last, card.check->results[0].last, 1e-5);
  EXPECT_GT(got[0].deviation, 0.01);
}

TEST(Export, ANameThatNoCardTakesIsRefusedBeforeTheFirstStep) {
  const TestFolder folder;
  Group alone;
  TrainRun run{folder.at("run"), false, alone, {}, {}};
  run.model.name = "a/b";
  run.report = [](const StepReport&) { FAIL() << "a step was done"; };
  EXPECT_THROW(train(LineTask(), TrainOptions{.steps = 2, .threads = 1}, run), Error);
  EXPECT_FALSE(std::filesystem::exists(folder.at("run/checkpoint.safetensors")));
}

}  // namespace
}  // namespace sg::train

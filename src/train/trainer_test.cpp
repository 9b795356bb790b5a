#include "train/trainer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "train/tasks/brain.h"
#include "train/tasks/denoise.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

TrainOptions quick(std::int64_t steps) {
  TrainOptions options;
  options.steps = steps;
  options.batch = 2;
  options.threads = 1;
  options.seed = 3;
  return options;
}

TrainResult run(const Task& task, const TrainOptions& options, const std::string& folder, bool resume = false,
                std::int64_t stop_after = 0) {
  Group alone;
  Context context;
  return train(task, options,
               {folder, resume, alone,
                [&](const StepReport& now) {
                  if (now.step == stop_after) context.cancel();
                },
                context});
}

/// Weights of a training that was interrupted twice and of one that was not.
void expect_same_weights(const Task& task, const TrainOptions& options) {
  const TestFolder folder;
  const TrainResult whole = run(task, options, folder.at("whole"));
  EXPECT_FALSE(whole.interrupted);
  EXPECT_TRUE(run(task, options, folder.at("parts"), false, 2).interrupted);
  EXPECT_TRUE(run(task, options, folder.at("parts"), true, 5).interrupted);
  const TrainResult parts = run(task, options, folder.at("parts"), true);
  EXPECT_EQ(parts.steps, whole.steps);
  EXPECT_EQ(parts.validation, whole.validation);
  EXPECT_EQ(folder.read("whole/weights.safetensors"), folder.read("parts/weights.safetensors"));
  const auto lines = [&](const std::string& name) {
    const std::string text = folder.read(name);
    return std::count(text.begin(), text.end(), '\n');
  };
  EXPECT_EQ(lines("parts/metrics.jsonl"), whole.steps);
}

TEST(Trainer, LearnsALine) {
  const TestFolder folder;
  TrainOptions options = quick(150);
  options.schedule.rate = 0.02;
  const TrainResult result = run(LineTask(), options, folder.at("run"));
  EXPECT_LT(result.validation[0].second, 0.2);
  EXPECT_EQ(result.validation[1].first, "mean error");
}

TEST(Trainer, ResumesBitForBitWithBatchNormAverageAndPlateau) {
  TrainOptions options = quick(9);
  options.average = 0.9;
  options.clip = 1;
  options.validate_every = 2;
  options.schedule.decay = Decay::plateau;
  options.schedule.rate = 0.3;  // so high that the loss does not fall and the plateau drops
  options.schedule.patience = 1;
  options.patience = 100;
  expect_same_weights(LineTask(), options);
}

TEST(Trainer, ResumesBitForBitWithSgd) {
  TrainOptions options = quick(8);
  options.optimizer.method = Method::sgd;
  options.generators = 3;
  expect_same_weights(LineTask(), options);
}

TEST(Trainer, ResumesBitForBitOnTheDenoiser) {
  DenoiseOptions denoise;
  denoise.network = {.channels = 4, .levels = 2};
  denoise.patch = 12;
  denoise.validation_pictures = 2;
  TrainOptions options = quick(8);
  options.average = 0.99;
  expect_same_weights(*denoise_task("", denoise), options);
}

TEST(Trainer, ResumesBitForBitOnTheBrain) {
  const TestFolder data;
  BrainOptions brain;
  brain.simulation.size = {12, 16, 12};
  brain.simulation.spacing = 4;
  brain.channels = {4, 4};
  brain.held_out = {"seg_b"};
  brain.validation_scans = 2;
  TrainOptions options = quick(8);
  options.batch = 1;
  options.average = 0.99;
  expect_same_weights(*brain_task(write_head_maps(data), brain), options);
}

TEST(Trainer, StopsEarlyAndKeepsTheBest) {
  const TestFolder folder;
  TrainOptions options = quick(60);
  options.schedule.decay = Decay::constant;
  options.schedule.rate = 1e-12;  // nothing changes but the statistics of the batch norm
  options.validate_every = 2;
  options.patience = 3;
  const TrainResult result = run(LineTask(), options, folder.at("run"));
  const auto record = nlohmann::json::parse(folder.read("run/training.json"));
  EXPECT_EQ(record.at("stopped_early"), result.stopped_early);
  EXPECT_EQ(record.at("weights"), "best validation");
  EXPECT_EQ(result.stopped_early, result.steps < 60);
}

TEST(Trainer, WritesWhatACardNeeds) {
  const TestFolder folder;
  TrainOptions options = quick(3);
  options.checkpoint_every = 2;
  run(LineTask(), options, folder.at("run"));
  const auto record = nlohmann::json::parse(folder.read("run/training.json"));
  for (const char* key : {"task", "facts", "parameters", "options", "steps_done", "examples_seen", "seconds",
                          "hardware", "validation", "weights", "processes"})
    EXPECT_TRUE(record.contains(key)) << key;
  EXPECT_EQ(record.at("options").at("seed"), 3);
  EXPECT_EQ(record.at("examples_seen"), 6);
  EXPECT_FALSE(record.at("hardware").at("libtorch").get<std::string>().empty());
  std::istringstream lines(folder.read("run/metrics.jsonl"));
  std::string line;
  std::getline(lines, line);
  const auto entry = nlohmann::json::parse(line);
  for (const char* key : {"step", "loss", "learning_rate", "seconds"})
    EXPECT_TRUE(entry.contains(key)) << key;
  const nn::TensorFile weights = nn::TensorFile::open(folder.at("run/weights.safetensors"));
  EXPECT_EQ(weights.names().size(), nn::parameters(LineTask().graph()).size());
}

std::string refusal(const TrainOptions& options, const std::string& folder, bool resume = false) {
  try {
    run(LineTask(), options, folder, resume);
  } catch (const Error& error) {
    return error.field() + ": " + error.what();
  }
  return "";
}

TEST(Trainer, NamesWhatIsWrongWithTheOptions) {
  const TestFolder folder;
  const auto with = [&](auto change) {
    TrainOptions options = quick(3);
    change(options);
    return refusal(options, folder.at("never"));
  };
  EXPECT_EQ(with([](auto& o) { o.steps = 0; }), "steps: steps is 0, expected 1 or more");
  EXPECT_EQ(with([](auto& o) { o.batch = -1; }), "batch: batch is -1, expected 1 or more");
  EXPECT_EQ(with([](auto& o) { o.device = "abacus"; }),
            "device: device is \"abacus\", expected cpu, cuda or cuda:<number>");
  EXPECT_EQ(with([](auto& o) { o.average = 1; }), "average: average is 1, expected 0 to less than 1");
  EXPECT_EQ(with([](auto& o) { o.mixed = true; }), "mixed: mixed is on, expected a CUDA device with it");
  EXPECT_EQ(with([](auto& o) { o.patience = 2; }),
            "validate_every: validate_every is 0, expected 1 or more with patience or plateau");
  EXPECT_EQ(with([](auto& o) { o.schedule.rate = -1; }), "rate: rate is -1, expected a number > 0");
  if (!torch::cuda::is_available()) {
    EXPECT_EQ(with([](auto& o) { o.device = "cuda"; }),
              "device: device cuda: this libtorch sees 0 of that kind");
  }
}

TEST(Trainer, GoesOnOnlyWithWhatItBegan) {
  const TestFolder folder;
  run(LineTask(), quick(2), folder.at("run"));
  EXPECT_NE(refusal(quick(2), folder.at("run")).find("holds a training"), std::string::npos);
  TrainOptions other = quick(2);
  other.schedule.rate = 0.5;
  EXPECT_EQ(refusal(other, folder.at("run"), true),
            "rate: rate is 0.5, but the training to go on with has 0.001");
  folder.write("run/checkpoint.safetensors", "no checkpoint");
  EXPECT_NE(refusal(quick(2), folder.at("run"), true), "");
}

TEST(Trainer, BeginsWithTheWeightsOfAnotherTraining) {
  const TestFolder folder;
  TrainOptions options = quick(150);
  options.schedule.rate = 0.02;
  const double learnt = run(LineTask(), options, folder.at("first")).validation[0].second;
  options = quick(1);
  options.schedule.rate = 1e-9;
  const double fresh = run(LineTask(), options, folder.at("fresh")).validation[0].second;
  options.start = folder.at("first/weights.safetensors");
  const double begun = run(LineTask(), options, folder.at("second")).validation[0].second;
  EXPECT_LT(begun, fresh / 2);
  EXPECT_NEAR(begun, learnt, 0.1 * learnt + 0.05);
  options.start = folder.at("nothing.safetensors");
  EXPECT_NE(refusal(options, folder.at("third")), "");
}

TEST(Trainer, SaysWhenTheLossIsNoNumber) {
  const TestFolder folder;
  TrainOptions options = quick(60);
  options.optimizer.method = Method::sgd;
  options.schedule.rate = 1e30;
  EXPECT_NE(refusal(options, folder.at("run")).find("the learning rate may be too high"), std::string::npos);
}

}  // namespace
}  // namespace sg::train

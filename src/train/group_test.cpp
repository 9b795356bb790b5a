#include "train/group.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "train/train_fixture.h"

namespace sg::train {
namespace {

std::string refusal() {
  try {
    join_group(torch::kCPU);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Group, NamesTheVariableThatIsMissingOrWrong) {
  setenv("WORLD_SIZE", "2", 1);
  EXPECT_EQ(refusal(), "2 processes, but RANK is not set");
  setenv("RANK", "2", 1);
  EXPECT_EQ(refusal(), "RANK is \"2\", expected a number from 0 to 1");
  setenv("RANK", "1", 1);
  EXPECT_EQ(refusal(), "2 processes, but MASTER_ADDR is not set");
  setenv("WORLD_SIZE", "two", 1);
  EXPECT_EQ(refusal(), "WORLD_SIZE is \"two\", expected a number from 1 to 65536");
  unsetenv("WORLD_SIZE");
  unsetenv("RANK");
  EXPECT_EQ(join_group(torch::kCPU)->size(), 1);
}

/// One process with batch 2 and two processes with batch 1 see the same examples: the same weights but for
/// rounding. Run as the program, as a launcher would.
TEST(Group, TwoProcessesTrainLikeOneWithTwiceTheBatch) {
  const TestFolder folder;
  const std::string common =
      " denoise --channels 4 --levels 2 --patch 12 --steps 6 --warm-up 0 --average 0"
      " --threads 1 --seed 5 --clip 0 --optimizer sgd --rate 0.0001";
  const std::string program = SG_TRAIN_PROGRAM;
  const std::string quiet = " 2>>" + folder.at("log");
  const int port = 20000 + static_cast<int>(getpid() % 20000);
  ASSERT_EQ(std::system((program + common + " --batch 2 --out " + folder.at("one") + quiet).c_str()), 0);
  const auto process = [&](int rank) {
    return "WORLD_SIZE=2 RANK=" + std::to_string(rank) +
           " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(port) + " " + program + common +
           " --batch 1 --out " + folder.at("two") + quiet;
  };
  ASSERT_EQ(std::system(("(" + process(1) + ") & " + process(0) + " && wait $!").c_str()), 0)
      << folder.read("log");
  const nn::TensorFile one = nn::TensorFile::open(folder.at("one/weights.safetensors"));
  const nn::TensorFile two = nn::TensorFile::open(folder.at("two/weights.safetensors"));
  const NamedWeights first = nn::initial_weights(nn::denoiser({.channels = 4, .levels = 2}), 5);
  for (const auto& [name, before] : first) {
    const nn::Tensor a = one.tensor(name), b = two.tensor(name);
    double moved = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(a.data()[i], b.data()[i], 1e-6) << name;
      moved = std::max(moved, static_cast<double>(std::abs(a.data()[i] - before.data()[i])));
    }
    EXPECT_GT(moved, 1e-4) << name;
  }
}

}  // namespace
}  // namespace sg::train

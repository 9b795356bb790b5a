#include "op/staging.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "core/error.h"
#include "core/rng.h"
#include "core/test_folder.h"
#include "op/runner.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Staging, FilesAppearOnCommitOnly) {
  const TestFolder folder;
  {
    Staging staging;
    const auto staged = staging.stage(folder.path / "a.txt", false);
    std::ofstream(staged) << "new";
    EXPECT_EQ(staged.filename(), "a.txt");
    EXPECT_FALSE(std::filesystem::exists(folder.path / "a.txt"));
    staging.commit();
    EXPECT_EQ(folder.read("a.txt"), "new");
  }
  EXPECT_THAT(folder.names(), ElementsAre("a.txt"));
}

TEST(Staging, WithoutCommitNothingChanges) {
  const TestFolder folder;
  folder.write("a.txt", "old");
  {
    Staging staging;
    std::ofstream(staging.stage(folder.path / "a.txt", true)) << "new";
  }
  EXPECT_EQ(folder.read("a.txt"), "old");
  EXPECT_THAT(folder.names(), ElementsAre("a.txt"));
}

TEST(Staging, CompanionFilesComeAlong) {
  const TestFolder folder;
  Staging staging;
  const auto header = staging.stage(folder.path / "a.mhd", false);
  std::ofstream(header) << "header";
  std::ofstream(header.parent_path() / "a.raw") << "voxels";
  staging.commit();
  EXPECT_EQ(folder.read("a.raw"), "voxels");
  EXPECT_EQ(folder.read("a.mhd"), "header");
}

TEST(Staging, AFileThatAppearedMeanwhileIsNotReplaced) {
  const TestFolder folder;
  Staging staging;
  std::ofstream(staging.stage(folder.path / "a.txt", false)) << "new";
  folder.write("a.txt", "somebody else's");
  try {
    staging.commit();
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::conflict);
  }
  EXPECT_EQ(folder.read("a.txt"), "somebody else's");
}

TEST(Staging, FoldersAreReplacedWhole) {
  const TestFolder folder;
  std::filesystem::create_directory(folder.path / "series");
  folder.write("series/old", "1");
  Staging staging;
  const auto staged = staging.stage(folder.path / "series", true);
  std::filesystem::create_directory(staged);
  std::ofstream(staged / "new") << "2";
  staging.commit();
  EXPECT_FALSE(std::filesystem::exists(folder.path / "series/old"));
  EXPECT_EQ(folder.read("series/new"), "2");
}

TEST(Staging, Refusals) {
  const TestFolder folder;
  const auto code = [&](const std::string& target) {
    try {
      Staging staging;
      staging.stage(folder.path / "twice", false);
      staging.stage(target, false);
    } catch (const Error& e) {
      return e.code();
    }
    return ErrorCode::internal;
  };
  EXPECT_EQ(code(folder.at("twice")), ErrorCode::conflict);
  EXPECT_EQ(code(folder.at("none/x")), ErrorCode::not_found);
  EXPECT_EQ(code(folder.at("")), ErrorCode::invalid_input);
  EXPECT_EQ(code("."), ErrorCode::invalid_input);
}

TEST(Staging, SweepsWhatDeadRunsLeft) {
  const TestFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    Staging staging;
    std::ofstream(staging.stage(folder.path / "a.txt", false)) << "half";
    kill(getpid(), SIGKILL);
  }
  waitpid(child, nullptr, 0);
  ASSERT_EQ(folder.names().size(), 1u);
  EXPECT_THAT(folder.names().front(), HasSubstr(".shaoguang-"));
  {
    Staging staging;
    staging.stage(folder.path / "b.txt", false);
    ASSERT_EQ(folder.names().size(), 1u) << "only the living run's folder is left";
  }
  EXPECT_TRUE(folder.names().empty());
}

/// Kills a run at random moments, many times: under a final name there is nothing or the whole file.
TEST(Staging, AKilledRunLeavesNoPartialFile) {
  const TestFolder folder;
  std::string facts = "{\"a\": [";
  for (int i = 0; i < 40000; ++i) facts += fmt::format("{}, ", i);
  folder.write("facts.json", facts + "0]}");
  const Operation sample = sample_operation();
  Request request;
  request.inputs["facts"] = folder.at("facts.json");
  request.outputs = {{"copied", folder.at("copy.json")}, {"report", folder.at("report.html")}};

  const auto started = std::chrono::steady_clock::now();
  run(sample, request, Context());
  const auto duration =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started);
  const std::string copy = folder.read("copy.json");

  Rng rng(1);
  std::map<bool, int> finished;
  for (int trial = 0; trial < 60; ++trial) {
    for (const char* name : {"copy.json", "report.html", "copy.run.json"})
      std::filesystem::remove(folder.path / name);
    const pid_t child = fork();
    if (child == 0) {
      run(sample, request, Context());
      _exit(0);
    }
    usleep(static_cast<useconds_t>(rng.uniform(0, 1.3) * static_cast<double>(duration.count())));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    const auto written = folder.names();
    const auto has = [&](const char* name) {
      return std::find(written.begin(), written.end(), name) != written.end();
    };
    EXPECT_TRUE(!has("copy.json") || folder.read("copy.json") == copy);
    EXPECT_TRUE(!has("report.html") || folder.read("report.html").ends_with("</html>\n"));
    EXPECT_TRUE(!has("copy.run.json") ||
                !Json::parse(folder.read("copy.run.json"), nullptr, false).is_discarded());
    ++finished[WIFEXITED(status)];
  }
  EXPECT_GT(finished[false], 10) << "most trials must really interrupt";
}

}  // namespace
}  // namespace sg::op

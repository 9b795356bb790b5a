#include "app/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "op/test_operations.h"

namespace sg::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

std::vector<std::string> words(const Arguments& typed) {
  std::vector<std::string> found;
  for (const auto& item : complete({op::sample_operation()}, typed).items) found.push_back(item.word);
  return found;
}

TEST(Completion, ModulesVerbsOptionsChoices) {
  EXPECT_THAT(words({"d"}), ElementsAre("demo", "docs"));
  EXPECT_THAT(words({"demo", ""}), ElementsAre("sample_all"));
  EXPECT_THAT(words({"demo", "sample_all", "--la"}), ElementsAre("--lambda"));
  EXPECT_THAT(words({"demo", "sample_all", "--scheme", ""}), ElementsAre("explicit", "aos", "fed"));
  EXPECT_THAT(words({"demo", "sample_all", "--scheme", "a"}), ElementsAre("aos"));
  EXPECT_THAT(words({"demo", "sample_all", "--smooth", "--"}), Not(Contains("--smooth")));
  EXPECT_THAT(words({"demo", "sample_all", "--"}), Contains("--no_smooth"));
  EXPECT_THAT(words({"completion", "z"}), ElementsAre("zsh"));
  EXPECT_THAT(words({"nothing", "here", ""}), ElementsAre());
}

TEST(Completion, FilesByKind) {
  const Completions output = complete({op::sample_operation()}, {"demo", "sample_all", "--report", ""});
  EXPECT_TRUE(output.files);
  EXPECT_THAT(output.endings, ElementsAre(".html"));
  EXPECT_EQ(completion_lines(output), ":files .html\n");
  EXPECT_FALSE(complete({op::sample_operation()}, {"demo", "sample_all", "--lambda", ""}).files);
  EXPECT_TRUE(complete({op::sample_operation()}, {"demo", "sample_all", ""}).files);  // the positional input
}

TEST(Completion, Scripts) {
  for (const char* shell : {"bash", "zsh", "fish"})
    EXPECT_NE(completion_script(shell).find("shaoguang complete --"), std::string::npos);
  EXPECT_THROW(completion_script("csh"), Error);
}

}  // namespace
}  // namespace sg::app

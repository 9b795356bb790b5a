#include "core/context.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/parallel.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;

struct Recorder {
  std::vector<std::pair<double, std::string>> steps;
  explicit Recorder(Context& context) {
    context.on_progress(
        [this](double fraction, const std::string& stage) { steps.emplace_back(fraction, stage); });
  }
};

TEST(Context, PartsMoveWithinTheirShare) {
  Context context;
  const Recorder seen(context);
  const Context first = context.part(0, 0.5, "first"), inner = first.part(0.5, 1);
  first.progress(0.5);
  inner.progress(0.5);
  context.part(0.5, 1, "second").progress(1);
  EXPECT_EQ(seen.steps,
            (std::vector<std::pair<double, std::string>>{
                {0, "first"}, {0.25, "first"}, {0.375, "first"}, {0.5, "second"}, {1, "second"}}));
}

TEST(Context, ProgressNeverMovesBackwards) {
  Context context;
  const Recorder seen(context);
  for (double fraction : {0.5, 0.2, 0.5, 0.7, -3.0, 9.0, 0.9}) context.progress(fraction);
  std::vector<double> fractions;
  for (const auto& step : seen.steps) fractions.push_back(step.first);
  EXPECT_EQ(fractions, (std::vector<double>{0.5, 0.7, 1}));
}

TEST(Context, IsMonotoneUnderParallelWork) {
  Context context;
  const Recorder seen(context);
  parallel_for(
      10000, [](std::int64_t, std::int64_t) {}, context, 7);
  ASSERT_FALSE(seen.steps.empty());
  for (std::size_t i = 1; i < seen.steps.size(); ++i) EXPECT_GT(seen.steps[i].first, seen.steps[i - 1].first);
  EXPECT_EQ(seen.steps.back().first, 1);
}

TEST(Context, SilentReportsNothingButCancels) {
  Context context;
  const Recorder seen(context);
  const Context quiet = context.silent();
  quiet.progress(0.5);
  EXPECT_TRUE(seen.steps.empty());
  context.cancel();
  EXPECT_TRUE(quiet.cancelled());
  EXPECT_EQ(error_of([&] { quiet.progress(0.6); }), ErrorCode::cancelled);
  EXPECT_EQ(error_of([&] { quiet.check(); }), ErrorCode::cancelled);
}

TEST(Context, LogsToItsSink) {
  Context context;
  std::vector<std::string> lines;
  context.on_log([&](LogLevel level, const std::string& text) {
    lines.push_back(std::to_string(static_cast<int>(level)) + text);
  });
  context.part(0, 1, "a").warn("careful");
  context.silent().log(LogLevel::debug, "detail");
  EXPECT_EQ(lines, (std::vector<std::string>{"2careful", "0detail"}));
  EXPECT_NO_THROW(Context().warn("nobody listens"));
}

TEST(Context, StreamsDependOnSeedAndNameAlone) {
  EXPECT_EQ(Context(5).rng("noise").next(), Context(5).part(0, 0.5).rng("noise").next());
  EXPECT_NE(Context(5).rng("noise").next(), Context(6).rng("noise").next());
  EXPECT_NE(Context(5).rng("noise").next(), Context(5).rng("bias").next());
  EXPECT_EQ(Context(5).seed(), 5U);
}

}  // namespace
}  // namespace sg

// The scheduler with the real program: runs as processes of their own.

#include "platform/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "app/operations.h"
#include "core/error.h"
#include "op/check.h"

namespace sg::test {
namespace {

namespace fs = std::filesystem;
using platform::RunState;
using platform::Scheduler;
using platform::Workspace;
using testing::HasSubstr;
using testing::IsEmpty;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    std::string pattern = (fs::temp_directory_path() / "sg_scheduler_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    workspace_ = std::make_unique<Workspace>(folder_ / "w", true);
  }
  ~SchedulerTest() override {
    workspace_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Workspace& w() { return *workspace_; }
  std::string example(const std::string& name) {
    return w().import(fs::canonical(fs::path(SG_EXAMPLE_DATA) / name)).id;
  }
  std::string submit(const std::string& operation, const platform::RunRequest& request) {
    const platform::Run run = platform::prepare_run(w(), op::find(operations_, operation), request);
    w().store().add(std::vector{run});
    return run.id;
  }
  /// Waits until `done`, at most half a minute.
  template <class Done>
  void until(const Done& done) {
    for (int i = 0; i < 600 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(done());
  }
  RunState state(const std::string& run) { return w().store().run(run).state; }
  std::string slow_run() {
    platform::RunRequest request;
    const std::string fixed = example("ch2.nii.gz"), moving = example("acquired.nii.gz");
    request.inputs = {{"fixed", fixed}, {"moving", moving}};
    request.parameters = {{"finest_spacing", 1}, {"iterations", 500}};
    request.cache = false;
    return submit("registration.affine", request);
  }

  const std::vector<op::Operation> operations_ = app::operations();
  fs::path folder_;
  std::unique_ptr<Workspace> workspace_;
};

TEST_F(SchedulerTest, InspectsAndRunsInProcessesOfTheirOwn) {
  const std::string brain = example("brain.nii.gz");
  platform::RunRequest request;
  request.inputs = {{"image", brain}};
  std::vector<std::string> runs;
  for (const char* type : {"int16", "uint8", "float64"}) {
    request.parameters = {{"type", type}};
    runs.push_back(submit("image.convert", request));
  }
  Scheduler scheduler(w(), {.program = SG_PROGRAM, .slots = 2});
  until([&] {
    return std::all_of(runs.begin(), runs.end(),
                       [&](const std::string& run) { return is_finished(state(run)); });
  });
  until([&] { return w().store().artifact(brain).state == platform::ArtifactState::ready; });
  for (const std::string& run : runs) {
    EXPECT_EQ(state(run), RunState::succeeded) << op::dump(w().store().run(run).error);
    EXPECT_NE(w().store().run(run).process, ::getpid());
  }
  EXPECT_THAT(w().check(), IsEmpty());
}

TEST_F(SchedulerTest, ShowsProgressAndCancels) {
  const std::string run = slow_run();
  std::mutex mutex;
  double furthest = 0;
  Scheduler scheduler(w(), {.program = SG_PROGRAM},
                      [&](const std::string& id, const platform::Progress& progress) {
                        const std::lock_guard lock(mutex);
                        EXPECT_EQ(id, run);
                        furthest = std::max(furthest, progress.fraction);
                      });
  until([&] {
    const std::lock_guard lock(mutex);
    return furthest > 0;
  });
  EXPECT_TRUE(w().store().request_cancel(run));
  scheduler.wake();
  until([&] { return is_finished(state(run)); });
  EXPECT_EQ(state(run), RunState::cancelled);
}

TEST_F(SchedulerTest, AKilledRunFailsAndTheNextOneStarts) {
  const std::string first = slow_run();
  platform::RunRequest request;
  request.inputs = {{"image", example("brain.nii.gz")}};
  const std::string second = submit("image.convert", request);
  Scheduler scheduler(w(), {.program = SG_PROGRAM});
  until([&] { return state(first) == RunState::running; });
  EXPECT_EQ(state(second), RunState::queued) << "there is one slot";
  ::kill(static_cast<pid_t>(w().store().run(first).process), SIGKILL);
  until([&] { return is_finished(state(second)); });
  EXPECT_EQ(state(first), RunState::failed);
  EXPECT_THAT(w().store().run(first).error["detail"].get<std::string>(), HasSubstr("ended without a result"));
  EXPECT_EQ(state(second), RunState::succeeded);
}

TEST_F(SchedulerTest, ARunOutlivesItsScheduler) {
  const std::string run = slow_run();
  {
    Scheduler scheduler(w(), {.program = SG_PROGRAM});
    EXPECT_THROW(Scheduler(w(), {.program = SG_PROGRAM}), Error) << "one scheduler a workspace";
    until([&] { return state(run) == RunState::running; });
  }
  Scheduler next(w(), {.program = SG_PROGRAM});
  EXPECT_EQ(state(run), RunState::running);
  w().store().request_cancel(run);
  next.wake();
  until([&] { return is_finished(state(run)); });
  EXPECT_EQ(state(run), RunState::cancelled);
}

}  // namespace
}  // namespace sg::test

#include "platform/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "core/error.h"
#include "core/sha256.h"
#include "image/operations.h"
#include "io/files.h"
#include "io/image_io.h"
#include "op/declare.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Counts to `steps`, ten milliseconds each; then says so, or fails.
struct Count {
  int steps = 3;
  bool fail = false;
  double seed = 0;
  std::optional<Table> counted;
};

op::Operation count_operation() {
  return op::Declare<Count>("demo.count", "Counts.")
      .description("Slowly.")
      .param(&Count::steps, "steps", "how far")
      .in(1, 1000)
      .param(&Count::fail, "fail", "fail at the end")
      .output(&Count::seed, "seed", "a number drawn")
      .unit("1")
      .output(&Count::counted, "counted", "the numbers")
      .cites("Counting")
      .example("", {})
      .run([](Count& c, const Context& context) {
        for (int i = 0; i < c.steps; ++i) {
          context.progress(static_cast<double>(i) / c.steps);
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        c.seed = context.rng("x").uniform();
        context.warn("counted");
        if (c.fail) throw Error(ErrorCode::invalid_input, "counting failed as asked", "fail");
        if (c.counted) c.counted->columns.push_back({.name = "n", .values = std::vector<double>{1, 2, 3}});
      });
}

std::vector<op::Operation> operations() {
  return {count_operation(), image::info_operation(), image::convert_operation(), image::view_operation()};
}

class JobTest : public testing::Test {
 protected:
  JobTest() {
    std::string pattern = (fs::temp_directory_path() / "sg_job_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    workspace_ = std::make_unique<Workspace>(folder_ / "w", true);
  }
  ~JobTest() override {
    workspace_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Workspace& w() { return *workspace_; }
  platform::Run prepared(const std::string& operation, const RunRequest& request) {
    const std::vector<op::Operation> all = operations();
    return prepare_run(w(), op::find(all, operation), request);
  }
  platform::Run ran(const std::string& operation, const RunRequest& request) {
    const platform::Run run = prepared(operation, request);
    w().store().add(std::vector{run});
    if (run.state == RunState::queued) run_job(w(), operations(), run.id);
    return w().store().run(run.id);
  }
  Artifact volume() {
    Grid grid;
    grid.size = {12, 10, 8};
    Volume<float> image(grid);
    for (std::int64_t i = 0; i < image.size(); ++i) image.data()[i] = static_cast<float>(i % 97);
    io::write_image(image, folder_ / "v.nii.gz");
    return w().inspect(w().import(folder_ / "v.nii.gz").id).at(0);
  }

  fs::path folder_;
  std::unique_ptr<Workspace> workspace_;
};

template <class Work>
Error error_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an error";
  return {ErrorCode::internal, ""};
}

TEST_F(JobTest, OutputsBecomeArtifactsWithLineage) {
  const Artifact v = volume();
  RunRequest request;
  request.inputs = {{"image", v.id}};
  request.parameters = {{"type", "int16"}};
  const platform::Run run = ran("image.convert", request);
  ASSERT_EQ(run.state, RunState::succeeded) << op::dump(run.error);
  const Artifact out = w().store().artifact(run.outputs["converted"]["artifact"].get<std::string>());
  EXPECT_EQ(out.kind, "volume");
  EXPECT_EQ(out.state, ArtifactState::ready);
  EXPECT_EQ(out.origin_run, run.id);
  EXPECT_EQ(out.properties["pixel_type"], "int16");
  EXPECT_FALSE(out.thumbnail.empty());
  EXPECT_EQ(run.record["outputs"]["converted"]["sha256"], out.files[0].sha256);
  EXPECT_EQ(run.record["outputs"]["converted"]["artifact"], out.id);
  EXPECT_EQ(op::dump(run.record).find(folder_.string()), std::string::npos)
      << "places on this machine are private";
  EXPECT_GT(run.peak_memory, 1 << 20);
  EXPECT_GT(run.cpu_seconds, 0);
  EXPECT_FALSE(fs::exists(w().run_folder(run.id)));
  EXPECT_THAT(w().references(v.id).artifacts, ElementsAre(out.id));
  EXPECT_THAT(w().check(), IsEmpty());
}

TEST_F(JobTest, PicturesAndValuesComeOut) {
  RunRequest request;
  request.inputs = {{"image", volume().id}};
  const platform::Run run = ran("image.view", request);
  ASSERT_EQ(run.state, RunState::succeeded) << op::dump(run.error);
  const Artifact picture = w().store().artifact(run.outputs["picture"]["artifact"].get<std::string>());
  EXPECT_EQ(picture.kind, "picture");
  EXPECT_EQ(picture.format, "PNG");

  RunRequest count;
  count.seed = 5;
  const platform::Run counted = ran("demo.count", count);
  ASSERT_EQ(counted.state, RunState::succeeded) << op::dump(counted.error);
  EXPECT_EQ(counted.outputs["seed"]["value"], Context(5).rng("x").uniform());
  EXPECT_EQ(w().store().artifact(counted.outputs["counted"]["artifact"].get<std::string>()).kind, "table");
  EXPECT_THAT(counted.warnings, ElementsAre("counted"));
}

TEST_F(JobTest, FailureKeepsTheProblemAndNothingElse) {
  RunRequest request;
  request.parameters = {{"fail", true}};
  const platform::Run run = ran("demo.count", request);
  EXPECT_EQ(run.state, RunState::failed);
  EXPECT_EQ(run.error["detail"], "counting failed as asked");
  EXPECT_EQ(run.error["field"], "fail");
  EXPECT_EQ(w().store().artifacts({}).total, 0);
}

TEST_F(JobTest, RequestsAreJudgedInTheSameWords) {
  const Artifact v = volume();
  io::write_file(folder_ / "t.csv", "x\n1\n");
  const Artifact table = w().inspect(w().import(folder_ / "t.csv").id).at(0);
  const auto refused = [&](const std::string& operation, const RunRequest& request) {
    return error_of([&] { prepared(operation, request); });
  };
  RunRequest request;
  request.parameters = {{"steps", 0}};
  EXPECT_STREQ(refused("demo.count", request).what(), "steps is 0, expected a whole number from 1 to 1000");
  request.parameters = {{"step", 3}};
  EXPECT_THAT(refused("demo.count", request).what(), HasSubstr("did you mean steps?"));
  request = {};
  EXPECT_EQ(refused("image.convert", request).field(), "image");
  request.inputs = {{"image", table.id}};
  EXPECT_STREQ(refused("image.convert", request).what(), "image is t.csv, a table, expected a volume");
  request.inputs = {{"image", new_id()}};
  EXPECT_EQ(refused("image.convert", request).code(), ErrorCode::not_found);
  request.inputs = {{"imge", v.id}};
  EXPECT_THAT(refused("image.convert", request).what(), HasSubstr("did you mean image?"));
  io::write_file(folder_ / "b.nii", "nothing");
  request.inputs = {{"image", w().inspect(w().import(folder_ / "b.nii").id).at(0).id}};
  EXPECT_THAT(refused("image.convert", request).what(), HasSubstr("image is b.nii, which cannot be read"));
  request.inputs = {{"image", v.id}};
  request.outputs = {{"convertd"}};
  EXPECT_THAT(refused("image.convert", request).what(), HasSubstr("did you mean converted?"));
}

TEST_F(JobTest, SameRequestIsAnsweredFromTheCache) {
  RunRequest request;
  const platform::Run first = ran("demo.count", request);
  request.parameters = {{"steps", 3}};  // the default, written out
  const platform::Run second = ran("demo.count", request);
  EXPECT_EQ(second.cached_from, first.id);
  EXPECT_EQ(second.state, RunState::succeeded);
  EXPECT_EQ(second.outputs, first.outputs);
  request.seed = 9;
  EXPECT_EQ(prepared("demo.count", request).cached_from, "");
  request = {};
  request.cache = false;
  EXPECT_EQ(prepared("demo.count", request).cached_from, "");
}

TEST_F(JobTest, CancelEndsTheRunAsCancelled) {
  RunRequest request;
  request.parameters = {{"steps", 1000}};
  const platform::Run run = prepared("demo.count", request);
  w().store().add(std::vector{run});
  Context job;
  std::thread thread(
      [&] { run_job(w(), operations(), run.id, [&](const Context& context) { job = context; }); });
  while (progress_of(w(), run.id).fraction < .01) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(w().store().run(run.id).state, RunState::running);
  EXPECT_TRUE(is_alive(w().store().run(run.id).process, w().store().run(run.id).process_start));
  EXPECT_THAT(settle(w()), IsEmpty()) << "its process lives";
  job.cancel();
  thread.join();
  EXPECT_EQ(w().store().run(run.id).state, RunState::cancelled);
  EXPECT_EQ(w().store().artifacts({}).total, 0);
}

/// Runs in processes of their own, killed at random moments: afterwards each is either succeeded with all it
/// made, or settled as failed with nothing.
TEST_F(JobTest, KilledRunsAreToldAsFailed) {
  const Artifact v = volume();
  Rng rng(11);
  int killed = 0;
  for (int round = 0; round < 20; ++round) {
    RunRequest request;
    request.inputs = {{"image", v.id}};
    request.cache = false;
    const platform::Run run = prepared("image.convert", request);
    w().store().add(std::vector{run});
    const pid_t child = ::fork();
    if (child == 0) {
      Workspace own(folder_ / "w");
      run_job(own, operations(), run.id);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(rng.below(60000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    killed += static_cast<int>(settle(w()).size());
    const platform::Run after = w().store().run(run.id);
    ArtifactQuery made;
    made.origin_run = run.id;
    const std::int64_t artifacts = w().store().artifacts(made).total;
    switch (after.state) {
      case RunState::succeeded: EXPECT_EQ(artifacts, 1); break;
      case RunState::failed:
        EXPECT_EQ(artifacts, 0);
        EXPECT_THAT(after.error["detail"].get<std::string>(), HasSubstr("ended without a result"));
        break;
      default: EXPECT_EQ(after.state, RunState::queued); EXPECT_EQ(artifacts, 0);
    }
  }
  EXPECT_GT(killed, 0);
  EXPECT_THAT(w().check(), IsEmpty());
}

TEST(Processes, AreToldApartByTheirStart) {
  const std::int64_t start = process_start(::getpid());
  EXPECT_GT(start, 0);
  EXPECT_TRUE(is_alive(::getpid(), start));
  EXPECT_FALSE(is_alive(::getpid(), start + 1));
  EXPECT_FALSE(is_alive(0, 0));
}

}  // namespace
}  // namespace sg::platform

// Runs that wait for other runs, in the records alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "core/error.h"
#include "platform/store.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LinksTest : public testing::Test {
 protected:
  LinksTest() {
    std::string pattern = (fs::temp_directory_path() / "sg_links_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = std::make_unique<Store>(folder_ / "workspace.db");
    for (platform::Run* run : {&source_, &waiting_, &last_}) {
      run->id = new_id();
      run->operation = "image.resample";
    }
    waiting_.links = {{"image", source_.id, "resampled", false}, {"spacing", source_.id, "seconds", false}};
    last_.links = {{"image", waiting_.id, "resampled", false}};
    store_->add({source_, waiting_, last_});
  }
  ~LinksTest() override {
    store_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  /// Ends the source in this state with these outputs.
  void end_source(RunState state, const Json& outputs) {
    ASSERT_TRUE(store_->claim(source_.id, 1, 1));
    source_.state = state;
    source_.outputs = outputs;
    ASSERT_TRUE(store_->finish(source_, {}));
  }

  fs::path folder_;
  std::unique_ptr<Store> store_;
  platform::Run source_, waiting_, last_;
};

TEST_F(LinksTest, WhatWaitsDoesNotStart) {
  EXPECT_THAT(store_->ready_runs(10), ElementsAre(source_.id));
  EXPECT_FALSE(store_->claim(waiting_.id, 1, 1));
  EXPECT_EQ(to_json(store_->run(waiting_.id))["needs"], Json::array({source_.id, source_.id}));
}

TEST_F(LinksTest, OutputsAreHandedOn) {
  const Json outputs = {{"resampled", {{"artifact", "A"}}}, {"seconds", {{"value", 2.5}}}};
  end_source(RunState::succeeded, outputs);
  const platform::Run next = store_->run(waiting_.id);
  EXPECT_EQ(next.inputs.at("image"), "A");
  EXPECT_EQ(next.parameters["spacing"], 2.5);
  EXPECT_THAT(store_->ready_runs(10), ElementsAre(waiting_.id));
  EXPECT_TRUE(to_json(next)["needs"].empty());
}

TEST_F(LinksTest, AFailureCancelsAllThatNeedIt) {
  end_source(RunState::failed, Json::object());
  for (const platform::Run& run : {waiting_, last_})
    EXPECT_EQ(store_->run(run.id).state, RunState::cancelled);
  EXPECT_THAT(store_->run(waiting_.id).error["detail"].get<std::string>(),
              HasSubstr("of run " + source_.id + ", which ended without it (failed)"));
  EXPECT_THAT(store_->ready_runs(10), IsEmpty());
}

TEST_F(LinksTest, AMissingOutputCountsAsAFailure) {
  end_source(RunState::succeeded, {{"resampled", {{"artifact", "A"}}}});
  EXPECT_EQ(store_->run(waiting_.id).state, RunState::cancelled);
}

TEST_F(LinksTest, CancellingASourceCancelsWhatWaits) {
  EXPECT_TRUE(store_->request_cancel(source_.id));
  for (const platform::Run& run : {source_, waiting_, last_})
    EXPECT_EQ(store_->run(run.id).state, RunState::cancelled);
}

TEST_F(LinksTest, AKeyedRequestCountsOnceAndOnlyForItself) {
  platform::Run a, b;
  a.id = new_id();
  b.id = new_id();
  EXPECT_EQ(store_->add({a}, {"key", "digest"}), a.id);
  EXPECT_EQ(store_->add({b}, {"key", "digest"}), a.id);
  EXPECT_FALSE(store_->has_run(b.id));
  EXPECT_THROW(store_->add({b}, {"key", "other"}), Error);
}

}  // namespace
}  // namespace sg::platform

#include "core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;

class Threads {
 public:
  explicit Threads(int count) { set_threads(count); }
  ~Threads() { set_threads(0); }
};

TEST(ParallelFor, CoversEveryItemOnce) {
  for (std::int64_t count : {0, 1, 7, 1000, 12345}) {
    for (std::int64_t grain : {0, 1, 64, 100000}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for(
          count,
          [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
          },
          {}, grain);
      for (const auto& v : visits) ASSERT_EQ(v, 1);
    }
  }
  parallel_for(-5, [](std::int64_t, std::int64_t) { FAIL(); });
}

TEST(ParallelFor, RethrowsWhatABodyThrows) {
  const auto failing = [](std::int64_t begin, std::int64_t end) {
    if (begin <= 500 && 500 < end) throw Error(ErrorCode::conflict, "item 500", "items");
  };
  try {
    parallel_for(1000, failing);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_STREQ(error.what(), "item 500");
    EXPECT_EQ(error.field(), "items");
  }
}

TEST(ParallelFor, StopsWhenCancelled) {
  const Context context;
  std::atomic<std::int64_t> done{0};
  const auto body = [&](std::int64_t begin, std::int64_t end) {
    done += end - begin;
    context.cancel();
  };
  EXPECT_EQ(error_of([&] { parallel_for(1000000, body, context); }), ErrorCode::cancelled);
  EXPECT_LT(done, 1000000);
  done = 0;
  EXPECT_EQ(error_of([&] { parallel_for(10, body, context); }), ErrorCode::cancelled);
  EXPECT_EQ(done, 0);
}

TEST(ParallelSum, HasTheSameBitsForAnyNumberOfThreads) {
  const auto body = [](std::int64_t begin, std::int64_t end) {
    double sum = 0;
    for (std::int64_t i = begin; i < end; ++i) sum += 1.0 / static_cast<double>(i + 1);
    return sum;
  };
  std::vector<double> sums;
  for (int threads : {1, 2, 3, 8}) {
    const Threads limit(threads);
    sums.push_back(parallel_sum(1000003, body));
  }
  for (double s : sums) EXPECT_EQ(s, sums.front());
  EXPECT_NEAR(sums.front(), std::log(1000003.0) + 0.57721566490153286 + 0.5 / 1000003, 1e-9);
  EXPECT_EQ(parallel_sum(0, body), 0);
}

TEST(Threads, FollowSetThreads) {
  {
    const Threads one(1);
    std::atomic<int> inside{0}, most{0};
    parallel_for(100, [&](std::int64_t, std::int64_t) {
      const int now = ++inside;
      if (now > most) most = now;
      --inside;
    });
    EXPECT_EQ(most, 1);
  }
  EXPECT_GE(thread_count(), 1);
}

}  // namespace
}  // namespace sg

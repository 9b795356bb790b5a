#include "train/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

namespace sg::train {
namespace {

Example numbered(std::int64_t item) {
  Example example;
  example.inputs.emplace_back(nn::Shape{1});
  example.inputs[0].data()[0] = static_cast<float>(item);
  return example;
}

TEST(Prefetch, GivesItemsInOrderWhateverTheThreads) {
  for (const int threads : {1, 3}) {
    Prefetch prefetch(numbered, 5, 40, threads, 4);
    for (std::int64_t i = 5; i < 40; ++i)
      EXPECT_EQ(prefetch.next().inputs[0].data()[0], static_cast<float>(i));
  }
}

TEST(Prefetch, StaysWithinItsLimitAndStopsWhenLeft) {
  std::atomic<int> made{0};
  {
    Prefetch prefetch(
        [&](std::int64_t item) {
          ++made;
          return numbered(item);
        },
        0, 1000, 2, 3);
    prefetch.next();
  }
  EXPECT_LE(made, 4);
}

TEST(Prefetch, PassesErrorsOnWhereTheyBelong) {
  Prefetch prefetch(
      [](std::int64_t item) {
        if (item == 1) throw std::runtime_error("no such thing");
        return numbered(item);
      },
      0, 3, 2, 3);
  EXPECT_NO_THROW(prefetch.next());
  EXPECT_THROW(prefetch.next(), std::runtime_error);
  EXPECT_NO_THROW(prefetch.next());
}

}  // namespace
}  // namespace sg::train

#include "nn/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/rng.h"

namespace sg::nn::detail {
namespace {

/// A block as it was asked for; its life is worked out here again.
struct Wish {
  std::int64_t bytes = 0, offset = 0;
  int first = INT32_MAX, last = -1, parent = -1;
  bool external = false;
  bool lives() const { return last >= 0; }
};

struct Program {
  std::vector<Wish> wishes;
  int steps = 0;

  int root(std::size_t i) const {
    auto at = static_cast<int>(i);
    while (wishes[static_cast<std::size_t>(at)].parent >= 0) at = wishes[static_cast<std::size_t>(at)].parent;
    return at;
  }
  /// Every block outside others lives from the first to the last use of what lies in it.
  std::vector<Wish> roots() const {
    std::vector<Wish> all = wishes;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      Wish& around = all[static_cast<std::size_t>(root(i))];
      around.first = std::min(around.first, wishes[i].first);
      around.last = std::max(around.last, wishes[i].last);
    }
    return all;
  }
};

std::int64_t draw(Rng& rng, std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Blocks touched now and then, some in others, some external, some never used.
Program random_program(Rng& rng) {
  Program program;
  program.steps = static_cast<int>(draw(rng, 1, 30));
  const std::int64_t blocks = draw(rng, 1, 40);
  for (std::int64_t i = 0; i < blocks; ++i) {
    Wish wish;
    wish.bytes = draw(rng, 0, 3) == 0 ? draw(rng, 0, 100) : draw(rng, 0, 100'000);
    wish.external = draw(rng, 0, 9) == 0;
    if (i > 0 && draw(rng, 0, 3) == 0) {
      wish.parent = static_cast<int>(draw(rng, 0, i - 1));
      const Wish& parent = program.wishes[static_cast<std::size_t>(wish.parent)];
      wish.external = parent.external;
      wish.offset = draw(rng, 0, parent.bytes / 64) * 64;
      wish.bytes = draw(rng, 0, parent.bytes - wish.offset);
    }
    for (std::int64_t touches = draw(rng, 0, 4); touches > 0; --touches) {
      const auto step = static_cast<int>(draw(rng, 0, program.steps - 1));
      wish.first = std::min(wish.first, step);
      wish.last = std::max(wish.last, step);
    }
    program.wishes.push_back(wish);
  }
  return program;
}

MemoryPlan planned(const Program& program) {
  MemoryPlan plan;
  for (const Wish& wish : program.wishes) {
    const int block = plan.add(wish.bytes);
    if (wish.lives()) {
      plan.touch(block, wish.last);
      plan.touch(block, wish.first);
    }
    if (wish.parent >= 0) plan.place(block, wish.parent, wish.offset);
    if (wish.external) plan.make_external(block);
  }
  return plan;
}

void check(const Program& program) {
  MemoryPlan plan = planned(program);
  const std::vector<std::int64_t> offsets = plan.arrange();
  const std::vector<Wish> all = program.roots();
  ASSERT_EQ(offsets.size(), all.size());
  const auto has_place = [&](std::size_t i) {
    const Wish& root = all[static_cast<std::size_t>(program.root(i))];
    return root.lives() && !root.external;
  };
  std::int64_t sum = 0, largest = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(offsets[i] >= 0, has_place(i)) << i;
    if (!has_place(i)) continue;
    ASSERT_EQ(offsets[i] % 64, 0) << i;
    ASSERT_LE(offsets[i] + all[i].bytes + 64, plan.bytes()) << "64 bytes after the end may be read";
    if (all[i].parent >= 0) {
      const auto parent = static_cast<std::size_t>(all[i].parent);
      ASSERT_EQ(offsets[i], offsets[parent] + all[i].offset) << i;
      ASSERT_LE(offsets[i] + all[i].bytes, offsets[parent] + all[parent].bytes) << i;
      continue;
    }
    sum += (all[i].bytes + 64 + 63) / 64 * 64;
    for (std::size_t j = 0; j < i; ++j) {
      if (all[j].parent >= 0 || !has_place(j) || all[j].last < all[i].first || all[j].first > all[i].last)
        continue;
      ASSERT_TRUE(offsets[j] + all[j].bytes + 64 <= offsets[i] ||
                  offsets[i] + all[i].bytes + 64 <= offsets[j])
          << "blocks " << j << " and " << i << " overlap";
    }
  }
  for (int step = 0; step < program.steps; ++step) {
    std::int64_t need = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].parent < 0 && has_place(i) && all[i].first <= step && step <= all[i].last)
        need += all[i].bytes;
    largest = std::max(largest, need);
  }
  EXPECT_LE(plan.bytes(), sum);
  EXPECT_GE(plan.bytes(), largest);
}

TEST(MemoryPlan, RandomProgramsKeepTheirBlocksApart) {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Rng rng(seed);
    ASSERT_NO_FATAL_FAILURE(check(random_program(rng))) << "seed " << seed;
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(MemoryPlan, AChainOfLayersTakesTwoBlocks) {
  MemoryPlan plan;
  for (int step = 0; step < 10; ++step) {
    const int block = plan.add(1000);
    plan.touch(block, step);
    plan.touch(block, step + 1);
  }
  const std::vector<std::int64_t> offsets = plan.arrange();
  EXPECT_EQ(plan.bytes(), 2 * 1088);  // 1000 bytes, 64 to read beyond them, rounded up
  for (std::size_t i = 0; i < offsets.size(); ++i) EXPECT_EQ(offsets[i], i % 2 == 0 ? 0 : 1088);
}

TEST(MemoryPlan, ABlockThatIsNeverUsedKeepsNothingAlive) {
  MemoryPlan plan;
  const int parent = plan.add(1000), child = plan.add(100), later = plan.add(1000);
  plan.place(child, parent, 64);
  plan.touch(parent, 0);
  plan.touch(later, 1);
  const std::vector<std::int64_t> offsets = plan.arrange();
  EXPECT_EQ(offsets, (std::vector<std::int64_t>{0, 64, 0}));
  EXPECT_EQ(plan.bytes(), 1088);
}

TEST(MemoryPlan, NothingTakesNothing) {
  MemoryPlan plan;
  EXPECT_TRUE(plan.arrange().empty());
  EXPECT_EQ(plan.bytes(), 0);
  plan.make_external(plan.add(100));
  plan.touch(0, 0);
  EXPECT_TRUE(plan.is_external(0));
  EXPECT_FALSE(plan.is_placed(0));
  EXPECT_EQ(plan.arrange(), std::vector<std::int64_t>{-1});
  EXPECT_EQ(plan.bytes(), 0);
}

}  // namespace
}  // namespace sg::nn::detail

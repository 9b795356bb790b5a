#pragma once
#include <cstdint>
#include <vector>

namespace sg::nn::detail {

/// Blocks of memory that are needed from one step of a program to another, laid into one arena so that blocks
/// needed at the same time do not overlap: largest first, each at the lowest place that is free all the while
/// (Pisarchyk & Lee 2020, arXiv:2001.03288, "greedy by size").
class MemoryPlan {
 public:
  int add(std::int64_t bytes);
  /// The block is read or written in this step.
  void touch(int block, int step);
  /// `block` lies at `offset` of `parent` and lives as long as both are needed; parents may lie in others.
  void place(int block, int parent, std::int64_t offset);
  /// The block gets no place; its owner brings the memory.
  void make_external(int block);
  bool is_external(int block) const { return blocks_[static_cast<std::size_t>(block)].external; }
  bool is_placed(int block) const { return blocks_[static_cast<std::size_t>(block)].parent >= 0; }

  /// Offsets of all blocks, multiples of 64; −1 for external ones. Call once all is touched.
  std::vector<std::int64_t> arrange();
  /// Size of the arena; known after arrange.
  std::int64_t bytes() const { return bytes_; }
  std::int64_t bytes_of(int block) const { return blocks_[static_cast<std::size_t>(block)].bytes; }
  int size() const { return static_cast<int>(blocks_.size()); }

 private:
  struct Block {
    std::int64_t bytes = 0;
    int first = INT32_MAX, last = -1;
    int parent = -1;
    std::int64_t offset = 0;  // in the parent
    bool external = false;
  };
  std::vector<Block> blocks_;
  std::int64_t bytes_ = 0;
};

}  // namespace sg::nn::detail

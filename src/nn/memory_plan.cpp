#include "nn/memory_plan.h"

#include <algorithm>

namespace sg::nn::detail {
namespace {

constexpr std::int64_t alignment = 64;
constexpr std::int64_t readable_tail = 64;  // vector kernels may read past the end

std::int64_t aligned(std::int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

}  // namespace

int MemoryPlan::add(std::int64_t bytes) {
  Block block;
  block.bytes = bytes;
  blocks_.push_back(block);
  return size() - 1;
}

void MemoryPlan::touch(int block, int step) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  b.first = std::min(b.first, step);
  b.last = std::max(b.last, step);
}

void MemoryPlan::place(int block, int parent, std::int64_t offset) {
  Block& b = blocks_[static_cast<std::size_t>(block)];
  b.parent = parent;
  b.offset = offset;
}

void MemoryPlan::make_external(int block) { blocks_[static_cast<std::size_t>(block)].external = true; }

std::vector<std::int64_t> MemoryPlan::arrange() {
  // A block inside another keeps that one alive.
  for (const Block& b : blocks_) {
    if (b.last < 0) continue;
    for (int p = b.parent; p >= 0; p = blocks_[static_cast<std::size_t>(p)].parent) {
      touch(p, b.first);
      touch(p, b.last);
    }
  }
  std::vector<int> roots;
  for (int i = 0; i < size(); ++i) {
    const Block& b = blocks_[static_cast<std::size_t>(i)];
    if (b.parent < 0 && !b.external && b.last >= 0) roots.push_back(i);
  }
  std::stable_sort(roots.begin(), roots.end(), [&](int a, int b) {
    return blocks_[static_cast<std::size_t>(a)].bytes > blocks_[static_cast<std::size_t>(b)].bytes;
  });
  std::vector<std::int64_t> offsets(blocks_.size(), -1);
  struct Placed {
    std::int64_t from, to;
    int block;
  };
  std::vector<Placed> placed;  // by `from`
  bytes_ = 0;
  for (const int root : roots) {
    const Block& b = blocks_[static_cast<std::size_t>(root)];
    const std::int64_t need = aligned(b.bytes + readable_tail);
    std::int64_t at = 0;
    for (const Placed& other : placed) {
      const Block& o = blocks_[static_cast<std::size_t>(other.block)];
      if (o.last < b.first || o.first > b.last) continue;
      if (at + need <= other.from) break;
      at = std::max(at, other.to);
    }
    offsets[static_cast<std::size_t>(root)] = at;
    const Placed entry{at, at + need, root};
    placed.insert(std::upper_bound(placed.begin(), placed.end(), entry,
                                   [](const Placed& x, const Placed& y) { return x.from < y.from; }),
                  entry);
    bytes_ = std::max(bytes_, entry.to);
  }
  for (int i = 0; i < size(); ++i) {
    std::int64_t offset = 0;
    int root = i;
    while (blocks_[static_cast<std::size_t>(root)].parent >= 0) {
      offset += blocks_[static_cast<std::size_t>(root)].offset;
      root = blocks_[static_cast<std::size_t>(root)].parent;
    }
    if (root != i && offsets[static_cast<std::size_t>(root)] >= 0)
      offsets[static_cast<std::size_t>(i)] = offsets[static_cast<std::size_t>(root)] + offset;
  }
  return offsets;
}

}  // namespace sg::nn::detail

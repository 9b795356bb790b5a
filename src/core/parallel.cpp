#include "core/parallel.h"

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

namespace sg {
namespace {

std::unique_ptr<tbb::global_control>& limit() {
  static std::unique_ptr<tbb::global_control> control;
  return control;
}

}  // namespace

void parallel_for(std::int64_t count, const std::function<void(std::int64_t, std::int64_t)>& body,
                  const Context& context, std::int64_t grain) {
  context.check();
  if (count <= 0) return;
  grain = std::max<std::int64_t>(1, grain);
  if (count <= grain) {
    body(0, count);
    context.progress(1);
    return;
  }
  std::atomic<std::int64_t> done{0};
  tbb::parallel_for(tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
                    [&](const tbb::blocked_range<std::int64_t>& piece) {
                      context.check();
                      body(piece.begin(), piece.end());
                      const auto length = piece.end() - piece.begin();
                      context.progress(static_cast<double>(done += length) / static_cast<double>(count));
                    });
}

double parallel_sum(std::int64_t count, const std::function<double(std::int64_t, std::int64_t)>& body,
                    const Context& context, std::int64_t grain) {
  const std::int64_t pieces = (count + grain - 1) / grain;
  std::vector<double> partial(static_cast<std::size_t>(std::max<std::int64_t>(0, pieces)));
  parallel_for(
      pieces,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t p = begin; p < end; ++p) {
          partial[static_cast<std::size_t>(p)] = body(p * grain, std::min(count, (p + 1) * grain));
        }
      },
      context);
  double sum = 0;
  for (double p : partial) sum += p;
  return sum;
}

int thread_count() { return tbb::this_task_arena::max_concurrency(); }

void set_threads(int count) {
  limit().reset();
  if (count > 0) {
    limit() = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism,
                                                    static_cast<std::size_t>(count));
  }
}

}  // namespace sg

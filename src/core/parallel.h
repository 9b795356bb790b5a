#pragma once
#include <cstdint>
#include <functional>

#include "core/context.h"

namespace sg {

/// Calls body(begin, end) on pieces that cover 0…count−1 once, on all cores (oneTBB); the only way to go
/// wide. Reports progress in `context` and stops with Error{cancelled} between pieces. The first exception of
/// a body is rethrown. Pieces hold at least `grain` items; which thread takes which piece is not defined, so
/// bodies must write to places of their own: results may not depend on the thread count.
void parallel_for(std::int64_t count, const std::function<void(std::int64_t begin, std::int64_t end)>& body,
                  const Context& context = {}, std::int64_t grain = 1);

/// Σ over pieces of a fixed size (`grain`, independent of the thread count) added up in order, so that a
/// floating point sum is the same for any number of threads.
double parallel_sum(std::int64_t count,
                    const std::function<double(std::int64_t begin, std::int64_t end)>& body,
                    const Context& context = {}, std::int64_t grain = 4096);

/// Threads that parallel_for uses at most: the cores this process may run on, or what set_threads said.
int thread_count();
/// 0 = all cores. Applies to later calls of the whole process.
void set_threads(int count);

}  // namespace sg

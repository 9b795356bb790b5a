#include "train/prefetch.h"

#include <algorithm>

namespace sg::train {

Prefetch::Prefetch(Make make, std::int64_t first, std::int64_t last, int threads, int ahead)
    : make_(std::move(make)), next_(first), claimed_(first), last_(last), ahead_(std::max(ahead, 1)) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { work(); });
}

Prefetch::~Prefetch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Prefetch::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || claimed_ >= last_ || claimed_ < next_ + ahead_; });
    if (stopping_ || claimed_ >= last_) return;
    const std::int64_t item = claimed_++;
    lock.unlock();
    std::variant<Example, std::exception_ptr> result;
    try {
      result = make_(item);
    } catch (...) {
      result = std::current_exception();
    }
    lock.lock();
    ready_.emplace(item, std::move(result));
    changed_.notify_all();
  }
}

Example Prefetch::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.contains(next_); });
  auto result = std::move(ready_.extract(next_).mapped());
  ++next_;
  changed_.notify_all();
  if (auto* error = std::get_if<std::exception_ptr>(&result)) std::rethrow_exception(*error);
  return std::move(std::get<Example>(result));
}

}  // namespace sg::train

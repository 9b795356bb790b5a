#pragma once
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "train/example.h"

namespace sg::train {

/// Makes examples ahead of their use, on threads of its own; they come out in order. As each is a function of
/// its number alone, neither the number of threads nor a restart changes what is made.
class Prefetch {
 public:
  using Make = std::function<Example(std::int64_t item)>;
  /// Items first…last−1; at most `ahead` are kept ready or being made. `make` must be thread-safe.
  Prefetch(Make make, std::int64_t first, std::int64_t last, int threads, int ahead);
  /// Waits for the items being made.
  ~Prefetch();
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;
  /// The next one; rethrows what `make` threw for it. Not to be called more often than there are items.
  Example next();

 private:
  void work();

  Make make_;
  std::int64_t next_, claimed_, last_, ahead_;
  bool stopping_ = false;
  std::map<std::int64_t, std::variant<Example, std::exception_ptr>> ready_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::thread> threads_;
};

}  // namespace sg::train

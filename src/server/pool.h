#pragma once
#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sg::server {

/// Whether the connection that this thread serves holds the rest of a body that nobody read. What comes next
/// on it is not a request but whatever the sender put there, so no more is answered: cpp-httplib goes on
/// reading.
inline thread_local bool connection_is_tainted = false;

/// Threads for connections: as many as there are connections, made when needed, at most `most` (then
/// connections wait). cpp-httplib holds a thread as long as a connection lives, and an event stream lives for
/// hours.
class GrowingPool : public httplib::TaskQueue {
 public:
  explicit GrowingPool(std::size_t most) : most_(most) {}
  ~GrowingPool() override { shutdown(); }

  void enqueue(std::function<void()> task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (idle_ < tasks_.size() && threads_.size() < most_) threads_.emplace_back([this] { work(); });
    wake_.notify_one();
  }

  void shutdown() override {
    std::vector<std::thread> threads;
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      threads.swap(threads_);
    }
    wake_.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ++idle_;
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      --idle_;
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      connection_is_tainted = false;
      task();
      lock.lock();
    }
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace sg::server

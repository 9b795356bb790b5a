#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/scheduler.h"
#include "platform/workspace.h"

namespace sg::server {

/// One message of the event stream, ready to send.
struct Event {
  std::int64_t id = 0;  // number of the change; 0 for progress, which is not repeated
  std::string run;      // the run it is about, "" if none
  std::string text;     // "id: …\nevent: …\ndata: …\n\n"
};

/// Tells listeners what changes in a workspace, whoever changed it: reads the change log ten times a second,
/// turns each change into an event once, and hands events to any number of listeners.
class Events {
 public:
  explicit Events(const platform::Workspace& workspace);
  ~Events();

  void progress(const std::string& run, const platform::Progress& progress);

  /// Where a listener stands. `after`: the last change it knows; −1 = only what is new.
  struct Listener {
    std::int64_t change = -1, position = 0;
  };
  Listener listen(std::int64_t after = -1) const;
  /// Events the listener has not had, after waiting at most `patience` for one; empty if there is none.
  std::vector<Event> next(Listener& listener, std::chrono::milliseconds patience);
  /// Wakes everybody; `next` returns at once from now on.
  void stop();
  bool stopped() const;

 private:
  void watch();
  void publish(Event event);
  Event event_of(const platform::Change& change) const;

  const platform::Workspace& workspace_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> recent_;  // the newest ones
  std::int64_t first_ = 0;    // position of recent_.front()
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sg::server

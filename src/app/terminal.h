#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "core/context.h"

namespace sg::app {

/// Shows on standard error how far a run is: on a terminal a bar that redraws itself; elsewhere a line every
/// five seconds, so that short runs say nothing. Collects warnings. The destructor clears the bar.
class Monitor {
 public:
  /// quiet: shows nothing; collect: keeps warnings for the result instead of printing them.
  Monitor(Context& context, bool quiet, bool collect);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  /// Takes the bar away, so that something else can be printed.
  void clear();
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  using Clock = std::chrono::steady_clock;
  void show(double fraction, const std::string& stage);
  void draw(double fraction, const std::string& stage, double seconds);
  void log(LogLevel level, const std::string& text);

  Context context_;
  bool quiet_, collect_, terminal_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
  std::vector<std::string> warnings_;
};

/// From now on Ctrl-C (SIGINT), SIGTERM and SIGHUP cancel `context`; a second one ends the process at once,
/// with status 130. The context's state lives on until the process ends.
void cancel_on_interrupt(const Context& context);

}  // namespace sg::app

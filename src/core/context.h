#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/rng.h"

namespace sg {

enum class LogLevel { debug, info, warning, error };

/// How a piece of work speaks to whoever started it: progress, cancel, seed, log. A cheap handle; copies and
/// parts share one state. Thread-safe. A default Context is silent, never cancelled, seed 0.
class Context {
 public:
  /// fraction in 0…1 of the whole run, and what is being done.
  using ProgressSink = std::function<void(double fraction, const std::string& stage)>;
  using LogSink = std::function<void(LogLevel, const std::string& text)>;

  Context();
  explicit Context(std::uint64_t seed);

  void on_progress(ProgressSink sink);
  void on_log(LogSink sink);

  /// The part from..to (0…1) of this work, called `stage`: progress in the part moves within that share of
  /// the whole.
  Context part(double from, double to, std::string stage = "") const;
  /// Same cancel, seed and log, no progress: for inner loops whose caller reports.
  Context silent() const;

  /// Reports progress (0…1 of this part; never moves backwards) and checks for cancel.
  void progress(double fraction) const;
  /// Throws Error{cancelled} once cancel() was called.
  void check() const;
  void cancel() const;
  bool cancelled() const;

  void log(LogLevel level, const std::string& text) const;
  void warn(const std::string& text) const { log(LogLevel::warning, text); }

  /// A generator that depends on the seed and the name alone: same run, same numbers.
  Rng rng(std::string_view name = "") const;
  std::uint64_t seed() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  double from_ = 0, to_ = 1;
  std::string stage_;
  bool quiet_ = false;
};

}  // namespace sg

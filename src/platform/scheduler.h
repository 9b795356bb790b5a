#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "platform/job.h"

namespace sg::platform {

/// Starts queued runs of a workspace, each as a process of its own (`PROGRAM run-job ID --workspace FOLDER`),
/// oldest first, never more than `slots` at once; imports still to be inspected likewise (`PROGRAM inspect ID
/// …`), by one process at a time and before runs. Passes cancel requests on (SIGTERM, after ten seconds
/// SIGKILL), and settles what ended without a result. Children belong to nobody but the machine: when the
/// scheduler's process dies they go on, and the next scheduler of the workspace finds them in the records.
class Scheduler {
 public:
  struct Options {
    std::filesystem::path program;  // what to start
    int slots = 1;                  // runs at once, 1 or more
    int threads = 0;                // for each run; 0 = all cores
  };
  /// progress hears of running runs, from the scheduler's own thread, when something moved.
  using ProgressSink = std::function<void(const std::string& run, const Progress&)>;

  /// Throws conflict if another process schedules this workspace.
  Scheduler(Workspace& workspace, Options options, ProgressSink progress = {});
  /// Stops starting; what runs goes on.
  ~Scheduler();

  /// There is something new to start or to cancel; it would be found by itself within half a second.
  void wake();

 private:
  struct Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace sg::platform

#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "op/operation.h"
#include "platform/request.h"
#include "platform/workspace.h"

namespace sg::platform {

/// A request that is being typed: what is missing is not judged yet.
enum class Judged { whole, partly };

/// Checks a request by the rules of op::check, with the same words, and that every input is an artifact whose
/// kind fits. Returns the run, not yet stored: queued, or already succeeded if the cache knows it. Throws at
/// the field.
Run prepare_run(const Workspace& workspace, const op::Operation& operation, const RunRequest& request,
                Judged judged = Judged::whole);

/// Executes a queued run in this process: claims it, runs the operation in the run's folder, keeps the
/// outputs as artifacts, ends it as succeeded, failed or cancelled. Progress stands in the file
/// runs/ID/progress. Returns false if somebody else had claimed it. Killed at any moment, the run stays
/// "running" with a dead process, which `settle` turns into failed; nothing it made is listed.
/// `started` gets the run's context before the work begins: whoever wants to cancel keeps a copy.
bool run_job(Workspace& workspace, const std::vector<op::Operation>& operations, const std::string& id,
             const std::function<void(const Context&)>& started = {});

/// How far a running job says it is.
struct Progress {
  double fraction = 0;
  std::string stage;
  double elapsed = 0;  // seconds since it began
  /// Seconds to go at the pace so far; empty in the first second and the first percent, where it says
  /// nothing.
  std::optional<double> remaining() const;
};
/// As the API shows it: "progress", "stage", "remaining_s".
void put_progress(Json& run, const Progress& progress);
Progress progress_of(const Workspace& workspace, const std::string& run);

/// Ends runs whose process is gone without a result as failed, saying so. Returns their ids.
std::vector<std::string> settle(Workspace& workspace);

/// A process by its number and the moment it began, since numbers are used again.
std::int64_t process_start(std::int64_t process);
bool is_alive(std::int64_t process, std::int64_t start);

}  // namespace sg::platform

#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "op/operation.h"
#include "platform/workspace.h"

namespace sg::platform {

/// What somebody asks the workspace to run.
struct RunRequest {
  std::map<std::string, std::string> inputs;  // field → artifact id
  Json parameters = Json::object();
  std::optional<std::vector<std::string>> outputs;  // names; empty = all
  std::optional<std::int64_t> seed;                 // empty = 0
  std::string title;
  bool cache = true;  // a finished run of the same request may answer
};

/// Checks a request by the rules of op::check, with the same words, and that every input is an artifact whose
/// kind fits. Returns the run, not yet stored: queued, or already succeeded if the cache knows it. Throws at
/// the field.
Run prepare_run(const Workspace& workspace, const op::Operation& operation, const RunRequest& request);

/// Does an artifact of this kind fit a field of that kind? (volume takes volume, labels, series; labels takes
/// labels, volume; any takes all; others their own.)
bool fits(std::string_view artifact_kind, op::Kind field);

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
};
Progress progress_of(const Workspace& workspace, const std::string& run);

/// Ends runs whose process is gone without a result as failed, saying so. Returns their ids.
std::vector<std::string> settle(Workspace& workspace);

/// A process by its number and the moment it began, since numbers are used again.
std::int64_t process_start(std::int64_t process);
bool is_alive(std::int64_t process, std::int64_t start);

}  // namespace sg::platform

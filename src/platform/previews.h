#pragma once
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "op/operation.h"
#include "platform/request.h"
#include "platform/workspace.h"

namespace sg::platform {

/// Parts of images, and what operations make of them, at once and without a run. Processes
/// (`PROGRAM preview-worker`) that are started when first needed and kept ready do the work: what reads a
/// file or computes may crash there, want too much memory or take too long, and costs an answer
/// (docs/adr/0013).
class Previews {
 public:
  struct Options {
    std::filesystem::path program;
    int workers = 2;                         // answers at once; who comes then waits
    std::chrono::milliseconds limit{15000};  // from the question to the answer
  };
  /// Whether nobody waits for the answer any more; asked twenty times a second.
  using Gone = std::function<bool()>;

  Previews(Workspace& workspace, Options options);
  ~Previews();

  /// One frame of an image: {"region", "frames", "size", "window", "image"}. Throws not_found, invalid_input
  /// (no image, no such frame), resource (time or memory ran out), unavailable (all busy), cancelled (gone),
  /// internal (the process crashed).
  std::string frame(const std::string& artifact, std::int64_t number, const Gone& gone);
  /// {"region", "frames", "size", "images", "values", "units", "warnings", "seconds"} of an operation that
  /// gives previews. Judges the request as prepare_run does; throws the same and what frame throws.
  std::string preview(const op::Operation& operation, const RunRequest& request, const op::Json& region,
                      const Gone& gone);

 private:
  struct Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace sg::platform

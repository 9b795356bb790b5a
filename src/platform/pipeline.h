#pragma once
#include <vector>

#include "op/operation.h"
#include "platform/workspace.h"

namespace sg::platform {

/// A pipeline and its runs, checked and ready for Store::add.
struct PreparedPipeline {
  Pipeline pipeline;
  std::vector<Run> runs;
};

/// From {"title", "seed", "steps": [{"id", "operation", "inputs", "parameters", "outputs"}, …]}: inputs are
/// artifact ids or "@id.output" of an earlier step, parameters values or "@id.output"; outputs those wanted,
/// all by default. At most 200 steps. Throws at the field, the message beginning with the step.
PreparedPipeline prepare_pipeline(const Workspace& workspace, const std::vector<op::Operation>& operations,
                                  const Json& request);

/// The same from the steps of a pipeline file (op/pipeline.h), whose inputs are files: they are imported,
/// each once, and described; outputs become artifacts, so the names of their files are not looked at.
Json request_of_steps(Workspace& workspace, const std::vector<op::Operation>& operations, const Json& steps,
                      const std::filesystem::path& folder);

}  // namespace sg::platform

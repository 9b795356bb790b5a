#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/context.h"
#include "op/runner.h"

namespace sg::op {

/// One run of a pipeline. `request` holds final paths: relative inputs were resolved against the pipeline's
/// folder, outputs against the directory, "@id.output" of a file against where the earlier step writes it.
/// References to values are still there as "@id.output" and are filled in when the step starts.
struct Step {
  std::string id;
  const Operation* operation = nullptr;
  Request request;
};

/// The output of `source` that the reference "@id.output" in `field` means. Throws invalid_input at the field
/// if there is none or its kind does not fit.
const FieldInfo& referred_output(const FieldInfo& field, const std::string& reference,
                                 const Operation& source);
/// Splits "@id.output"; throws invalid_input at the field for anything else, or if `ids` does not hold the
/// id.
std::pair<std::string, std::string> split_reference(const FieldInfo& field, const std::string& reference,
                                                    const std::vector<std::string>& ids);

/// The list of runs in a file, with ${name} replaced. Throws invalid_input if it is none.
Json read_pipeline_json(const std::filesystem::path& file,
                        const std::map<std::string, std::string>& variables);

/// How a pipeline is run.
struct PipelineOptions {
  std::filesystem::path directory = ".";         // where outputs go; made if it is not there
  std::map<std::string, std::string> variables;  // for ${name}
  bool overwrite = false;
  std::string command;
};

/// Reads a pipeline: a JSON list of runs, done in order,
///   [{"id": "align", "operation": "registration.affine",
///     "inputs": {"fixed": "brain.nii.gz", "moving": "${moving}"},
///     "parameters": {"model": "rigid"},
///     "outputs": {"affine": "found.tfm"}},
///    {"operation": "registration.apply", "inputs": {"image": "labels.nii.gz", "transform": "@align.affine"},
///     "outputs": {"resampled": "labels_aligned.nii.gz"}}]
/// "@id.output" takes an output of an earlier run: a file (written to <id>.<output><ending> in the directory
/// if the run names no file for it) as an input, a value as a parameter. ${name} in any text is a variable;
/// $${ stands for
/// ${. `id` defaults to the verb. Checks everything that can be told beforehand for every step: names, types,
/// ranges, references and their kinds, missing input files, outputs that exist. Throws Error whose message
/// begins with the step's id.
std::vector<Step> read_pipeline(const std::vector<Operation>& operations, const std::filesystem::path& file,
                                const PipelineOptions& options);

/// Runs the steps in order; each writes its own record (<id>.run.json if it writes no file). Stops at the
/// first error, with the results of earlier steps kept. `done` hears of each step as it ends.
using StepDone = std::function<void(const Step& step, const Outcome& outcome)>;
void run_pipeline(const std::vector<Step>& steps, const PipelineOptions& options, const Context& context,
                  const StepDone& done = {});

}  // namespace sg::op

#pragma once
#include <string>
#include <vector>

#include "op/runner.h"

namespace sg::app {

/// The one JSON object of --json: the outputs at the top, and "run" {operation, version, seconds, units,
/// warnings}.
op::Json result_json(const op::Operation& operation, const op::Outcome& outcome,
                     const std::vector<std::string>& warnings);
/// The same for people: names aligned, units behind numbers, tables in columns, what was written at the end.
std::string result_text(const op::Operation& operation, const op::Outcome& outcome);

}  // namespace sg::app

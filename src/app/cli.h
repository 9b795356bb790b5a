#pragma once
#include <vector>

#include "app/arguments.h"
#include "app/operations.h"
#include "op/operation.h"

namespace sg::app {

/// The command line `shaoguang arguments…`: results on standard output, everything else on standard error.
/// Returns the exit status (core/error.h has the table).
int run_command_line(const std::vector<op::Operation>& operations, const std::vector<Module>& modules,
                     const Arguments& arguments);

}  // namespace sg::app

#pragma once
#include <string>
#include <vector>

#include "app/operations.h"
#include "op/operation.h"

namespace sg::app {

/// A command that is not an operation.
struct CommandInfo {
  std::string usage, summary;
};
const std::vector<CommandInfo>& commands();

std::string overview(const std::vector<op::Operation>& operations, const std::vector<Module>& modules);
std::string module_help(const std::vector<op::Operation>& operations, const std::vector<Module>& modules,
                        const std::string& module);
std::string operation_help(const op::Operation& operation);

}  // namespace sg::app

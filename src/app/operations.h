#pragma once
#include <string>
#include <vector>

#include "op/operation.h"

namespace sg::app {

/// Every operation there is, grouped by module in the order help and documentation list them.
std::vector<op::Operation> operations();

/// A module in a few words, as the overview says it.
struct Module {
  std::string name, summary;
};
std::vector<Module> modules();

}  // namespace sg::app

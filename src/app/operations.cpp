#include "app/operations.h"

namespace sg::app {

std::vector<op::Operation> operations() { return {}; }

std::vector<Module> modules() {
  return {{"image", "look at, convert, resample and simulate images"},
          {"registration", "align images and move them through transforms"},
          {"evaluation", "measure how well a result agrees with a reference"}};
}

}  // namespace sg::app

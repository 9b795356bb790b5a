#include "app/entry.h"

#include "app/cli.h"
#include "app/operations.h"

extern "C" int shaoguang_entry(int argc, char** argv) {
  return sg::app::run_command_line(sg::app::operations(), sg::app::modules(), {argv + 1, argv + argc});
}

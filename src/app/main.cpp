#include "app/cli.h"
#include "app/operations.h"

int main(int argc, char** argv) {
  const sg::app::Arguments arguments(argv + 1, argv + argc);
  return sg::app::run_command_line(sg::app::operations(), sg::app::modules(), arguments);
}

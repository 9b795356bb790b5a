#pragma once
#include <string>
#include <vector>

#include "app/arguments.h"
#include "op/operation.h"

namespace sg::app {

/// What may stand at the end of a command line.
struct Completions {
  struct Item {
    std::string word, help;
  };
  std::vector<Item> items;
  bool files = false;                // file names too,
  std::vector<std::string> endings;  // with one of these endings; empty = any
};
/// `words`: what follows `shaoguang`, the last one being typed (perhaps empty).
Completions complete(const std::vector<op::Operation>& operations, const Arguments& words);

/// What the shells' scripts read: one item a line, word, tab, help; a last line ":files .a .b" if files fit.
std::string completion_lines(const Completions& completions);

/// The script that teaches bash, zsh or fish to ask `shaoguang complete`. Throws invalid_input for another
/// shell.
std::string completion_script(const std::string& shell);

}  // namespace sg::app

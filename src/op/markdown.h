#pragma once
#include <string>
#include <vector>

#include "op/operation.h"

namespace sg::op {

/// The default, range, choices and unit of a field in a few words: "0 to 10, default 0.1"; "" if there is
/// nothing to say.
std::string constraints(const Operation& operation, const FieldInfo& field);
/// "--image FILE", "--lambda NUMBER", "--verbose" … as typed on the command line.
std::string usage_of(const FieldInfo& field);
/// "shaoguang image resample --image FILE --resampled FILE [options]"
std::string usage_of(const Operation& operation);
/// The command line of an example.
std::string command_of(const Operation& operation, const Example& example);

/// The documentation page of an operation, in Markdown.
std::string markdown(const Operation& operation);
/// The page that lists all of them by module and links to <name>.md.
std::string markdown_index(const std::vector<Operation>& operations);

}  // namespace sg::op

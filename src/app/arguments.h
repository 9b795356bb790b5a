#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "op/runner.h"

namespace sg::app {

using Arguments = std::vector<std::string>;

/// What every command understands besides its own options.
struct CommonOptions {
  bool json = false, quiet = false, help = false, xml = false, overwrite = false;
  std::uint64_t seed = 0;
  int threads = 0;  // 0 = all cores
  std::string provenance;
};

/// One option of the command line, for help and completion.
struct CommonOption {
  std::string name;   // without dashes
  std::string value;  // "N", "FILE"; "" = a switch
  std::string help;
};
const std::vector<CommonOption>& common_options();

struct OperationCommand {
  op::Request request;
  CommonOptions common;
};
/// Reads what follows `shaoguang module verb`: --name VALUE, --name=VALUE, --switch, --no-switch, positional
/// inputs; dashes inside a name count as underscores. Throws invalid_input: unknown option (naming the
/// nearest), a value that is missing, left over, given twice or not of the field's type.
OperationCommand parse(const op::Operation& operation, const Arguments& arguments);

/// Commands that are no operation: `options` lists their own, besides --help and the named common ones.
struct PlainCommand {
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>> values;  // own options
  CommonOptions common;
};
PlainCommand parse_plain(const std::string& command, const std::vector<CommonOption>& own,
                         const Arguments& arguments);

/// The last value given to an option of its own.
std::string value_of(const PlainCommand& command, const std::string& name, const std::string& otherwise = "");

/// The command line as a shell would take it, for the record.
std::string quoted(const Arguments& arguments);

}  // namespace sg::app

#pragma once
#include <string>

#include "op/json.h"

namespace sg::test {

/// Holds "path operator value" against `json`; returns "" if it is true, else what was found instead.
/// path: dotted names and [index], ".length" of an array; operator: == != < <= > >=; value: JSON, another
/// path, or else a text without quotes.
std::string check(const op::Json& json, const std::string& assertion);

}  // namespace sg::test

#pragma once
#include <fmt/format.h>

#include "core/error.h"

namespace sg::train {

/// Refuses an option's value: "<option> is <value>, expected <expected>".
inline void expect(bool good, const char* option, const auto& value, const char* expected) {
  if (!good)
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected {}", option, value, expected),
                option);
}

}  // namespace sg::train

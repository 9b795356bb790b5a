#pragma once
#include <string_view>

#include "core/table.h"

namespace sg::io {

/// The .jsonl half of read_table, which see; `text` is UTF-8.
Table read_json_lines(std::string_view text);

}  // namespace sg::io

#pragma once
#include <filesystem>
#include <vector>

#include "op/operation.h"

namespace sg::app {

/// Writes operations/README.md (the index), one operations/<name>.md an operation, and openapi.json (the HTTP
/// API) to `directory`, and removes pages of operations that are gone. Throws not_found or forbidden if the
/// folder cannot be written.
void write_docs(const std::vector<op::Operation>& operations, const std::filesystem::path& directory);

}  // namespace sg::app

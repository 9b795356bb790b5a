#pragma once
#include <vector>

#include "op/json.h"
#include "op/operation.h"

namespace sg::server {

/// The API as OpenAPI 3.1, made from its routes and the operations: every operation's runs stand as a path of
/// their own with the schema of what it takes.
op::Json openapi(const std::vector<op::Operation>& operations);

/// The schemas that routes name, by name.
op::Json api_schemas();

}  // namespace sg::server

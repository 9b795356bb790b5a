#pragma once
#include <string>
#include <vector>

#include "op/json.h"
#include "op/operation.h"

namespace sg::op {

/// One field as a JSON Schema 2020-12 property; what JSON Schema has no word for stands in x- members: x-kind
/// (op/ value_type.h), x-unit, x-modality, x-dimensions, x-file-types. `result`: as it stands in the result
/// rather than in the request (an output asked for is a file name, its result a value).
Json field_schema(const Operation& operation, const FieldInfo& field, bool result = false);

/// The body of a request to run `operation`: an object of inputs, parameters, outputs, with types, ranges,
/// defaults and what is required; usable as an OpenAPI 3.1 component.
Json request_schema(const Operation& operation);
/// What a run returns: the outputs as top-level members, and run.
Json result_schema(const Operation& operation);

/// Everything about an operation: names, texts, both schemas, references, examples.
Json describe(const Operation& operation);

}  // namespace sg::op

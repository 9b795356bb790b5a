#pragma once
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "op/value_type.h"

namespace sg::op {

/// A document as a JSON object (numbers that are not finite become null); units are in `units_of`.
Json to_json(const Document& document);
/// A table as an array of row objects; missing values are null.
Json to_json(const Table& table);
/// The units of a document's properties by dotted path, e.g. {"grid.spacing": "mm"}; those without unit are
/// left out.
void units_of(const Document& document, const std::string& prefix, Json& units);
/// A JSON object as a document, for reports; arrays of objects become lists of documents, null the text "".
Document to_document(const Json& object);

/// As text; bytes that are not UTF-8 (file names may hold any) become U+FFFD. indent −1 = one line.
std::string dump(const Json& json, int indent = -1);
/// As a person writes it: texts without quotes, numbers in their shortest form, arrays with commas:
/// "0,0,2.5".
std::string as_text(const Json& json);
/// An error as a problem object (RFC 9457): type, title, status (HTTP), exit_status, detail, field.
Json problem(const Error& error);
/// The error that such an object tells of. Throws invalid_input if it tells of none that is known.
Error error_of(const Json& problem);
/// Parses text that a user wrote. Throws invalid_input naming `what` and the line and column of the mistake,
/// or if it nests deeper than 200 levels.
Json parse_json(const std::string& text, const std::string& what);

}  // namespace sg::op

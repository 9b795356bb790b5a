#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/context.h"
#include "op/json.h"
#include "op/operation.h"

namespace sg::op {

/// What somebody asks an operation to do; the same for the command line, pipelines and the server.
struct Request {
  Json inputs = Json::object();      // name → file, or the value of an inline input
  Json parameters = Json::object();  // name → value; those left out take their defaults
  /// name → file to write, or true: just show it in the result (needed only for optional outputs).
  Json outputs = Json::object();
  bool overwrite = false;
  std::filesystem::path provenance;  // where the record goes; "" = beside the first file written
  std::string command;               // the exact command line, for the record
};

struct Outcome {
  /// Every output that was computed and can be shown, by name: values, tables (an array of row objects),
  /// documents (an object, or its properties if flattened); for those written, the path.
  Json outputs = Json::object();
  Json units = Json::object();  // dotted path of an output → its unit
  Json record;                  // the provenance record, as written
  double seconds = 0;           // of the operation itself, without reading and writing
  std::vector<std::filesystem::path> written;
};

/// Throws the first thing wrong with the request that can be told without reading a file: unknown names
/// (naming the nearest), missing inputs, values of the wrong type or out of range, file endings no writer
/// takes, nothing to do. Fills in nothing. The error's field names the culprit.
void check(const Operation& operation, const Request& request);
/// Throws not_found at the field for an input file that is not there.
void check_files(const Operation& operation, const Request& request);

/// Checks, loads, runs, saves. Before anything is computed it is certain that outputs may and can be written.
/// Files appear under their final names only when all of them are complete; whatever fails or is cancelled,
/// the old files stay. Writes the provenance record when it writes any file or `provenance` is set.
/// Deterministic given the inputs and the context's seed. Throws Error only: memory that runs out is
/// resource, any foreign exception internal.
Outcome run(const Operation& operation, const Request& request, const Context& context);

/// Puts an output of a kind that is shown (is_shown) and its unit where Outcome has them; nothing if it was
/// not made.
void show_output(const FieldInfo& field, void* object, Json& outputs, Json& units);

}  // namespace sg::op

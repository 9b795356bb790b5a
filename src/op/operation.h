#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "op/value_type.h"

namespace sg::op {

enum class Role { input, parameter, output };
std::string_view name(Role role);

/// One member of an operation's struct, with all that any surface says about it.
struct FieldInfo {
  Role role = Role::parameter;
  std::string name;  // snake_case
  std::string help;  // one line
  const ValueType* type = nullptr;
  bool optional = false;    // std::optional in the struct: may be left out; an output only when asked for
  bool positional = false;  // the command line takes it without --name
  std::optional<std::string> unit;  // UCUM-like: "mm", "s", "Hz", "1" for a plain number
  std::optional<double> low, high;  // inclusive
  std::vector<std::string> choices;
  std::string modality;    // DICOM's two letters, "" = any
  int dimensions = 0;      // 2 or 3: anything else is refused; 0 = any
  std::string needs;       // an output that can only be made when this optional input is given
  bool flattened = false;  // a document whose properties stand at the top of the result

  /// Where the value lies in `object`; null while an optional is empty.
  std::function<void*(void* object)> value;
  /// Makes sure an optional holds a value.
  std::function<void(void* object)> engage;

  Kind kind() const { return type->kind; }
};

/// Arguments as typed after `shaoguang module verb`, run in the example data folder, and what must hold for
/// the result, each check "path.in.json[0] operator value" with operators == != < <= > >=, or "exists file".
struct Example {
  std::string arguments;
  std::vector<std::string> checks;
};

/// An operation as every surface sees it: plain data and the function. Made by Declare<T>.
struct Operation {
  std::string name;         // module.verb or module.verb_noun
  std::string summary;      // one sentence
  std::string description;  // paragraphs of plain text, separated by empty lines
  std::vector<FieldInfo> fields;
  std::vector<std::string> citations;
  bool previews = false;  // see Declare::previews
  std::vector<Example> examples;
  std::function<std::shared_ptr<void>()> make;  // the struct with its defaults
  std::function<void(void* object, const Context& context)> run;

  std::string module() const;  // before the dot
  std::string verb() const;    // after it
  const FieldInfo* find(std::string_view field) const;
  std::vector<const FieldInfo*> fields_of(Role role) const;
};

/// The value in `object` as JSON (null: an empty optional); inline kinds, tables and documents only.
Json value_of(const FieldInfo& field, void* object);
/// The default of a parameter: what a fresh struct holds.
Json default_of(const Operation& operation, const FieldInfo& field);
/// Puts a checked value (see op/check.h) into `object`; null empties nothing and sets nothing.
void assign(const FieldInfo& field, void* object, const Json& value);

/// What is wrong with a declaration, a sentence each: a missing summary, help, unit, reference or example, a
/// bad or repeated name. Empty if nothing is. A test fails on any.
std::vector<std::string> verify(const Operation& operation);

/// The operation of that name; dashes count as underscores. Throws not_found naming the nearest.
const Operation& find(const std::vector<Operation>& operations, std::string_view name);

}  // namespace sg::op

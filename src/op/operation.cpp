#include "op/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "op/check.h"

namespace sg::op {
namespace {

bool is_snake_case(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z' || text.back() == '_') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Names that every command has already.
const std::set<std::string>& taken_names() {
  static const std::set<std::string> names{"help",    "json",  "xml",        "overwrite", "seed",
                                           "threads", "quiet", "provenance", "version",   "run"};
  return names;
}

void verify_range(const FieldInfo& field, std::vector<std::string>& problems) {
  const bool numeric =
      field.kind() == Kind::integer || field.kind() == Kind::real || field.kind() == Kind::vector;
  if ((field.low || field.high) && !numeric)
    problems.push_back(field.name + ": a range on a field that is no number");
  if (field.low && field.high && *field.low > *field.high)
    problems.push_back(field.name + ": an empty range");
  const bool real = field.kind() == Kind::real || (field.kind() == Kind::vector && !field.type->whole);
  if (real && (!field.unit || field.unit->empty()))
    problems.push_back(field.name + ": no unit (\"1\" for a plain number)");
}

void verify_field(const Operation& operation, const FieldInfo& field, std::vector<std::string>& problems) {
  if (!is_snake_case(field.name)) problems.push_back("\"" + field.name + "\" is not a snake_case field name");
  if (field.name.starts_with("no_") || taken_names().contains(field.name))
    problems.push_back(field.name + ": every command uses this name already");
  if (field.help.empty()) problems.push_back(field.name + ": no help");
  verify_range(field, problems);
  if ((field.kind() == Kind::choice) == field.choices.empty())
    problems.push_back(field.name + ": one_of belongs to enum members, and every enum member needs it");
  if (field.positional && (field.role == Role::output || field.kind() == Kind::boolean))
    problems.push_back(field.name + ": only inputs, and parameters that take a value, may be positional");
  if (field.flattened && (field.kind() != Kind::document || field.role != Role::output))
    problems.push_back(field.name + ": only document outputs can be flattened");
  if (field.dimensions != 0 && field.dimensions != 2 && field.dimensions != 3)
    problems.push_back(field.name + ": dimensions are 2 or 3");
  if (field.role != Role::parameter || field.kind() == Kind::choice) return;
  try {
    const Json value = default_of(operation, field);
    if (!value.is_null()) checked(field, value);
  } catch (const Error& e) {
    problems.push_back(fmt::format("the default of {}", e.what()));
  }
}

/// What previews() promises must be possible.
void verify_previews(const Operation& operation, std::vector<std::string>& problems) {
  const auto inputs = operation.fields_of(Role::input), outputs = operation.fields_of(Role::output);
  const auto is_image = [](const FieldInfo* field) { return field->type->to_image != nullptr; };
  const auto required = [](const FieldInfo* field) { return !field->optional; };
  const auto first = std::find_if(inputs.begin(), inputs.end(), required);
  if (std::count_if(inputs.begin(), inputs.end(), required) != 1 || !is_image(*first))
    problems.emplace_back("previews: expected one required input, an image");
  if (std::none_of(outputs.begin(), outputs.end(), is_image))
    problems.emplace_back("previews: expected an output that is an image");
}

}  // namespace

std::string_view name(Role role) {
  return role == Role::input ? "input" : role == Role::output ? "output" : "parameter";
}

std::string Operation::module() const { return name.substr(0, name.find('.')); }
std::string Operation::verb() const { return name.substr(name.find('.') + 1); }

const FieldInfo* Operation::find(std::string_view field) const {
  for (const FieldInfo& candidate : fields)
    if (candidate.name == field) return &candidate;
  return nullptr;
}

std::vector<const FieldInfo*> Operation::fields_of(Role role) const {
  std::vector<const FieldInfo*> found;
  for (const FieldInfo& field : fields)
    if (field.role == role) found.push_back(&field);
  return found;
}

Json value_of(const FieldInfo& field, void* object) {
  const void* value = field.value(object);
  if (value == nullptr) return nullptr;
  if (field.kind() == Kind::choice) {
    const auto index = static_cast<std::size_t>(field.type->chosen(value));
    return index < field.choices.size() ? Json(field.choices[index]) : Json(nullptr);
  }
  return field.type->to_json ? field.type->to_json(value) : Json(nullptr);
}

Json default_of(const Operation& operation, const FieldInfo& field) {
  const std::shared_ptr<void> fresh = operation.make();
  return value_of(field, fresh.get());
}

void assign(const FieldInfo& field, void* object, const Json& value) {
  if (value.is_null()) return;
  field.engage(object);
  if (field.kind() == Kind::choice) {
    const auto found = std::find(field.choices.begin(), field.choices.end(), value.get<std::string>());
    field.type->choose(field.value(object), static_cast<int>(found - field.choices.begin()));
  } else {
    field.type->from_json(field.value(object), value);
  }
}

std::vector<std::string> verify(const Operation& operation) {
  std::vector<std::string> problems;
  const std::size_t dot = operation.name.find('.');
  if (dot == std::string::npos || !is_snake_case(operation.module()) || !is_snake_case(operation.verb()))
    problems.push_back("\"" + operation.name + "\" is not of the form module.verb or module.verb_noun");
  if (!operation.summary.ends_with('.'))
    problems.emplace_back("the summary is missing or does not end in a full stop");
  if (operation.citations.empty()) problems.emplace_back("no reference");
  if (operation.examples.empty()) problems.emplace_back("no example");
  for (const Example& example : operation.examples)
    if (example.checks.empty())
      problems.push_back("the example \"" + example.arguments + "\" checks nothing");
  if (!operation.run) problems.emplace_back("nothing to run");
  if (operation.fields_of(Role::output).empty()) problems.emplace_back("no output");
  if (operation.previews) verify_previews(operation, problems);

  std::set<std::string> seen;
  for (const FieldInfo& field : operation.fields) {
    if (!seen.insert(field.name).second) problems.push_back(field.name + ": declared twice");
    verify_field(operation, field, problems);
    const FieldInfo* needed = field.needs.empty() ? nullptr : operation.find(field.needs);
    if (!field.needs.empty() && (needed == nullptr || needed->role != Role::input || !needed->optional))
      problems.push_back(field.name + ": needs " + field.needs + ", which is no optional input");
  }
  return problems;
}

const Operation& find(const std::vector<Operation>& operations, std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  std::vector<std::string> names;
  for (const Operation& operation : operations) {
    if (operation.name == wanted) return operation;
    names.push_back(operation.name);
  }
  throw Error(ErrorCode::not_found,
              fmt::format("there is no operation {}{}", name, did_you_mean(name, names)), "operation");
}

}  // namespace sg::op

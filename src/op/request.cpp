#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "op/check.h"
#include "op/runner.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

std::vector<std::string> names_of(const Operation& operation, Role role) {
  std::vector<std::string> names;
  for (const FieldInfo* field : operation.fields_of(role)) names.push_back(field->name);
  return names;
}

void check_names(const Operation& operation, Role role, const Json& section) {
  if (!section.is_object())
    throw Error(ErrorCode::invalid_input, fmt::format("{}s are {}, expected an object of names and values",
                                                      name(role), section.type_name()));
  for (const auto& [key, value] : section.items()) {
    const FieldInfo* field = operation.find(key);
    if (field != nullptr && field->role == role) continue;
    const std::string hint = field != nullptr ? fmt::format(", but it has the {} {}", name(field->role), key)
                                              : did_you_mean(key, names_of(operation, role));
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} has no {} {}{}", operation.name, name(role), key, hint), key);
  }
}

void check_input(const FieldInfo& field, const Json& inputs) {
  const auto given = inputs.find(field.name);
  if (given == inputs.end() || given->is_null()) {
    if (field.optional) return;
    throw Error(ErrorCode::invalid_input, fmt::format("{} is missing: {}", field.name, field.help),
                field.name);
  }
  checked(field, *given);
  if (!is_inline(field.kind()) && given->get<std::string>().empty())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is empty, expected {}", field.name, expectation(field)), field.name);
}

bool has_ending(std::string file, const std::vector<std::string>& endings) {
  std::transform(file.begin(), file.end(), file.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return endings.empty() || std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) {
           return file.size() > ending.size() && file.ends_with(ending);
         });
}

void check_output(const FieldInfo& field, const Json& wanted) {
  if (wanted.is_boolean() && (is_shown(field.kind()) || wanted == false)) return;
  const bool file = wanted.is_string() && !is_inline(field.kind());
  if (file && has_ending(wanted.get<std::string>(), writable_endings(field.kind()))) return;
  const std::string expected = is_inline(field.kind()) ? "true or false" : expectation(field);
  throw Error(file ? ErrorCode::unsupported_format : ErrorCode::invalid_input,
              fmt::format("{} is {}, expected {}", field.name, dump(wanted), expected), field.name);
}

/// An operation none of whose results would be seen need not start.
void check_purpose(const Operation& operation, const Request& request) {
  std::vector<std::string> files;
  for (const FieldInfo* field : operation.fields_of(Role::output)) {
    const auto wanted = request.outputs.find(field->name);
    if (wanted != request.outputs.end() && *wanted != false) return;
    if (is_shown(field->kind()) && !field->optional) return;
    files.push_back(field->name);
  }
  throw Error(
      ErrorCode::invalid_input,
      fmt::format("{} would write nothing: name a file for {}", operation.name, fmt::join(files, " or ")),
      files.front());
}

}  // namespace

void check(const Operation& operation, const Request& request) {
  check_names(operation, Role::input, request.inputs);
  check_names(operation, Role::parameter, request.parameters);
  check_names(operation, Role::output, request.outputs);
  for (const FieldInfo* field : operation.fields_of(Role::input)) check_input(*field, request.inputs);
  for (const FieldInfo* field : operation.fields_of(Role::parameter)) {
    const auto given = request.parameters.find(field->name);
    if (given != request.parameters.end() && !(given->is_null() && field->optional)) checked(*field, *given);
  }
  for (const FieldInfo* field : operation.fields_of(Role::output)) {
    const auto wanted = request.outputs.find(field->name);
    if (wanted == request.outputs.end()) continue;
    check_output(*field, *wanted);
    if (*wanted != false && !field->needs.empty() && !request.inputs.contains(field->needs)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} was asked for without {}, expected {}", field->name, field->needs,
                              operation.find(field->needs)->help),
                  field->needs);
    }
  }
  check_purpose(operation, request);
}

void check_files(const Operation& operation, const Request& request) {
  for (const FieldInfo* field : operation.fields_of(Role::input)) {
    const auto given = request.inputs.find(field->name);
    if (is_inline(field->kind()) || given == request.inputs.end() || given->is_null()) continue;
    const std::string file = given->get<std::string>();
    std::error_code error;
    if (!fs::exists(file, error))
      throw Error(ErrorCode::not_found,
                  fmt::format("{} is {}, which {}", field->name, file,
                              error ? "cannot be looked up: " + error.message() : "does not exist"),
                  field->name);
  }
}

}  // namespace sg::op

#include "op/schema.h"

#include "op/check.h"

namespace sg::op {
namespace {

constexpr auto dialect = "https://json-schema.org/draft/2020-12/schema";

void add_range(const FieldInfo& field, Json& schema) {
  if (field.low) schema["minimum"] = *field.low;
  if (field.high) schema["maximum"] = *field.high;
}

Json value_schema(const FieldInfo& field) {
  Json schema = Json::object();
  switch (field.kind()) {
    case Kind::boolean: schema["type"] = "boolean"; break;
    case Kind::integer:
      schema["type"] = "integer";
      add_range(field, schema);
      break;
    case Kind::real:
      schema["type"] = "number";
      add_range(field, schema);
      break;
    case Kind::choice:
      schema["type"] = "string";
      schema["enum"] = field.choices;
      break;
    case Kind::vector:
      schema["type"] = "array";
      schema["items"] = {{"type", field.type->whole ? "integer" : "number"}};
      add_range(field, schema["items"]);
      if (field.type->length > 0) schema["minItems"] = schema["maxItems"] = field.type->length;
      break;
    case Kind::table:
      schema["type"] = "array";
      schema["items"] = {{"type", "object"}};
      break;
    case Kind::document: schema["type"] = "object"; break;
    default: schema["type"] = "string";
  }
  return schema;
}

Json file_schema(const FieldInfo& field) {
  Json schema = {{"type", "string"}, {"minLength", 1}};
  const auto& endings =
      field.role == Role::output ? writable_endings(field.kind()) : readable_endings(field.kind());
  if (!endings.empty()) schema["x-file-types"] = endings;
  return schema;
}

/// An output in a request: the file to write, or, for what can be shown, true.
Json wanted_schema(const FieldInfo& field) {
  if (is_inline(field.kind())) return {{"type", "boolean"}};
  Json schema = file_schema(field);
  if (is_shown(field.kind())) schema["type"] = {"string", "boolean"};
  return schema;
}

Json section_schema(const Operation& operation, Role role) {
  Json schema = {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
  Json required = Json::array();
  for (const FieldInfo* field : operation.fields_of(role)) {
    schema["properties"][field->name] = field_schema(operation, *field);
    if (role == Role::input && !field->optional) required.push_back(field->name);
  }
  if (!required.empty()) schema["required"] = required;
  return schema;
}

}  // namespace

Json field_schema(const Operation& operation, const FieldInfo& field, bool result) {
  Json schema;
  if (field.role == Role::output && !result)
    schema = wanted_schema(field);
  else if (is_inline(field.kind()) || (result && is_shown(field.kind())))
    schema = value_schema(field);
  else
    schema = file_schema(field);
  schema["description"] = field.help;
  if (field.role == Role::parameter) {
    const Json value = default_of(operation, field);
    if (!value.is_null()) schema["default"] = value;
  }
  schema["x-kind"] = name(field.kind());
  if (field.role == Role::input && !is_inline(field.kind()))
    schema["x-accepts"] = accepted_kinds(field.kind());
  if (!field.needs.empty()) schema["x-needs"] = field.needs;
  if (field.unit) schema["x-unit"] = *field.unit;
  if (!field.modality.empty()) schema["x-modality"] = field.modality;
  if (field.dimensions != 0) schema["x-dimensions"] = field.dimensions;
  return schema;
}

Json request_schema(const Operation& operation) {
  Json schema = {{"$schema", dialect},
                 {"title", operation.name},
                 {"description", operation.summary},
                 {"type", "object"},
                 {"properties",
                  {{"inputs", section_schema(operation, Role::input)},
                   {"parameters", section_schema(operation, Role::parameter)},
                   {"outputs", section_schema(operation, Role::output)}}},
                 {"additionalProperties", false}};
  if (schema["properties"]["inputs"].contains("required")) schema["required"] = {"inputs"};
  return schema;
}

Json result_schema(const Operation& operation) {
  Json properties = Json::object();
  bool open = false;
  for (const FieldInfo* field : operation.fields_of(Role::output)) {
    open = open || field->flattened;
    if (!field->flattened) properties[field->name] = field_schema(operation, *field, true);
  }
  properties["run"] = {{"type", "object"}, {"description", "operation, version, seconds, units, warnings"}};
  return {{"$schema", dialect},  {"title", operation.name + " result"},
          {"type", "object"},    {"properties", properties},
          {"required", {"run"}}, {"additionalProperties", open}};
}

Json describe(const Operation& operation) {
  Json examples = Json::array();
  for (const Example& example : operation.examples)
    examples.push_back({{"arguments", example.arguments}, {"checks", example.checks}});
  return {{"name", operation.name},
          {"module", operation.module()},
          {"summary", operation.summary},
          {"description", operation.description},
          {"request", request_schema(operation)},
          {"result", result_schema(operation)},
          {"previews", operation.previews},
          {"references", operation.citations},
          {"examples", examples}};
}

}  // namespace sg::op

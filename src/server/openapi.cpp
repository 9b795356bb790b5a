#include "server/openapi.h"

#include <fmt/format.h>

#include <cctype>

#include "op/provenance.h"
#include "op/schema.h"
#include "server/api.h"

namespace sg::server {
namespace {

Json reference(const std::string& schema) { return {{"$ref", "#/components/schemas/" + schema}}; }

/// GET /artifacts/{id}/content → getArtifactsIdContent.
std::string operation_id(const Route& route) {
  std::string id;
  bool upper = false;
  for (const char c : route.method + route.path) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      upper = true;
      continue;
    }
    const bool of_method = id.size() < route.method.size();
    id += static_cast<char>(upper       ? std::toupper(static_cast<unsigned char>(c))
                            : of_method ? std::tolower(static_cast<unsigned char>(c))
                                        : c);
    upper = false;
  }
  return id;
}

Json parameters_of(const Route& route) {
  Json parameters = Json::array();
  for (std::size_t at = 0; (at = route.path.find('{', at)) != std::string::npos; ++at) {
    const std::string name = route.path.substr(at + 1, route.path.find('}', at) - at - 1);
    parameters.push_back(
        {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  }
  for (const Parameter& parameter : route.query) {
    Json schema = {{"type", parameter.type}};
    if (!parameter.choices.empty()) schema["enum"] = parameter.choices;
    parameters.push_back({{"name", parameter.name},
                          {"in", "query"},
                          {"description", parameter.description},
                          {"schema", schema}});
  }
  if (route.method == "POST" && route.status >= 201 && route.status != 204) {
    parameters.push_back({{"name", "Idempotency-Key"},
                          {"in", "header"},
                          {"description", "the same key and request takes effect once within a day"},
                          {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

Json body_of(const Route& route) {
  const Json bytes = {{"type", "string"}, {"format", "binary"}};
  if (route.takes != "bytes")
    return {{"required", true}, {"content", {{"application/json", {{"schema", reference(route.takes)}}}}}};
  const Json form = {{"type", "object"}, {"properties", {{"file", {{"type", "array"}, {"items", bytes}}}}}};
  return {{"required", true},
          {"content",
           {{"application/octet-stream", {{"schema", bytes}}}, {"multipart/form-data", {{"schema", form}}}}}};
}

Json responses_of(const Route& route) {
  Json good = {{"description", route.status == 204 ? "done" : "ok"}};
  if (route.gives.find('/') != std::string::npos)
    good["content"][route.gives] = {{"schema", {{"type", "string"}}}};
  else if (!route.gives.empty())
    good["content"]["application/json"] = {{"schema", reference(route.gives)}};
  return {{std::to_string(route.status), good},
          {"default",
           {{"description", "a problem"},
            {"content", {{"application/problem+json", {{"schema", reference("Problem")}}}}}}}};
}

Json entry_of(const Route& route) {
  Json entry = {{"operationId", operation_id(route)}, {"summary", route.summary}};
  if (const Json parameters = parameters_of(route); !parameters.empty()) entry["parameters"] = parameters;
  if (!route.takes.empty()) entry["requestBody"] = body_of(route);
  entry["responses"] = responses_of(route);
  return entry;
}

/// What an operation takes as a run: its parameters, and ids for its inputs.
Json run_schema(const op::Operation& operation) {
  const Json whole = op::request_schema(operation);
  Json schema = api_schemas()["RunRequest"];
  schema["description"] = operation.summary;
  schema["properties"]["inputs"] = whole["properties"]["inputs"];
  for (auto& [name, input] : schema["properties"]["inputs"]["properties"].items()) {
    input.erase("x-file-types");
    input["description"] = "artifact id: " + input["description"].get<std::string>();
  }
  schema["properties"]["parameters"] = whole["properties"]["parameters"];
  Json names = Json::array();
  for (const auto& [name, output] : whole["properties"]["outputs"]["properties"].items())
    names.push_back(name);
  schema["properties"]["outputs"]["items"]["enum"] = names;
  if (whole.contains("required")) schema["required"] = whole["required"];
  return schema;
}

}  // namespace

Json openapi(const std::vector<op::Operation>& operations) {
  Json paths = Json::object();
  Json schemas = api_schemas();
  for (const Route& route : api_routes()) {
    std::string method;
    for (const char c : route.method)
      method += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    paths[route.path][method] = entry_of(route);
    if (route.path != "/operations/{name}/runs") continue;
    for (const op::Operation& operation : operations) {
      Route own = route;
      own.path = "/operations/" + operation.name + "/runs";
      own.summary = operation.summary;
      own.takes = operation.name;
      paths[own.path][method] = entry_of(own);
      schemas[operation.name] = run_schema(operation);
    }
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "Shaoguang"},
            {"version", op::version()},
            {"description",
             "A workspace of medical images, signals and tables, and what runs on them. Errors are "
             "problems (RFC 9457); ids sort by time; times are UTC. For research use."},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"servers", {{{"url", "/api/v1"}}}},
          {"paths", paths},
          {"components",
           {{"schemas", schemas},
            {"securitySchemes",
             {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
              {"cookie", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "shaoguang_session"}}}}}}},
          {"security", {Json::object(), {{"token", Json::array()}}, {{"cookie", Json::array()}}}}};
}

}  // namespace sg::server

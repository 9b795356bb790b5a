#include "platform/request.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.h"
#include "op/check.h"

namespace sg::platform {
namespace {

/// Whether the member is there; throws at it if `is` says that it has the wrong type.
bool has(const Json& json, const char* name, bool (Json::*is)() const noexcept, const char* expected) {
  if (!json.contains(name)) return false;
  if (!(json[name].*is)())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is {}, expected {}", name, op::dump(json[name]).substr(0, 80), expected),
                name);
  return true;
}

}  // namespace

std::string text_member(const Json& json, const std::string& name, const std::string& otherwise) {
  if (!json.contains(name)) return otherwise;
  if (!json[name].is_string())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is {}, expected text", name, op::dump(json[name]).substr(0, 80)), name);
  return json[name].get<std::string>();
}

void refuse_others(const Json& json, const std::vector<std::string>& known, const std::string& what) {
  for (const auto& [name, value] : json.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} has no \"{}\", expected {}{}", what, name, fmt::join(known, ", "),
                            op::did_you_mean(name, known)),
                name);
  }
}

RunRequest run_request(const Json& json) {
  refuse_others(json, {"inputs", "parameters", "outputs", "seed", "title", "cache"}, "a run");
  RunRequest request;
  if (has(json, "inputs", &Json::is_object, "an object of artifact ids")) {
    for (const auto& [field, id] : json["inputs"].items())
      request.inputs[field] = text_member(json["inputs"], field);
  }
  if (has(json, "parameters", &Json::is_object, "an object of values"))
    request.parameters = json["parameters"];
  if (has(json, "outputs", &Json::is_array, "a list of names")) {
    request.outputs.emplace();
    for (const Json& name : json["outputs"]) {
      if (!name.is_string())
        throw Error(ErrorCode::invalid_input, "outputs holds something that is no name", "outputs");
      request.outputs->push_back(name.get<std::string>());
    }
  }
  if (has(json, "seed", &Json::is_number_integer, "a whole number"))
    request.seed = json["seed"].get<std::int64_t>();
  if (has(json, "cache", &Json::is_boolean, "true or false")) request.cache = json["cache"].get<bool>();
  request.title = text_member(json, "title");
  return request;
}

}  // namespace sg::platform

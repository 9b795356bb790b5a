#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/records.h"

namespace sg::platform {

/// What somebody asks the workspace to run.
struct RunRequest {
  std::map<std::string, std::string> inputs;  // field → artifact id
  Json parameters = Json::object();
  std::optional<std::vector<std::string>> outputs;  // names; empty = all
  std::optional<std::int64_t> seed;                 // empty = 0
  std::string title;
  bool cache = true;        // a finished run of the same request may answer
  std::vector<Link> links;  // fields that another run fills; their kinds have been checked
};

/// From {"inputs", "parameters", "outputs", "seed", "title", "cache"}, any of them left out. Throws
/// invalid_input at the member that is none of these or has the wrong type.
RunRequest run_request(const Json& json);

/// A member of a JSON object as text; throws invalid_input at the member for anything else.
std::string text_member(const Json& json, const std::string& name, const std::string& otherwise = "");
/// Throws invalid_input at a member that is not among `known`; `what` is how the object is called.
void refuse_others(const Json& json, const std::vector<std::string>& known, const std::string& what);

}  // namespace sg::platform

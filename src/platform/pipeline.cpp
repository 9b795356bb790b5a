#include "platform/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/error.h"
#include "op/pipeline.h"
#include "platform/job.h"

namespace sg::platform {
namespace {

constexpr std::size_t most_steps = 200;

bool is_reference(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().starts_with('@');
}

/// Every "@id.output" there is, once each.
void collect_references(const Json& json, std::vector<std::string>& found) {
  if (json.is_structured()) {
    for (const Json& item : json) collect_references(item, found);
  } else if (is_reference(json) &&
             std::find(found.begin(), found.end(), json.get<std::string>()) == found.end()) {
    found.push_back(json.get<std::string>());
  }
}

/// Makes the runs one after the other; a step can refer to those before it.
class Builder {
 public:
  Builder(const Workspace& workspace, const std::vector<op::Operation>& operations, const Json& request)
      : workspace_(workspace), operations_(operations) {
    collect_references(request["steps"], references_);
    prepared_.pipeline = {new_id(), text_member(request, "title"), now()};
    if (request.contains("seed")) seed_ = request["seed"];
  }

  void add(const Json& step) {
    if (!step.is_object())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("a step is {}, expected an object", step.type_name()));
    refuse_others(step, {"id", "operation", "inputs", "parameters", "outputs"}, "a step");
    const op::Operation& operation = op::find(operations_, text_member(step, "operation"));
    const std::string id = text_member(step, "id", operation.verb());
    if (id.empty() || id.find_first_of("./@") != std::string::npos)
      throw Error(ErrorCode::invalid_input, fmt::format("id is \"{}\", expected a name without . / @", id),
                  "id");
    if (std::find(ids_.begin(), ids_.end(), id) != ids_.end())
      throw Error(ErrorCode::invalid_input, fmt::format("the id {} is used twice", id), "id");
    Json own = step;
    own.erase("id");
    own.erase("operation");
    if (!seed_.is_null()) own["seed"] = seed_;
    std::vector<Link> links;
    for (const char* section : {"inputs", "parameters"}) {
      if (own.contains(section) && own[section].is_object()) take_links(operation, own[section], links);
    }
    RunRequest request = run_request(own);
    request.links = std::move(links);
    if (request.outputs) want_what_is_referred_to(id, *request.outputs);
    Run run = prepare_run(workspace_, operation, request);
    run.pipeline = prepared_.pipeline.id;
    run.step = id;
    prepared_.runs.push_back(std::move(run));
    sources_.push_back(&operation);
    ids_.push_back(id);
  }

  PreparedPipeline finish() { return std::move(prepared_); }

 private:
  void want_what_is_referred_to(const std::string& id, std::vector<std::string>& wanted) const {
    for (const std::string& reference : references_) {
      if (!reference.starts_with("@" + id + ".")) continue;
      const std::string output = reference.substr(id.size() + 2);
      if (std::find(wanted.begin(), wanted.end(), output) == wanted.end()) wanted.push_back(output);
    }
  }

  /// Moves the references among the values into links, and makes sure that their sources make them.
  void take_links(const op::Operation& operation, Json& values, std::vector<Link>& links) {
    Json plain = Json::object();
    for (const auto& [name, value] : values.items()) {
      const op::FieldInfo* field = operation.find(name);
      if (field == nullptr || !is_reference(value)) {  // check() names the nearest of unknown names
        plain[name] = value;
        continue;
      }
      const std::string reference = value.get<std::string>();
      const auto [id, output] = op::split_reference(*field, reference, ids_);
      const auto at = static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), id) - ids_.begin());
      const op::FieldInfo& source = op::referred_output(*field, reference, *sources_[at]);
      if (op::is_inline(source.kind()) != (field->role == op::Role::parameter)) {
        throw Error(ErrorCode::invalid_input,
                    fmt::format("{} is {}, a {}: inputs take artifacts, parameters take values", name,
                                reference, op::name(source.kind())),
                    name);
      }
      links.push_back({name, prepared_.runs[at].id, output, false});
    }
    values = std::move(plain);
  }

  const Workspace& workspace_;
  const std::vector<op::Operation>& operations_;
  PreparedPipeline prepared_;
  std::vector<const op::Operation*> sources_;
  std::vector<std::string> ids_, references_;
  Json seed_;
};

}  // namespace

Json request_of_steps(Workspace& workspace, const std::vector<op::Operation>& operations, const Json& steps,
                      const std::filesystem::path& folder) {
  std::map<std::string, std::string> imported;  // path and kind → artifact
  const auto keep = [&](const std::string& file, const std::string& kind) {
    std::string& id = imported[kind + ":" + file];
    if (id.empty()) id = workspace.inspect(workspace.import(folder / file, {}, kind).id).at(0).id;
    return id;
  };
  Json request = {{"steps", Json::array()}};
  for (const Json& given : steps) {
    Json step = given;
    if (!step.is_object()) throw Error(ErrorCode::invalid_input, "a step is no object");
    step.erase("outputs");
    const op::Operation& operation = op::find(operations, text_member(step, "operation"));
    Json inputs = step.value("inputs", Json::object());
    for (auto& [name, value] : inputs.items()) {
      const op::FieldInfo* field = operation.find(name);
      if (field == nullptr || is_reference(value) || !value.is_string()) continue;
      value = keep(value.get<std::string>(), field->kind() == op::Kind::labels ? "labels" : "");
    }
    step["inputs"] = inputs;
    request["steps"].push_back(std::move(step));
  }
  return request;
}

PreparedPipeline prepare_pipeline(const Workspace& workspace, const std::vector<op::Operation>& operations,
                                  const Json& request) {
  refuse_others(request, {"title", "seed", "steps"}, "a pipeline");
  if (!request.contains("steps") || !request["steps"].is_array() || request["steps"].empty() ||
      request["steps"].size() > most_steps) {
    throw Error(ErrorCode::invalid_input, fmt::format("steps is missing: a list of 1 to {} runs", most_steps),
                "steps");
  }
  Builder builder(workspace, operations, request);
  for (std::size_t i = 0; i < request["steps"].size(); ++i) {
    try {
      builder.add(request["steps"][i]);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("step {}: {}", i + 1, error.what()), error.field());
    }
  }
  return builder.finish();
}

}  // namespace sg::platform

#include "op/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/error.h"
#include "io/files.h"
#include "op/check.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& field = "") {
  throw Error(ErrorCode::invalid_input, message, field);
}

/// Puts variables into every text of `json`.
void substitute(Json& json, const std::map<std::string, std::string>& variables) {
  if (json.is_structured()) {
    for (Json& item : json) substitute(item, variables);
    return;
  }
  if (!json.is_string()) return;
  std::string text = json.get<std::string>();
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
    if (at > 0 && text[at - 1] == '$') {
      text.erase(at - 1, 1);
      ++at;
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) refuse(fmt::format("\"{}\" has ${{ without }}", text));
    const std::string name = text.substr(at + 2, end - at - 2);
    const auto variable = variables.find(name);
    if (variable == variables.end()) {
      std::vector<std::string> names;
      for (const auto& [known, value] : variables) names.push_back(known);
      refuse(fmt::format("the variable {} is not set{}", name, did_you_mean(name, names)), name);
    }
    text.replace(at, end + 1 - at, variable->second);
    at += variable->second.size();
  }
  json = text;
}

Json section(const Json& run, const char* name) {
  const auto given = run.find(name);
  if (given == run.end()) return Json::object();
  if (!given->is_object())
    refuse(fmt::format("{} is {}, expected an object of names and values", name, dump(*given)), name);
  return *given;
}

bool is_reference(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().starts_with('@');
}

bool fits(Kind from, Kind to) {
  if (!is_inline(to)) {
    const std::vector<std::string_view>& accepted = accepted_kinds(to);
    return std::find(accepted.begin(), accepted.end(), name(from)) != accepted.end();
  }
  if (from == to) return true;
  if (to == Kind::real) return from == Kind::integer;
  if (to == Kind::text) return from == Kind::choice;
  return to == Kind::choice && from == Kind::text;
}

}  // namespace

std::pair<std::string, std::string> split_reference(const FieldInfo& field, const std::string& reference,
                                                    const std::vector<std::string>& ids) {
  const std::size_t dot = reference.find('.');
  const std::string id = reference.substr(1, dot - 1);
  if (dot == std::string::npos || std::find(ids.begin(), ids.end(), id) == ids.end())
    refuse(fmt::format("{} is {}, expected @id.output of an earlier run{}", field.name, reference,
                       did_you_mean(id, ids)),
           field.name);
  return {id, reference.substr(dot + 1)};
}

const FieldInfo& referred_output(const FieldInfo& field, const std::string& reference,
                                 const Operation& source) {
  const std::string output = reference.substr(reference.find('.') + 1);
  const FieldInfo* found = source.find(output);
  if (found == nullptr || found->role != Role::output) {
    std::vector<std::string> names;
    for (const FieldInfo* candidate : source.fields_of(Role::output)) names.push_back(candidate->name);
    refuse(fmt::format("{} is {}, but {} has no output {}{}", field.name, reference, source.name, output,
                       did_you_mean(output, names)),
           field.name);
  }
  if (!fits(found->kind(), field.kind()))
    refuse(fmt::format("{} is {} ({}), expected {}", field.name, reference, name(found->kind()),
                       name(field.kind())),
           field.name);
  return *found;
}

namespace {

/// Builds the steps one after the other; a step can refer to those before it.
class Reader {
 public:
  Reader(const std::vector<Operation>& operations, fs::path folder, const PipelineOptions& options)
      : operations_(operations), folder_(std::move(folder)), options_(options) {}

  void add(const Json& json) {
    if (!json.is_object()) refuse(fmt::format("a run is {}, expected an object", json.type_name()));
    for (const auto& [key, value] : json.items())
      if (const std::vector<std::string> known{"id", "operation", "inputs", "parameters", "outputs"};
          std::find(known.begin(), known.end(), key) == known.end())
        refuse(fmt::format("a run has no {}{}", key, did_you_mean(key, known)), key);
    if (!json.contains("operation") || !json["operation"].is_string())
      refuse("operation is missing: the name of what to run", "operation");
    Step step;
    step.operation = &find(operations_, json["operation"].get<std::string>());
    step.id = json.contains("id") && json["id"].is_string() ? json["id"].get<std::string>()
                                                            : step.operation->verb();
    if (step.id.empty() || step.id.find_first_of("./@") != std::string::npos)
      refuse(fmt::format("id is \"{}\", expected a name without . / @", step.id), "id");
    if (std::any_of(steps_.begin(), steps_.end(), [&](const Step& other) { return other.id == step.id; }))
      refuse(fmt::format("the id {} is used twice", step.id), "id");
    step.request.inputs = section(json, "inputs");
    step.request.parameters = section(json, "parameters");
    step.request.outputs = section(json, "outputs");
    step.request.overwrite = options_.overwrite;
    step.request.command = options_.command;
    resolve(step);
    steps_.push_back(std::move(step));
  }

  std::vector<Step> finish() {
    for (Step& step : steps_) check_step(step);
    return std::move(steps_);
  }

 private:
  void resolve(Step& step) {
    for (auto& [name, value] : step.request.inputs.items()) {
      const FieldInfo* field = step.operation->find(name);
      if (field == nullptr) continue;  // check() will say so
      if (is_reference(value))
        link(*field, value);
      else if (value.is_string() && !is_inline(field->kind()))
        value = (folder_ / value.get<std::string>()).string();
    }
    for (auto& [name, value] : step.request.parameters.items())
      if (const FieldInfo* field = step.operation->find(name); field != nullptr && is_reference(value))
        link(*field, value);
    for (auto& [name, value] : step.request.outputs.items())
      if (value.is_string()) value = (options_.directory / value.get<std::string>()).string();
  }

  /// Settles "@id.output": a file becomes its path, a value stays a reference but is known to exist.
  void link(const FieldInfo& field, Json& value) {
    const std::string reference = value.get<std::string>();
    std::vector<std::string> ids;
    for (const Step& step : steps_) ids.push_back(step.id);
    const auto [id, output] = split_reference(field, reference, ids);
    Step& step = steps_[static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin())];
    const FieldInfo& source = referred_output(field, reference, *step.operation);
    if (is_inline(source.kind())) {
      if (source.optional) step.request.outputs[output] = true;
      return;
    }
    Json& path = step.request.outputs[output];
    if (!path.is_string())
      path = (options_.directory / (id + "." + output + writable_endings(source.kind()).front())).string();
    produced_.insert(path.get<std::string>());
    value = path;
  }

  /// The whole check of a single run, with references to values taken out and files to come passed over.
  void check_step(const Step& step) const {
    try {
      Request known = step.request;
      for (const auto& [name, value] : step.request.parameters.items())
        if (is_reference(value)) known.parameters.erase(name);
      for (const auto& [name, value] : step.request.inputs.items())
        if (is_reference(value)) known.inputs[name] = stand_in(*step.operation, name);
      check(*step.operation, known);
      for (const auto& [name, value] : step.request.inputs.items())
        if (value.is_string() && produced_.contains(value.get<std::string>())) known.inputs.erase(name);
      check_files(*step.operation, known);
      for (const auto& [name, value] : step.request.outputs.items())
        if (value.is_string() && !options_.overwrite && fs::exists(value.get<std::string>()))
          throw Error(ErrorCode::conflict, value.get<std::string>() + " exists; pass overwrite to replace it",
                      name);
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("{}: {}", step.id, e.what()), e.field());
    }
  }

  /// An inline input given by reference counts as present: its default takes its place in the check.
  static Json stand_in(const Operation& operation, const std::string& name) {
    return default_of(operation, *operation.find(name));
  }

  const std::vector<Operation>& operations_;
  fs::path folder_;
  const PipelineOptions& options_;
  std::vector<Step> steps_;
  std::set<std::string> produced_;
};

void fill_in(Json& section, const std::map<std::string, Json>& results) {
  for (auto& [name, value] : section.items())
    if (is_reference(value)) value = results.at(value.get<std::string>());
}

}  // namespace

Json read_pipeline_json(const fs::path& file, const std::map<std::string, std::string>& variables) {
  const io::Bytes bytes = io::read_file(file, 16 << 20);
  Json runs = parse_json(std::string(bytes.begin(), bytes.end()), file.string());
  if (!runs.is_array() || runs.empty())
    refuse(fmt::format("{} is not a pipeline: expected a JSON list of runs", file.string()));
  substitute(runs, variables);
  return runs;
}

std::vector<Step> read_pipeline(const std::vector<Operation>& operations, const fs::path& file,
                                const PipelineOptions& options) {
  const Json runs = read_pipeline_json(file, options.variables);
  Reader reader(operations, file.parent_path(), options);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    try {
      reader.add(runs[i]);
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("run {}: {}", i + 1, e.what()), e.field());
    }
  }
  return reader.finish();
}

void run_pipeline(const std::vector<Step>& steps, const PipelineOptions& options, const Context& context,
                  const StepDone& done) {
  std::error_code error;
  fs::create_directories(options.directory, error);
  if (error)
    throw Error(ErrorCode::forbidden,
                fmt::format("cannot make the folder {}: {}", options.directory.string(), error.message()),
                "directory");
  std::map<std::string, Json> results;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    Step step = steps[i];
    const double share = 1.0 / static_cast<double>(steps.size());
    const Context part =
        context.part(static_cast<double>(i) * share, static_cast<double>(i + 1) * share, step.id);
    fill_in(step.request.inputs, results);
    fill_in(step.request.parameters, results);
    const bool writes = std::any_of(step.request.outputs.begin(), step.request.outputs.end(),
                                    [](const Json& output) { return output.is_string(); });
    if (!writes) step.request.provenance = options.directory / (step.id + ".run.json");
    try {
      const Outcome outcome = run(*step.operation, step.request, part);
      for (const FieldInfo* field : step.operation->fields_of(Role::output))
        if (outcome.outputs.contains(field->name))
          results["@" + step.id + "." + field->name] = outcome.outputs[field->name];
      if (done) done(step, outcome);
    } catch (const Error& e) {
      throw Error(e.code(), fmt::format("{}: {}", step.id, e.what()), e.field());
    }
  }
}

}  // namespace sg::op

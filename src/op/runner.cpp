#include "op/runner.h"

#include <fmt/format.h>

#include <chrono>

#include "core/error.h"
#include "core/sha256.h"
#include "io/files.h"
#include "op/check.h"
#include "op/guarded.h"
#include "op/provenance.h"
#include "op/staging.h"
#include "report/report.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

/// One output that goes to a file.
struct Target {
  const FieldInfo* field;
  fs::path path, staged;
};

class Run {
 public:
  Run(const Operation& operation, const Request& request, const Context& context)
      : operation_(operation), request_(request), context_(context), object_(operation.make()) {}

  Outcome execute() {
    check(operation_, request_);
    check_files(operation_, request_);
    reserve_outputs();
    begin_record();
    load_inputs(context_.part(0, 0.1, "reading"));
    set_parameters();
    compute();
    save_outputs(context_.part(0.9, 1, "writing"));
    context_.check();
    staging_.commit();
    show_outputs();
    return std::move(outcome_);
  }

 private:
  void reserve_outputs() {
    for (const FieldInfo* field : operation_.fields_of(Role::output)) {
      const auto asked = request_.outputs.find(field->name);
      if (asked == request_.outputs.end() || !asked->is_string()) continue;
      const fs::path path = asked->get<std::string>();
      guarded(field->name, [&] {
        targets_.push_back({field, path, staging_.stage(path, request_.overwrite)});
      });
    }
    guarded("provenance", [&] {
      if (!request_.provenance.empty())
        record_path_ = staging_.stage(request_.provenance, request_.overwrite);
      else if (!targets_.empty())  // whether it may be replaced was settled by the output it belongs to
        record_path_ = staging_.stage(record_path(targets_.front().path), true);
    });
  }

  void begin_record() {
    outcome_.record = {{"operation", operation_.name}, {"version", version()},
                       {"parameters", Json::object()}, {"inputs", Json::object()},
                       {"outputs", Json::object()},    {"results", Json::object()},
                       {"seed", context_.seed()},      {"models", Json::array()},
                       {"started", timestamp()},       {"seconds", 0.0},
                       {"host", host_facts()},         {"command", request_.command}};
  }

  void load_inputs(const Context& context) {
    const auto fields = operation_.fields_of(Role::input);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const double share = 1.0 / static_cast<double>(fields.size());
      load_input(*fields[i],
                 context.part(static_cast<double>(i) * share, static_cast<double>(i + 1) * share));
    }
  }

  void load_input(const FieldInfo& field, const Context& context) {
    const auto given = request_.inputs.find(field.name);
    if (given == request_.inputs.end() || given->is_null()) return;
    if (is_inline(field.kind())) {
      assign(field, object_.get(), checked(field, *given));
      outcome_.record["inputs"][field.name] = value_of(field, object_.get());
      return;
    }
    const std::string file = given->get<std::string>();
    guarded(field.name, [&] {
      field.engage(object_.get());
      field.type->load(field.value(object_.get()), file, context);
      check_dimensions(field, field.value(object_.get()), file);
      if (!record_path_.empty()) outcome_.record["inputs"][field.name] = file_record(file, file);
    });
  }

  void set_parameters() {
    op::set_parameters(operation_, object_.get(), request_.parameters);
    for (const FieldInfo* field : operation_.fields_of(Role::parameter))
      outcome_.record["parameters"][field->name] = value_of(*field, object_.get());
    for (const FieldInfo* field : operation_.fields_of(Role::output)) {
      const auto asked = request_.outputs.find(field->name);
      if (asked != request_.outputs.end() && *asked != false) field->engage(object_.get());
    }
  }

  void compute() {
    const auto start = std::chrono::steady_clock::now();
    guarded("", [&] { operation_.run(object_.get(), context_.part(0.1, 0.9, operation_.verb())); });
    outcome_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome_.record["seconds"] = outcome_.seconds;
    for (const FieldInfo* field : operation_.fields_of(Role::output))
      if (is_inline(field->kind())) outcome_.record["results"][field->name] = value_of(*field, object_.get());
  }

  /// Reports go last: they carry the record, with the hashes of everything else.
  void save_outputs(const Context& context) {
    for (const Target& target : targets_)
      if (target.field->kind() != Kind::report) save(target, context);
    for (const Target& target : targets_) {
      if (target.field->kind() != Kind::report) continue;
      if (void* value = target.field->value(object_.get()))
        static_cast<report::Report*>(value)->provenance(to_document(outcome_.record));
      save(target, context);
    }
    if (!record_path_.empty())
      guarded("provenance", [&] { io::write_file(record_path_, dump(outcome_.record, 2) + "\n"); });
  }

  void save(const Target& target, const Context& context) {
    context.check();
    void* value = target.field->value(object_.get());
    if (value == nullptr)
      throw Error(ErrorCode::internal, operation_.name + " did not produce " + target.field->name,
                  target.field->name);
    guarded(target.field->name, [&] {
      try {
        target.field->type->save(value, target.staged, context.silent());
      } catch (const Error& e) {
        throw Error(e.code(), with_final_name(e.what(), target), e.field());
      }
      outcome_.record["outputs"][target.field->name] = file_record(target.path, target.staged);
    });
    outcome_.written.push_back(target.path);
  }

  /// A writer's message names the hidden folder; whoever reads it knows the final name only.
  static std::string with_final_name(std::string message, const Target& target) {
    const std::string hidden = target.staged.string(), path = target.path.string();
    for (std::size_t at = 0; (at = message.find(hidden, at)) != std::string::npos; at += path.size())
      message.replace(at, hidden.size(), path);
    return message;
  }

  /// `path` as the reader knows the file, `place` where it lies now.
  static Json file_record(const fs::path& path, const fs::path& place) {
    Json record = {{"path", path.string()}};
    if (!fs::is_regular_file(place) && !fs::is_directory(place)) return record;  // a pipe is read once only
    const FileHash hash = hash_path(place);
    record["sha256"] = hash.sha256;
    record["bytes"] = hash.bytes;
    return record;
  }

  void show_outputs() {
    for (const FieldInfo* field : operation_.fields_of(Role::output)) {
      if (request_.outputs.contains(field->name) && request_.outputs[field->name].is_string())
        outcome_.outputs[field->name] = request_.outputs[field->name];
      else if (is_shown(field->kind()))
        show_output(*field, object_.get(), outcome_.outputs, outcome_.units);
    }
  }

  const Operation& operation_;
  const Request& request_;
  const Context& context_;
  std::shared_ptr<void> object_;
  Staging staging_;
  std::vector<Target> targets_;
  fs::path record_path_;
  Outcome outcome_;
};

}  // namespace

void show_output(const FieldInfo& field, void* object, Json& outputs, Json& units) {
  void* value = field.value(object);
  if (value == nullptr) return;
  Json json = value_of(field, object);
  if (field.kind() == Kind::document)
    units_of(*static_cast<Document*>(value), field.flattened ? "" : field.name, units);
  else if (field.unit)
    units[field.name] = *field.unit;
  if (!field.flattened) {
    outputs[field.name] = std::move(json);
    return;
  }
  for (auto& [key, item] : json.items()) outputs[key] = std::move(item);
}

Outcome run(const Operation& operation, const Request& request, const Context& context) {
  return Run(operation, request, context).execute();
}

}  // namespace sg::op

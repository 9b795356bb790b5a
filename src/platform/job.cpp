#include "platform/job.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>

#include "core/error.h"
#include "core/sha256.h"
#include "io/files.h"
#include "op/check.h"
#include "op/provenance.h"
#include "op/runner.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;

/// The request as op::run takes it, with files under `folder`.
op::Request request_in(const op::Operation& operation, const Run& run, const fs::path& folder,
                       const std::map<std::string, fs::path>& files) {
  op::Request request;
  for (const auto& [field, file] : files) request.inputs[field] = file.string();
  request.parameters = run.parameters;
  for (const std::string& wanted : run.wanted) {
    const op::FieldInfo* field = operation.find(wanted);
    if (field == nullptr || op::is_inline(field->kind())) {
      request.outputs[wanted] = true;
    } else {
      request.outputs[wanted] = (folder / (wanted + op::writable_endings(field->kind()).front())).string();
    }
  }
  request.provenance = folder / "run.json";
  return request;
}

/// Every output that these inputs can make.
std::vector<std::string> all_outputs(const op::Operation& operation, const RunRequest& request) {
  std::vector<std::string> names;
  for (const op::FieldInfo* field : operation.fields_of(op::Role::output)) {
    const auto fills = [&](const Link& link) { return link.field == field->needs; };
    if (field->needs.empty() || request.inputs.contains(field->needs) ||
        std::any_of(request.links.begin(), request.links.end(), fills))
      names.push_back(field->name);
  }
  return names;
}

/// Same operation, version, parameters, bytes of inputs, outputs and seed: same result.
std::string cache_key(const op::Operation& operation, const Run& run,
                      const std::map<std::string, Artifact>& inputs) {
  Json key = {
      {"operation", operation.name}, {"version", run.version}, {"seed", run.seed}, {"wanted", run.wanted}};
  for (const op::FieldInfo* field : operation.fields_of(op::Role::parameter)) {
    key["parameters"][field->name] = run.parameters.contains(field->name)
                                         ? op::checked(*field, run.parameters[field->name])
                                         : op::default_of(operation, *field);
  }
  for (const auto& [field, artifact] : inputs) {
    key["kinds"][field] = artifact.kind;
    for (const StoredFile& file : artifact.files) key["inputs"][field].push_back({file.path, file.sha256});
  }
  return sha256(op::dump(key));
}

/// Where the operation left an output, and what a writer put beside it (names of labels).
std::vector<fs::path> files_of(const fs::path& main) {
  std::vector<fs::path> files{main};
  const std::string stem = op::stem_of(main.filename());
  for (const fs::directory_entry& entry : fs::directory_iterator(main.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (entry.path() != main && name.starts_with(stem + ".") && !name.ends_with(".run.json"))
      files.push_back(entry.path());
  }
  return files;
}

/// The progress file: read by whoever watches, so it is replaced, not rewritten; at most ten times a second.
class ProgressFile {
 public:
  explicit ProgressFile(fs::path file) : file_(std::move(file)) {}
  void show(double fraction, const std::string& stage) {
    const auto time = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (time - last_ < std::chrono::milliseconds(100)) return;
    last_ = time;
    const fs::path fresh = file_.string() + ".new";
    const std::chrono::duration<double> elapsed = time - start_;
    std::ofstream(fresh) << op::dump(
        {{"fraction", fraction}, {"stage", stage}, {"elapsed", elapsed.count()}});
    std::error_code ignored;
    fs::rename(fresh, file_, ignored);
  }

 private:
  fs::path file_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point last_, start_ = std::chrono::steady_clock::now();
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

void measure(Run& run) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  run.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  run.peak_memory = std::int64_t{usage.ru_maxrss} * 1024;
}

/// Throws at the field what is wrong with the run's inputs and parameters; returns the input artifacts.
std::map<std::string, Artifact> check_run(const Workspace& workspace, const op::Operation& operation,
                                          const Run& run, Judged judged) {
  std::map<std::string, Artifact> inputs;
  std::map<std::string, fs::path> files;
  for (const auto& [field, id] : run.inputs) {
    files[field] = "x";
    const op::FieldInfo* info = operation.find(field);
    if (info == nullptr || info->role != op::Role::input) continue;  // check() names the nearest
    try {
      inputs[field] = workspace.store().artifact(id);
    } catch (const Error& error) {
      throw error.at(field);
    }
    const Artifact& artifact = inputs[field];
    if (artifact.state == ArtifactState::unreadable) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} is {}, which cannot be read: {}", field, artifact.name, artifact.problem),
                  field);
    }
    const std::vector<std::string_view>& accepted = op::accepted_kinds(info->kind());
    if (artifact.state == ArtifactState::ready &&
        std::find(accepted.begin(), accepted.end(), artifact.kind) == accepted.end()) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} is {}, a {}, expected a {}", field, artifact.name, artifact.kind,
                              op::name(info->kind())),
                  field);
    }
  }
  for (const Link& link : run.links) {
    const op::FieldInfo* info = operation.find(link.field);
    if (info != nullptr && info->role == op::Role::input) files[link.field] = "x";
  }
  if (judged == Judged::partly) {
    for (const op::FieldInfo* field : operation.fields_of(op::Role::input))
      if (!field->optional) files.try_emplace(field->name, "x");
  }
  op::check(operation, request_in(operation, run, "out", files));
  return inputs;
}

void take_over(Run& run, const Run& known) {
  run.cached_from = known.id;
  run.outputs = known.outputs;
  run.units = known.units;
  run.warnings = known.warnings;
  run.record = known.record;
}

/// One claimed run, from its inputs to its artifacts.
class Job {
 public:
  Job(Workspace& workspace, const std::vector<op::Operation>& operations, const std::string& id)
      : workspace_(workspace),
        operations_(operations),
        run_(workspace.store().run(id)),
        folder_(workspace.run_folder(id)) {}

  void execute(const std::function<void(const Context&)>& started) {
    Context context(static_cast<std::uint64_t>(run_.seed));
    if (started) started(context);
    fs::create_directories(folder_ / "out");
    ProgressFile progress(folder_ / "progress");
    context.on_progress([&](double fraction, const std::string& stage) { progress.show(fraction, stage); });
    std::mutex mutex;
    context.on_log([&](LogLevel level, const std::string& text) {
      const std::lock_guard lock(mutex);
      if (level >= LogLevel::warning) run_.warnings.push_back(text);
      // The scheduler keeps what the process writes.
      fmt::print("{}  {}\n", now(), text);
    });
    std::vector<Artifact> made;
    try {
      if (!known_already()) made = work(context);
      run_.state = RunState::succeeded;
    } catch (const Error& error) {
      run_.state = error.code() == ErrorCode::cancelled ? RunState::cancelled : RunState::failed;
      if (run_.state == RunState::failed) run_.error = op::problem(without_folder(error));
      run_.outputs = Json::object();
      made.clear();
    }
    measure(run_);
    workspace_.store().finish(run_, made);
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

 private:
  /// What waited for another run could not be checked, nor looked up, when it was asked for.
  bool known_already() {
    if (!run_.cache_key.empty()) return false;
    const op::Operation& operation = op::find(operations_, run_.operation);
    run_.cache_key = cache_key(operation, run_, check_run(workspace_, operation, run_, Judged::whole));
    const std::optional<Run> known = workspace_.store().cached(run_.cache_key);
    if (known) take_over(run_, *known);
    return known.has_value();
  }

  std::vector<Artifact> work(const Context& context) {
    const op::Operation& operation = op::find(operations_, run_.operation);
    std::map<std::string, fs::path> files;
    for (const auto& [field, id] : run_.inputs)
      files[field] = workspace_.lay_out(workspace_.store().artifact(id), folder_ / "in" / field);
    const op::Request request = request_in(operation, run_, folder_ / "out", files);
    const op::Outcome outcome = op::run(operation, request, context);
    run_.seconds = outcome.seconds;
    run_.units = outcome.units;
    std::vector<Artifact> made;
    for (const auto& [name, value] : outcome.outputs.items()) {
      const op::FieldInfo* field = operation.find(name);
      const bool is_file =
          field != nullptr && request.outputs.contains(name) && request.outputs[name].is_string();
      if (!is_file) {
        run_.outputs[name] = {{"value", value}};
        continue;
      }
      made.push_back(keep(name, field->kind(), request.outputs[name].get<std::string>()));
      run_.outputs[name] = {{"artifact", made.back().id}};
    }
    keep_record(outcome.record);
    context.check();
    return made;
  }

  /// The record names artifacts, not places on this machine.
  void keep_record(Json record) {
    for (const char* side : {"inputs", "outputs"}) {
      if (!record.contains(side)) continue;
      for (auto& [field, entry] : record[side].items()) {
        if (!entry.is_object() || !entry.contains("path")) continue;
        entry["path"] = fs::path(entry["path"].get<std::string>()).filename().string();
        if (const auto input = run_.inputs.find(field); side[0] == 'i' && input != run_.inputs.end())
          entry["artifact"] = input->second;
        if (side[0] == 'o' && run_.outputs.contains(field) && run_.outputs[field].contains("artifact"))
          entry["artifact"] = run_.outputs[field]["artifact"];
      }
    }
    record.erase("command");
    run_.record = std::move(record);
  }

  Artifact keep(const std::string& output, op::Kind kind, const fs::path& file) {
    Artifact artifact;
    artifact.id = new_id();
    artifact.kind = op::name(kind);
    artifact.name = file.filename().string();
    artifact.created = now();
    artifact.origin_run = run_.id;
    artifact.origin_output = output;
    for (const fs::path& each : files_of(file))
      artifact.files.push_back(workspace_.objects().add(each, each.filename().string()));
    workspace_.describe(artifact, file);
    artifact.state = ArtifactState::ready;
    return artifact;
  }

  /// Paths of this machine are not for those who read the message.
  Error without_folder(const Error& error) const {
    std::string text = error.what();
    for (const fs::path& part : {folder_ / "in", folder_ / "out"}) {
      const std::string prefix = part.string() + "/";
      for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;)
        text.erase(at, prefix.size());
    }
    return {error.code(), text, error.field()};
  }

  Workspace& workspace_;
  const std::vector<op::Operation>& operations_;
  Run run_;
  fs::path folder_;
};

}  // namespace

Run prepare_run(const Workspace& workspace, const op::Operation& operation, const RunRequest& request,
                Judged judged) {
  Run run;
  run.id = new_id();
  run.operation = operation.name;
  run.title = request.title;
  run.version = op::version();
  run.created = now();
  run.seed = request.seed.value_or(0);
  run.inputs = request.inputs;
  run.parameters = request.parameters;
  run.wanted = request.outputs.value_or(all_outputs(operation, request));
  run.links = request.links;
  const std::map<std::string, Artifact> inputs = check_run(workspace, operation, run, judged);
  if (!run.links.empty() || judged == Judged::partly) return run;
  run.cache_key = cache_key(operation, run, inputs);
  if (!request.cache) return run;
  if (const std::optional<Run> known = workspace.store().cached(run.cache_key)) {
    take_over(run, *known);
    run.state = RunState::succeeded;
    run.started = run.finished = run.created;
  }
  return run;
}

bool run_job(Workspace& workspace, const std::vector<op::Operation>& operations, const std::string& id,
             const std::function<void(const Context&)>& started) {
  const std::int64_t self = ::getpid();
  if (!workspace.store().claim(id, self, process_start(self))) return false;
  Job(workspace, operations, id).execute(started);
  return true;
}

Progress progress_of(const Workspace& workspace, const std::string& run) {
  std::ifstream file(workspace.run_folder(run) / "progress");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return {};
  const Json json = op::parse_json(text, "progress");
  return {json.value("fraction", 0.0), json.value("stage", ""), json.value("elapsed", 0.0)};
}

void put_progress(Json& run, const Progress& progress) {
  run["progress"] = progress.fraction;
  run["stage"] = progress.stage;
  if (const std::optional<double> remaining = progress.remaining()) run["remaining_s"] = *remaining;
}

std::optional<double> Progress::remaining() const {
  if (elapsed < 1 || fraction < .01 || fraction > 1) return std::nullopt;
  return elapsed * (1 - fraction) / fraction;
}

std::vector<std::string> settle(Workspace& workspace) {
  std::vector<std::string> settled;
  RunQuery query;
  query.state = RunState::running;
  query.limit = 1000;
  for (Run& run : workspace.store().runs(query).items) {
    if (is_alive(run.process, run.process_start)) continue;
    run.state = run.cancel_requested ? RunState::cancelled : RunState::failed;
    if (run.state == RunState::failed) {
      run.error =
          op::problem(Error(ErrorCode::internal,
                            "the run's process ended without a result: it was killed, ran out of memory, or "
                            "the machine went down"));
    }
    if (workspace.store().finish(run, {})) settled.push_back(run.id);
    std::error_code ignored;
    fs::remove_all(workspace.run_folder(run.id), ignored);
  }
  return settled;
}

std::int64_t process_start(std::int64_t process) {
  std::ifstream file(fmt::format("/proc/{}/stat", process));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // The name in parentheses may hold anything; field 22 counts from behind it.
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  return field.empty() ? 0 : std::stoll(field);
}

bool is_alive(std::int64_t process, std::int64_t start) {
  return process > 0 && start != 0 && process_start(process) == start;
}

}  // namespace sg::platform

#include "app/workspace_commands.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "app/terminal.h"
#include "core/error.h"
#include "core/parallel.h"
#include "op/check.h"
#include "op/pipeline.h"
#include "platform/job.h"
#include "platform/pipeline.h"
#include "platform/preview_worker.h"
#include "platform/workspace.h"

namespace sg::app {
namespace {

namespace fs = std::filesystem;
using platform::Json;
using platform::Workspace;

constexpr const char* usage =
    "Usage: shaoguang workspace VERB … --workspace DIR [--json]\n\n"
    "A workspace is a folder that keeps files and runs.\n\n"
    "  create                  makes DIR an empty workspace\n"
    "  import FILE|FOLDER …    keeps copies; folders and archives are sorted        [--tag TAG]\n"
    "                          (the files of a DICOM series become one, others stand for themselves)\n"
    "  export ID …             copies files out                                      [--to FOLDER]\n"
    "  pipeline FILE           imports what a pipeline's runs take and queues them   [--set NAME=VALUE]\n"
    "                          [--title TEXT] [--seed N]\n"
    "  list                    what it keeps, newest first                         [--kind KIND]\n"
    "  runs                    what was run, newest first\n"
    "  remove ID …             [--reach none|only|all: what becomes of runs that used it]\n"
    "  check                   reads every byte; exit status 65 if anything is missing or damaged\n"
    "  clean                   removes objects that nothing refers to\n"
    "  backup TARGET           a consistent copy in a new folder, also while runs go on\n"
    "  restore BACKUP          makes DIR, which must not exist, a copy of a backup, and checks it\n";

fs::path folder_of(const PlainCommand& command) {
  const std::string folder = value_of(command, "workspace");
  if (folder.empty()) throw Error(ErrorCode::invalid_input, "workspace is missing: the folder", "workspace");
  return folder;
}

void show(const Json& json) { fmt::print("{}\n", op::dump(json, 2)); }

std::string size_text(std::int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1000000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void list_artifacts(const Workspace& workspace, const PlainCommand& command) {
  platform::ArtifactQuery query;
  query.kind = value_of(command, "kind");
  query.limit = 500;
  Json all = Json::array();
  do {
    const platform::Page<platform::Artifact> page = workspace.store().artifacts(query);
    for (const platform::Artifact& a : page.items) {
      if (command.common.json) {
        all.push_back(to_json(a));
      } else {
        fmt::print("{}  {:<10} {:<11} {:>9}  {}\n", a.id, a.kind, name(a.state), size_text(a.size()), a.name);
      }
    }
    query.before = page.next;
  } while (!query.before.empty());
  if (command.common.json) show({{"items", all}});
}

void list_runs(const Workspace& workspace, const PlainCommand& command) {
  platform::RunQuery query;
  query.limit = 500;
  Json all = Json::array();
  do {
    const platform::Page<platform::Run> page = workspace.store().runs(query);
    for (const platform::Run& run : page.items) {
      if (command.common.json) {
        all.push_back(to_json(run));
      } else {
        fmt::print("{}  {:<10} {:<32} {:>8.1f} s  {}\n", run.id, name(run.state), run.operation, run.seconds,
                   run.error.is_null() ? run.title : run.error.value("detail", ""));
      }
    }
    query.before = page.next;
  } while (!query.before.empty());
  if (command.common.json) show({{"items", all}});
}

void import_files(Workspace& workspace, const PlainCommand& command) {
  if (command.positional.size() < 2)
    throw Error(ErrorCode::invalid_input,
                "import needs files: shaoguang workspace import FILE … --workspace DIR");
  const auto tags = command.values.find("tag");
  Json all = Json::array();
  for (std::size_t i = 1; i < command.positional.size(); ++i) {
    const platform::Artifact kept = workspace.import(
        command.positional[i], tags == command.values.end() ? std::vector<std::string>{} : tags->second);
    std::vector<platform::Artifact> open = workspace.inspect(kept.id);
    for (platform::Artifact& a : open) {  // the parts of a folder
      if (a.state == platform::ArtifactState::inspecting) a = workspace.inspect(a.id).at(0);
      if (command.common.json) {
        all.push_back(to_json(a));
      } else {
        fmt::print("{}  {}  {}{}\n", a.id, a.kind, a.name,
                   a.state == platform::ArtifactState::unreadable ? "  unreadable: " + a.problem : "");
      }
    }
  }
  if (command.common.json) show({{"items", all}});
}

void queue_pipeline(Workspace& workspace, const std::vector<op::Operation>& operations, const fs::path& file,
                    const PlainCommand& command) {
  const Json steps = op::read_pipeline_json(file, variables_of(command));
  Json request = request_of_steps(workspace, operations, steps, file.parent_path());
  request["title"] = value_of(command, "title", file.stem().string());
  request["seed"] = command.common.seed;
  const platform::PreparedPipeline made = prepare_pipeline(workspace, operations, request);
  workspace.store().add(made.runs, {}, made.pipeline);
  if (command.common.json) return show(to_json(made.pipeline));
  fmt::print("{}  {} runs queued; they start while the workspace is served\n", made.pipeline.id,
             made.runs.size());
}

void check(const Workspace& workspace, const PlainCommand& command) {
  Context context;
  cancel_on_interrupt(context);
  Monitor monitor(context, command.common.quiet, false);
  const std::vector<std::string> problems = workspace.check(context);
  monitor.clear();
  if (command.common.json) show({{"problems", problems}});
  if (problems.empty()) {
    if (!command.common.json) fmt::print("all is well\n");
    return;
  }
  throw Error(ErrorCode::invalid_input, fmt::format("the workspace has {} problems:\n  {}", problems.size(),
                                                    fmt::join(problems, "\n  ")));
}

void remove(Workspace& workspace, const PlainCommand& command) {
  const std::string word = value_of(command, "reach", "none");
  const std::vector<std::string> words{"none", "only", "all"};
  const auto reach = std::find(words.begin(), words.end(), word);
  if (reach == words.end())
    throw Error(ErrorCode::invalid_input, fmt::format("reach is {}, expected one of none, only, all", word),
                "reach");
  for (std::size_t i = 1; i < command.positional.size(); ++i)
    workspace.remove(command.positional[i], static_cast<platform::Reach>(reach - words.begin()));
}

void copy_whole(const fs::path& from, const fs::path& to, const PlainCommand& command) {
  Context context;
  cancel_on_interrupt(context);
  Monitor monitor(context, command.common.quiet, false);
  Workspace(from).backup(to, context.part(0, .7, "copying"));
  const std::vector<std::string> problems = Workspace(to).check(context.part(.7, 1, "checking"));
  monitor.clear();
  if (!problems.empty())
    throw Error(ErrorCode::invalid_input,
                fmt::format("the copy has {} problems, the first: {}", problems.size(), problems.front()));
}

/// The id and --workspace of the scheduler's two commands.
PlainCommand child_command(const std::string& name, const Arguments& arguments) {
  PlainCommand command = parse_plain(name, {{"workspace", "DIR", ""}}, arguments);
  if (command.positional.empty())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} needs an id: shaoguang {} ID --workspace DIR", name, name));
  set_threads(command.common.threads);
  return command;
}

}  // namespace

std::map<std::string, std::string> variables_of(const PlainCommand& command) {
  std::map<std::string, std::string> variables;
  const auto settings = command.values.find("set");
  if (settings == command.values.end()) return variables;
  for (const std::string& setting : settings->second) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(ErrorCode::invalid_input, fmt::format("set is \"{}\", expected NAME=VALUE", setting),
                  "set");
    variables[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return variables;
}

void workspace_command(const std::vector<op::Operation>& operations, const Arguments& arguments) {
  const PlainCommand command = parse_plain("workspace",
                                           {{"workspace", "DIR", ""},
                                            {"kind", "KIND", ""},
                                            {"tag", "TAG", ""},
                                            {"reach", "none|only|all", ""},
                                            {"set", "NAME=VALUE", ""},
                                            {"title", "TEXT", ""},
                                            {"to", "FOLDER", ""}},
                                           arguments);
  if (command.common.help || command.positional.empty()) {
    fmt::print("{}", usage);
    return;
  }
  const std::string& verb = command.positional[0];
  const auto one = [&](const char* what) -> fs::path {
    if (command.positional.size() != 2)
      throw Error(ErrorCode::invalid_input, fmt::format("workspace {} needs one {}", verb, what));
    return command.positional[1];
  };
  if (verb == "create") {
    Workspace(folder_of(command), true);
  } else if (verb == "restore") {
    copy_whole(one("backup"), folder_of(command), command);
  } else if (verb == "backup") {
    copy_whole(folder_of(command), one("target folder"), command);
  } else if (verb == "import") {
    Workspace workspace(folder_of(command));
    import_files(workspace, command);
  } else if (verb == "export") {
    const Workspace workspace(folder_of(command));
    for (std::size_t i = 1; i < command.positional.size(); ++i)
      fmt::print("{}\n", workspace.export_to(command.positional[i], value_of(command, "to", ".")).string());
  } else if (verb == "pipeline") {
    Workspace workspace(folder_of(command));
    queue_pipeline(workspace, operations, one("file"), command);
  } else if (verb == "list") {
    list_artifacts(Workspace(folder_of(command)), command);
  } else if (verb == "runs") {
    list_runs(Workspace(folder_of(command)), command);
  } else if (verb == "check") {
    check(Workspace(folder_of(command)), command);
  } else if (verb == "remove") {
    Workspace workspace(folder_of(command));
    remove(workspace, command);
  } else if (verb == "clean") {
    fmt::print("{} freed\n", size_text(Workspace(folder_of(command)).clean()));
  } else {
    const std::vector<std::string> verbs{"create", "import", "export", "pipeline", "list",   "runs",
                                         "remove", "check",  "clean",  "backup",   "restore"};
    throw Error(ErrorCode::not_found,
                fmt::format("there is no workspace {}{}", verb, op::did_you_mean(verb, verbs)));
  }
}

void run_job_command(const std::vector<op::Operation>& operations, const Arguments& arguments) {
  const PlainCommand command = child_command("run-job", arguments);
  Workspace workspace(folder_of(command));
  platform::run_job(workspace, operations, command.positional[0],
                    [](const Context& context) { cancel_on_interrupt(context); });
}

void inspect_command(const Arguments& arguments) {
  const PlainCommand command = child_command("inspect", arguments);
  Workspace workspace(folder_of(command));
  for (const std::string& id : command.positional) {
    try {
      workspace.inspect(id);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;  // deleted meanwhile
    }
  }
}

void preview_worker_command(const std::vector<op::Operation>& operations) {
  platform::answer_previews(operations, STDIN_FILENO);
}

}  // namespace sg::app

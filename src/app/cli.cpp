#include "app/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "app/completion.h"
#include "app/docs.h"
#include "app/help.h"
#include "app/result.h"
#include "app/terminal.h"
#include "app/workspace_commands.h"
#include "core/error.h"
#include "core/parallel.h"
#include "op/check.h"
#include "op/pipeline.h"
#include "op/provenance.h"
#include "op/runner.h"
#include "op/schema.h"
#include "op/slicer.h"
#include "server/client.h"

namespace sg::app {
namespace {

using op::Json;

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (std::fflush(stdout) != 0 || !written)
    throw Error(ErrorCode::resource,
                "standard output cannot be written: the disk is full or the reader has gone");
}

class CommandLine {
 public:
  CommandLine(const std::vector<op::Operation>& operations, const std::vector<Module>& modules)
      : operations_(operations), modules_(modules) {}

  void dispatch(const Arguments& arguments) {
    if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help")
      return print(overview(operations_, modules_));
    const std::string& first = arguments[0];
    if (first == "--server" || first.starts_with("--server=")) return run_remotely(arguments);
    if (first == "--version") return print("shaoguang " + op::version() + "\n");
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (first == "operations") return list_operations(rest);
    if (first == "pipeline") return run_pipeline(rest, arguments);
    if (first == "completion") return print_completion(rest);
    if (first == "complete") return answer_completion(rest);
    if (first == "docs") return write_pages(rest);
    if (first == "workspace") return workspace_command(operations_, rest);
    if (first == "serve") return serve_command(operations_, rest);
    if (first == "run-job") return run_job_command(operations_, rest);
    if (first == "inspect") return inspect_command(rest);
    if (first == "preview-worker") return preview_worker_command(operations_);
    run_operation(arguments);
  }

 private:
  [[noreturn]] void unknown(const std::string& what, const std::string& word,
                            const std::vector<std::string>& known) const {
    throw Error(ErrorCode::not_found,
                fmt::format("there is no {} {}{}", what, word, op::did_you_mean(word, known)), what);
  }

  std::string known_module(const std::string& word) const {
    std::string wanted = word;
    std::replace(wanted.begin(), wanted.end(), '-', '_');
    std::vector<std::string> names{"operations", "pipeline", "workspace", "serve",
                                   "completion", "docs",     "--version", "--help"};
    for (const op::Operation& operation : operations_) {
      if (operation.module() == wanted) return wanted;
      names.push_back(operation.module());
    }
    unknown(word.starts_with("-") ? "option" : "module", word, names);
  }

  const op::Operation& known_operation(const std::string& module, const std::string& word) const {
    std::string wanted = word;
    std::replace(wanted.begin(), wanted.end(), '-', '_');
    std::vector<std::string> names;
    for (const op::Operation& operation : operations_) {
      if (operation.module() != module) continue;
      if (operation.verb() == wanted) return operation;
      names.push_back(operation.verb());
    }
    unknown("operation " + module, word, names);
  }

  void run_operation(const Arguments& arguments) const {
    const std::string module = known_module(arguments[0]);
    if (arguments.size() == 1 || arguments[1] == "--help" || arguments[1] == "-h")
      return print(module_help(operations_, modules_, module));
    const op::Operation& operation = known_operation(module, arguments[1]);
    const Arguments rest(arguments.begin() + 2, arguments.end());
    if (std::find(rest.begin(), rest.end(), "--help") != rest.end() ||
        std::find(rest.begin(), rest.end(), "-h") != rest.end())
      return print(operation_help(operation));
    OperationCommand command = parse(operation, rest);
    if (command.common.xml) return print(op::slicer_xml(operation));
    command.request.command = quoted(arguments);
    set_threads(command.common.threads);

    Context context(command.common.seed);
    cancel_on_interrupt(context);
    Monitor monitor(context, command.common.quiet, command.common.json);
    const op::Outcome outcome =
        server_.empty()
            ? op::run(operation, command.request, context)
            : server::Client(server_, token()).run(operation, command.request, context, command.common.seed);
    monitor.clear();
    print(command.common.json ? op::dump(result_json(operation, outcome, monitor.warnings()), 2) + "\n"
                              : result_text(operation, outcome));
  }

  /// `--server URL module verb …`
  void run_remotely(const Arguments& arguments) {
    const bool joined = arguments[0] != "--server";
    const std::size_t rest = joined ? 1 : 2;
    if (arguments.size() < rest + 2)
      throw Error(ErrorCode::invalid_input, "expected shaoguang --server URL MODULE VERB …", "server");
    server_ = joined ? arguments[0].substr(std::string("--server=").size()) : arguments[1];
    if (!server_.starts_with("http://") && !server_.starts_with("https://")) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("server is {}, expected http://HOST:PORT or https://HOST:PORT", server_),
                  "server");
    }
    run_operation(Arguments(arguments.begin() + static_cast<std::ptrdiff_t>(rest), arguments.end()));
  }

  /// Not on the command line, where every user of the machine can read it.
  static std::string token() {
    const char* text = std::getenv("SHAOGUANG_TOKEN");
    return text == nullptr ? "" : text;
  }

  void list_operations(const Arguments& arguments) const {
    const PlainCommand command = parse_plain("operations", {}, arguments);
    if (command.common.help)
      return print("Usage: shaoguang operations [--json]\n\nEvery operation; --json with its schemas.\n");
    if (!command.common.json) {
      for (const op::Operation& operation : operations_)
        print(fmt::format("{:<32}{}\n", operation.name, operation.summary));
      return;
    }
    Json list = Json::array();
    for (const op::Operation& operation : operations_) list.push_back(op::describe(operation));
    print(op::dump({{"version", op::version()}, {"operations", list}}, 2) + "\n");
  }

  void run_pipeline(const Arguments& arguments, const Arguments& whole) const {
    const PlainCommand command =
        parse_plain("pipeline", {{"directory", "DIR", ""}, {"set", "NAME=VALUE", ""}}, arguments);
    if (command.common.help || command.positional.size() != 1) {
      if (!command.common.help)
        throw Error(ErrorCode::invalid_input,
                    "pipeline needs one file: shaoguang pipeline FILE --directory DIR");
      return print(
          "Usage: shaoguang pipeline FILE --directory DIR [--set NAME=VALUE]… [--json] [--overwrite]\n"
          "                          [--seed N] [--threads N] [--quiet]\n\n"
          "Runs a JSON list of runs in order; \"@id.output\" takes an earlier output, ${name} a variable. "
          "Inputs are\n"
          "found from the folder of FILE, outputs go to DIR. Everything is checked before the first run "
          "starts.\n");
    }
    const op::PipelineOptions options = pipeline_options(command, whole);
    const std::vector<op::Step> steps = op::read_pipeline(operations_, command.positional[0], options);
    set_threads(command.common.threads);
    Context context(command.common.seed);
    cancel_on_interrupt(context);
    Monitor monitor(context, command.common.quiet, command.common.json);
    Json results = Json::object();
    op::run_pipeline(steps, options, context, [&](const op::Step& step, const op::Outcome& outcome) {
      if (command.common.json) {
        results[step.id] = result_json(*step.operation, outcome, {});
        return;
      }
      monitor.clear();
      print(fmt::format("{} ({}, {:.1f} s)\n{}", step.id, step.operation->name, outcome.seconds,
                        result_text(*step.operation, outcome)));
    });
    if (!command.common.json) return;
    results["run"] = {{"version", op::version()}, {"warnings", monitor.warnings()}};
    print(op::dump(results, 2) + "\n");
  }

  static op::PipelineOptions pipeline_options(const PlainCommand& command, const Arguments& whole) {
    op::PipelineOptions options;
    options.overwrite = command.common.overwrite;
    options.command = quoted(whole);
    const auto directory = command.values.find("directory");
    if (directory == command.values.end())
      throw Error(ErrorCode::invalid_input, "directory is missing: where the outputs go", "directory");
    options.directory = directory->second.back();
    options.variables = variables_of(command);
    return options;
  }

  static void print_completion(const Arguments& arguments) {
    const PlainCommand command = parse_plain("completion", {}, arguments);
    if (command.positional.size() != 1 || command.common.help)
      return print("Usage: shaoguang completion bash|zsh|fish\n\nsource <(shaoguang completion bash)\n");
    print(completion_script(command.positional[0]));
  }

  void answer_completion(const Arguments& arguments) const {
    const bool marked = !arguments.empty() && arguments[0] == "--";
    print(completion_lines(complete(operations_, {arguments.begin() + (marked ? 1 : 0), arguments.end()})));
  }

  void write_pages(const Arguments& arguments) const {
    const PlainCommand command = parse_plain("docs", {}, arguments);
    if (command.common.help)
      return print(
          "Usage: shaoguang docs DIR\n\n"
          "Writes DIR/operations (a page an operation, and an index) and DIR/openapi.json (the HTTP API).\n");
    if (command.positional.size() != 1)
      throw Error(ErrorCode::invalid_input, "docs needs one folder: shaoguang docs DIR");
    write_docs(operations_, command.positional[0]);
  }

  const std::vector<op::Operation>& operations_;
  const std::vector<Module>& modules_;
  std::string server_;  // "" = here
};

int report_error(const Error& error, bool json) {
  if (json)
    fmt::print(stderr, "{}\n", op::dump(op::problem(error), 2));
  else
    fmt::print(stderr, "shaoguang: {}\n", error.what());
  return exit_status(error.code());
}

}  // namespace

int run_command_line(const std::vector<op::Operation>& operations, const std::vector<Module>& modules,
                     const Arguments& arguments) {
  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  try {
    CommandLine(operations, modules).dispatch(arguments);
    return 0;
  } catch (const Error& e) {
    return report_error(e, json);
  } catch (const std::bad_alloc&) {
    return report_error(Error(ErrorCode::resource, "not enough memory"), json);
  } catch (const std::exception& e) {
    return report_error(Error(ErrorCode::internal, std::string("an unforeseen failure: ") + e.what()), json);
  }
}

}  // namespace sg::app

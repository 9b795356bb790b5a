#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <fstream>
#include <thread>

#include "app/terminal.h"
#include "app/workspace_commands.h"
#include "core/error.h"
#include "server/server.h"

namespace sg::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* usage =
    "Usage: shaoguang serve --workspace DIR [--port N] [--host H --token-file FILE] [--slots N]\n"
    "                       [--web DIR]\n\n"
    "Serves a workspace (made if it is not there) over HTTP until Ctrl-C; runs go on after it.\n\n"
    "  --port N           8080 by default, 0 = any free one\n"
    "  --host H           127.0.0.1 by default; any other address needs a token\n"
    "  --token-file FILE  its first line is what every request must bring: Authorization: Bearer …\n"
    "  --slots N          runs at once, 1 by default\n"
    "  --web DIR          the built web app\n";

int number_of(const PlainCommand& command, const std::string& name, int otherwise, int low, int high) {
  const std::string text = value_of(command, name, std::to_string(otherwise));
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is {}, expected a whole number from {} to {}", name, text, low, high), name);
  }
  return value;
}

std::string token_in(const fs::path& file) {
  std::ifstream stream(file);
  std::string token;
  std::getline(stream, token);
  if (token.size() < 16) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("the first line of {} has {} characters, expected a token of at least 16",
                            file.string(), token.size()),
                "token_file");
  }
  return token;
}

/// Beside the program where it is installed, in the source tree where it was built there.
fs::path web_of(const fs::path& program) {
  for (const fs::path& place :
       {program.parent_path() / "../share/shaoguang/web", program.parent_path() / "../../../web/dist"}) {
    if (fs::exists(place / "index.html")) return fs::canonical(place);
  }
  return {};
}

}  // namespace

void serve_command(const std::vector<op::Operation>& operations, const Arguments& arguments) {
  const PlainCommand command = parse_plain("serve",
                                           {{"workspace", "DIR", ""},
                                            {"port", "N", ""},
                                            {"host", "HOST", ""},
                                            {"token_file", "FILE", ""},
                                            {"slots", "N", ""},
                                            {"web", "DIR", ""}},
                                           arguments);
  if (command.common.help) {
    fmt::print("{}", usage);
    return;
  }
  const std::string folder = value_of(command, "workspace");
  if (folder.empty()) throw Error(ErrorCode::invalid_input, "workspace is missing: the folder", "workspace");
  server::ServerOptions options;
  options.program = fs::canonical("/proc/self/exe");
  options.web = command.values.contains("web") ? fs::path(value_of(command, "web")) : web_of(options.program);
  options.host = value_of(command, "host", "127.0.0.1");
  options.port = number_of(command, "port", 8080, 0, 65535);
  options.slots = number_of(command, "slots", 1, 1, 64);
  if (command.values.contains("token_file")) options.token = token_in(value_of(command, "token_file"));

  platform::Workspace workspace(folder, true);
  server::Server server(workspace, operations, options);
  Context context;
  cancel_on_interrupt(context);
  std::jthread watcher([&](const std::stop_token& ended) {
    while (!ended.stop_requested() && !context.cancelled())
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    server.stop();
  });
  fmt::print("serving {} at {}\n", workspace.folder().string(), server.url());
  std::fflush(stdout);
  server.run();
}

}  // namespace sg::app

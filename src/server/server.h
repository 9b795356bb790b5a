#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "op/operation.h"
#include "platform/scheduler.h"
#include "platform/workspace.h"

namespace sg::server {

struct ServerOptions {
  std::filesystem::path program;  // what runs are started with
  std::filesystem::path web;      // the built web app; "" = the API alone
  std::string host = "127.0.0.1";
  int port = 8080;  // 0 = any free one
  std::string
      token;      // required from everybody if not empty; must not be empty for a host that is not loopback
  int slots = 1;  // runs at once
};

/// The HTTP API (and the web app) of one workspace: docs/api.md. Requests are answered from the records;
/// whatever computes is a process of its own.
class Server {
 public:
  /// Binds. Throws forbidden (not loopback and no token), unavailable (the port is taken), conflict (the
  /// workspace is served already).
  Server(platform::Workspace& workspace, const std::vector<op::Operation>& operations, ServerOptions options);
  ~Server();

  /// "http://127.0.0.1:8080"
  std::string url() const;
  /// Serves until stop(), whichever comes first; runs go on after it.
  void run();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sg::server

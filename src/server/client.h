#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/context.h"
#include "op/runner.h"

namespace sg::server {

/// Runs operations in the workspace of a server as op::run does here: same checks, same results, files
/// written under their final names when all are complete. Input files are sent, unless the workspace has the
/// same bytes under the same name; "artifact:ID" takes what is there.
class Client {
 public:
  /// `url`: "http://host:port" or https; `token`: "" where the server asks for none.
  Client(std::string url, std::string token);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Throws what op::run throws, unavailable if the server cannot be reached, and what it answers. Cancelling
  /// cancels the run there.
  op::Outcome run(const op::Operation& operation, const op::Request& request, const Context& context,
                  std::uint64_t seed);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sg::server

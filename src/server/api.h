#pragma once
#include <httplib.h>

#include <string>
#include <vector>

#include "op/operation.h"
#include "platform/scheduler.h"
#include "platform/workspace.h"
#include "server/events.h"

namespace sg::server {

/// A request under /api/v1, its path taken apart. Text is as sent, percent-decoded.
struct Call {
  const httplib::Request& request;
  httplib::Response& response;
  const httplib::ContentReader* body = nullptr;  // POST and PATCH
  std::vector<std::string> path;                 // behind /api/v1, without empty parts

  std::string query(const char* name, const std::string& otherwise = "") const;
  /// A whole number in the query. Throws invalid_input naming the range.
  int number(const char* name, int otherwise, int low, int high) const;
  /// The body as a JSON object. Throws invalid_input (400 for what is not JSON).
  platform::Json json() const;
  void reply(int status, const platform::Json& json) const;
};

/// The handlers. Each throws sg::Error; whoever calls turns it into a problem.
class Api {
 public:
  Api(platform::Workspace& workspace, const std::vector<op::Operation>& operations,
      platform::Scheduler& scheduler, Events& events);
  void handle(const Call& call);

 private:
  void health(const Call& call) const;
  void operations(const Call& call);
  void submit(const Call& call, const op::Operation& operation);
  platform::RunRequest request_of(const Call& call) const;
  void artifacts(const Call& call);
  void upload(const Call& call);
  void artifact(const Call& call, const std::string& id);
  void change(const Call& call, const std::string& id);
  void send_file(const Call& call, const std::string& sha256, const std::string& name,
                 const std::string& kind) const;
  void runs(const Call& call);
  void stream(const Call& call);

  platform::Workspace& workspace_;
  const std::vector<op::Operation>& operations_;
  platform::Scheduler& scheduler_;
  Events& events_;
  std::string catalogue_;  // GET /operations, made once
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Writes a problem (RFC 9457) as the response.
void reply_problem(httplib::Response& response, const Error& error, int status = 0);

}  // namespace sg::server

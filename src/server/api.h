#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "op/operation.h"
#include "platform/previews.h"
#include "platform/scheduler.h"
#include "platform/workspace.h"
#include "server/call.h"
#include "server/events.h"
#include "server/sessions.h"

namespace sg::server {

/// What the routes answer from.
struct Services {
  platform::Workspace& workspace;
  const std::vector<op::Operation>& operations;
  platform::Scheduler& scheduler;
  platform::Previews& previews;
  Events& events;
  Sessions& sessions;
  const std::string& catalogue;  // GET /operations
  std::chrono::steady_clock::time_point start;
};

/// Every route, in the order of the description.
std::vector<Route> api_routes();

/// Finds the route of a request under /api/v1 and lets it answer.
class Api {
 public:
  explicit Api(Services services);
  /// `path` is what stands behind /api/v1. Throws not_found for paths that are none; answers 405 by itself.
  void handle(const httplib::Request& request, httplib::Response& response,
              const httplib::ContentReader* body, bool& body_was_read, const std::string& path) const;

 private:
  Services services_;
  std::vector<Route> routes_ = api_routes();
  std::vector<std::vector<std::string>> parts_;  // of each route's path
};

/// The routes of each part of the API.
std::vector<Route> system_routes();
std::vector<Route> artifact_routes();
std::vector<Route> upload_routes();
std::vector<Route> run_routes();
std::vector<Route> preview_routes();

/// "a/b//c" → a, b, c.
std::vector<std::string> parts_of_path(const std::string& path);

}  // namespace sg::server

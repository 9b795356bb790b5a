#include "server/api.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "core/error.h"

namespace sg::server {
namespace {

bool is_name(const std::string& part) { return part.starts_with('{'); }

bool matches(const std::vector<std::string>& route, const std::vector<std::string>& path) {
  return std::equal(route.begin(), route.end(), path.begin(), path.end(),
                    [](const std::string& a, const std::string& b) { return is_name(a) || a == b; });
}

}  // namespace

std::vector<std::string> parts_of_path(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from < path.size()) {
    const std::size_t to = std::min(path.find('/', from), path.size());
    if (to > from) parts.push_back(path.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

std::vector<Route> api_routes() {
  std::vector<Route> routes;
  for (auto* make : {system_routes, artifact_routes, upload_routes, run_routes, preview_routes}) {
    std::vector<Route> more = make();
    std::move(more.begin(), more.end(), std::back_inserter(routes));
  }
  return routes;
}

Api::Api(Services services) : services_(services) {
  for (const Route& route : routes_) parts_.push_back(parts_of_path(route.path));
}

void Api::handle(const httplib::Request& request, httplib::Response& response,
                 const httplib::ContentReader* body, bool& body_was_read, const std::string& path) const {
  const std::vector<std::string> parts = parts_of_path(path);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::vector<std::string> others;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(parts_[i], parts)) continue;
    if (routes_[i].method != method) {
      others.push_back(routes_[i].method);
      continue;
    }
    Call call{request, response, body, &body_was_read, {}};
    for (std::size_t k = 0; k < parts.size(); ++k)
      if (is_name(parts_[i][k])) call.names.push_back(parts[k]);
    return routes_[i].answer(services_, call);
  }
  if (others.empty())
    throw Error(ErrorCode::not_found, fmt::format("there is no {} in this API", request.path));
  response.set_header("Allow", fmt::format("{}", fmt::join(others, ", ")));
  reply_problem(response,
                Error(ErrorCode::invalid_input, fmt::format("{} takes {}, not {}", request.path,
                                                            fmt::join(others, " and "), request.method)),
                405);
}

}  // namespace sg::server

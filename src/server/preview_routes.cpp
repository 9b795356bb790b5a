#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "server/api.h"

namespace sg::server {
namespace {

namespace fs = std::filesystem;

/// The socket that a request came by: cpp-httplib does not tell. −1 if it is not found.
int socket_of(const httplib::Request& request) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd", ignored)) {
    const int descriptor = std::atoi(entry.path().filename().c_str());
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    const in_port_t port = address.ss_family == AF_INET6
                               ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                               : reinterpret_cast<const sockaddr_in*>(&address)->sin_port;
    const bool tcp = address.ss_family == AF_INET || address.ss_family == AF_INET6;
    if (tcp && ntohs(port) == request.remote_port) return descriptor;
  }
  return -1;
}

/// Whether the client has hung up: a browser does so when it asks anew.
platform::Previews::Gone hung_up(const Call& call) {
  return [descriptor = socket_of(call.request)] {
    char byte = 0;
    return descriptor >= 0 && ::recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  };
}

void reply_text(const Call& call, std::string json) {
  call.response.set_content(std::move(json), "application/json");
}

void frame(const Services& services, const Call& call) {
  const std::string& text = call.names[1];
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0)
    throw Error(ErrorCode::not_found, fmt::format("there is no frame {}: frames are counted from 0", text));
  reply_text(call, services.previews.frame(call.names[0], number, hung_up(call)));
}

void preview(const Services& services, const Call& call) {
  const op::Operation& operation = op::find(services.operations, call.names[0]);
  Json body = call.json();
  Json region = Json::object();
  if (body.contains("region")) {
    region = body["region"];
    if (!region.is_object())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("region is {}, expected an object of frame, x, y, width, height",
                              op::dump(region).substr(0, 80)),
                  "region");
    body.erase("region");
  }
  platform::refuse_others(body, {"inputs", "parameters", "region", "outputs", "seed"}, "a preview");
  platform::RunRequest request = platform::run_request(body);
  request.cache = false;
  reply_text(call, services.previews.preview(operation, request, region, hung_up(call)));
}

}  // namespace

std::vector<Route> preview_routes() {
  return {
      {"GET", "/artifacts/{id}/frames/{number}",
       "One frame of an image as pixels; frames are counted from 0, through slices, then time points", frame,
       "", "Frame"},
      {"POST", "/operations/{name}/preview",
       "What an operation makes of a part of one frame, at once and without a run; for operations that say "
       "previews. Cancelled when the connection is closed",
       preview, "PreviewRequest", "Preview"},
  };
}

}  // namespace sg::server

#include "server/server.h"

#include <fmt/format.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>

#include "core/error.h"
#include "op/provenance.h"
#include "op/schema.h"
#include "server/api.h"
#include "server/openapi.h"
#include "server/pool.h"

namespace sg::server {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t most_connections = 1024;
constexpr const char* api_prefix = "/api/v1/";
constexpr const char* takes_gzip = "Shaoguang-Takes-Gzip";  // stands in for Accept-Encoding inside the server

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

/// "localhost:8080" → "localhost"
std::string without_port(const std::string& authority) {
  if (authority.starts_with("[")) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.rfind(':'));
}

/// Ends the reading on every connection to `port`: cpp-httplib would wait for idle ones until they time out.
/// Answers on their way are still written.
void hang_up(int port) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd", ignored)) {
    const int descriptor = std::atoi(entry.path().filename().c_str());
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    const bool ours = (address.ss_family == AF_INET && ntohs(v4->sin_port) == port) ||
                      (address.ss_family == AF_INET6 && ntohs(v6->sin6_port) == port);
    if (ours) ::shutdown(descriptor, SHUT_RD);
  }
}

/// What GET /operations answers, made once.
std::string catalogue_of(const std::vector<op::Operation>& operations) {
  Json list = Json::array();
  for (const op::Operation& operation : operations) list.push_back(op::describe(operation));
  return op::dump({{"version", op::version()}, {"operations", list}});
}

/// cpp-httplib lets five connections wait to be accepted; a sixth of a burst is dropped and comes a second
/// later.
class Http : public httplib::Server {
 public:
  void queue_connections() { ::listen(svr_sock_, SOMAXCONN); }
};

}  // namespace

struct Server::State {
  State(platform::Workspace& workspace, const std::vector<op::Operation>& operations, ServerOptions o)
      : options(std::move(o)),
        events(workspace),
        scheduler(workspace, {.program = options.program, .slots = options.slots},
                  [this](const std::string& run, const platform::Progress& progress) {
                    events.progress(run, progress);
                  }),
        previews(workspace, {.program = options.program}),
        sessions(options.token),
        catalogue(catalogue_of(operations)),
        description(op::dump(openapi(operations))),
        api({workspace, operations, scheduler, previews, events, sessions, catalogue,
             std::chrono::steady_clock::now()}) {
    http.new_task_queue = [] { return new GrowingPool(most_connections); };
    http.set_tcp_nodelay(true);
    http.set_keep_alive_max_count(1000000);
    http.set_keep_alive_timeout(30);
    http.set_read_timeout(20);
    http.set_write_timeout(20);
    http.set_payload_max_length(
        std::numeric_limits<std::size_t>::max());  // uploads stream; JSON has its own limit
    http.set_pre_routing_handler(
        [this](const auto& request, auto& response) { return guard(request, response); });
    http.set_exception_handler([](const auto&, auto& response, std::exception_ptr thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const Error& error) {
        reply_problem(response, error);
      } catch (const std::exception& error) {
        reply_problem(response, Error(ErrorCode::internal, error.what()));
      }
    });
    const auto answer = [this](const auto& request, auto& response) { call(request, response, nullptr); };
    const auto read = [this](const auto& request, auto& response, const httplib::ContentReader& body) {
      call(request, response, &body);
    };
    http.Get(".*", answer);
    // Methods that may bring a body get the reader, or cpp-httplib would take all of it into memory first.
    http.Post(".*", read);
    http.Patch(".*", read);
    http.Put(".*", read);
    http.Delete(".*", read);
  }

  /// Before anything else is looked at. Handled = the request ends here.
  httplib::Server::HandlerResponse guard(const httplib::Request& request, httplib::Response& response) const {
    using Result = httplib::Server::HandlerResponse;
    // cpp-httplib would pack every answer anew, at Brotli's slowest (0.4 s for the app's code), and has no
    // switch.
    // What the build packed beforehand is sent as it is (see page).
    auto& headers = const_cast<httplib::Request&>(request).headers;
    const bool gzip = request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
    headers.erase("Accept-Encoding");
    headers.erase(takes_gzip);
    if (gzip) headers.emplace(takes_gzip, "1");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("X-Frame-Options", "SAMEORIGIN");
    const auto refuse = [&](const std::string& why, int status = 0) {
      reply_problem(response, Error(ErrorCode::forbidden, why), status);
      taint(request, response, false);
      return Result::Handled;
    };
    if (connection_is_tainted)
      return refuse("the body of an earlier request was not read: open another connection", 400);
    static const std::vector<std::string> methods{"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"};
    if (std::find(methods.begin(), methods.end(), request.method) == methods.end())
      return refuse(fmt::format("{} is not a method of this server", request.method.substr(0, 20)), 405);
    // A page elsewhere may point a name of its own at this address: the name it came by gives it away.
    const std::string host = request.get_header_value("Host");
    if (is_loopback(options.host) && !host.empty() && !is_loopback(without_port(host)) && host != "[::1]")
      return refuse(fmt::format("this server answers to localhost, not to \"{}\"", host));
    const std::string origin = request.get_header_value("Origin");
    const bool changes = request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
    if (changes && !origin.empty() && origin != "http://" + host && origin != "https://" + host)
      return refuse(fmt::format("requests from pages of \"{}\" may not change anything here", origin));
    // Signing in, and asking whether one has, is for everybody.
    const bool guarded = request.path.starts_with("/api/") && request.path != "/api/v1/session";
    if (guarded &&
        !sessions.admits(request.get_header_value("Authorization"), request.get_header_value("Cookie")))
      return refuse("a token is required: Authorization: Bearer …");
    return Result::Unhandled;
  }

  /// Marks the connection if what was just answered had a body that was not read to its end.
  static void taint(const httplib::Request& request, httplib::Response& response, bool body_was_read) {
    const std::string length = request.get_header_value("Content-Length");
    const bool has_body = (!length.empty() && length != "0") || request.has_header("Transfer-Encoding");
    if (!has_body || body_was_read) return;
    connection_is_tainted = true;
    response.set_header("Connection", "close");
  }

  void call(const httplib::Request& request, httplib::Response& response,
            const httplib::ContentReader* body) {
    bool body_was_read = false;
    try {
      answer(request, response, body, body_was_read);
    } catch (...) {
      taint(request, response, body_was_read);
      throw;
    }
    taint(request, response, body_was_read);
  }

  void answer(const httplib::Request& request, httplib::Response& response,
              const httplib::ContentReader* body, bool& body_was_read) {
    const std::string& path = request.path;
    if (path == "/api/openapi.json" && body == nullptr)
      return response.set_content(description, "application/json");
    if (path.starts_with(api_prefix)) {
      try {
        api.handle(request, response, body, body_was_read, path.substr(std::string(api_prefix).size()));
      } catch (const Malformed& error) {
        reply_problem(response, error, 400);
      } catch (const Error& error) {
        reply_problem(response, error);
      }
      if (!response.has_header("Cache-Control")) response.set_header("Cache-Control", "no-store");
      return;
    }
    if (request.method != "GET" && request.method != "HEAD")
      return reply_problem(response, Error(ErrorCode::not_found, "there is nothing to change at " + path));
    page(path, request.has_header(takes_gzip), response);
  }

  /// The web app's files; a path without a file is a page of the app.
  void page(const std::string& path, bool gzip, httplib::Response& response) const {
    const std::vector<std::string> parts = parts_of_path(path);
    fs::path file = options.web;
    for (const std::string& part : parts) {
      if (part == "." || part == ".." || part.find('\0') != std::string::npos ||
          part.find('\\') != std::string::npos)
        return reply_problem(response, Error(ErrorCode::not_found, "there is no such page"));
      file /= part;
    }
    std::error_code ignored;
    if (options.web.empty() || !fs::is_regular_file(file, ignored)) {
      const bool asset = !parts.empty() && parts.back().find('.') != std::string::npos;
      file = options.web / "index.html";
      if (options.web.empty() || asset || !fs::is_regular_file(file, ignored))
        return reply_problem(response, Error(ErrorCode::not_found, "there is no page " + path));
    }
    static const std::map<std::string, std::string> types{{".html", "text/html; charset=utf-8"},
                                                          {".js", "text/javascript"},
                                                          {".css", "text/css"},
                                                          {".svg", "image/svg+xml"},
                                                          {".wasm", "application/wasm"},
                                                          {".json", "application/json"},
                                                          {".png", "image/png"},
                                                          {".ico", "image/x-icon"},
                                                          {".woff2", "font/woff2"}};
    const auto type = types.find(file.extension().string());
    fs::path packed = file;
    packed += ".gz";
    gzip = gzip && fs::exists(packed, ignored);
    std::ifstream stream(gzip ? packed : file, std::ios::binary);
    if (gzip) response.set_header("Content-Encoding", "gzip");
    response.set_header("Vary", "Accept-Encoding");
    response.set_header("Content-Security-Policy",
                        "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
                        "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; "
                        "frame-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'");
    response.set_header("Cache-Control",
                        file.filename() == "index.html" ? "no-cache" : "max-age=31536000, immutable");
    response.set_content(std::string(std::istreambuf_iterator<char>(stream), {}),
                         type == types.end() ? "application/octet-stream" : type->second);
  }

  ServerOptions options;
  Events events;
  platform::Scheduler scheduler;
  platform::Previews previews;
  Sessions sessions;
  std::string catalogue, description;
  Api api;
  Http http;
  int port = 0;
  std::atomic<bool> running{false}, stopping{false};
};

Server::Server(platform::Workspace& workspace, const std::vector<op::Operation>& operations,
               ServerOptions options) {
  if (!is_loopback(options.host) && options.token.empty()) {
    throw Error(ErrorCode::forbidden,
                fmt::format("host {} can be reached from other machines: a token is required", options.host),
                "token");
  }
  if (options.port < 0 || options.port > 65535)
    throw Error(ErrorCode::invalid_input, fmt::format("port is {}, expected 0 to 65535", options.port),
                "port");
  state_ = std::make_unique<State>(workspace, operations, std::move(options));
  State& s = *state_;
  s.port = s.options.port;
  const bool bound = s.port == 0 ? (s.port = s.http.bind_to_any_port(s.options.host)) > 0
                                 : s.http.bind_to_port(s.options.host, s.port);
  if (!bound)
    throw Error(ErrorCode::unavailable,
                fmt::format("port {} of {} is taken or may not be used", s.options.port, s.options.host),
                "port");
  s.http.queue_connections();
}
Server::~Server() { stop(); }

std::string Server::url() const { return fmt::format("http://{}:{}", state_->options.host, state_->port); }
void Server::run() {
  state_->running = true;
  if (!state_->stopping) state_->http.listen_after_bind();
  state_->running = false;
}

void Server::stop() {
  state_->stopping = true;
  state_->events.stop();
  // httplib forgets a stop that comes before it listens.
  while (state_->running) {
    state_->http.stop();
    hang_up(state_->port);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace sg::server

#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "op/provenance.h"
#include "op/schema.h"
#include "server/api.h"

namespace sg::server {
namespace {

void health(const Services& services, const Call& call) {
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - services.start;
  const platform::Counts counts = services.workspace.store().counts();
  call.reply(200, {{"status", "ok"},
                   {"version", op::version()},
                   {"uptime_s", up.count()},
                   {"workspace",
                    {{"name", services.workspace.folder().filename().string()},
                     {"artifacts", counts.artifacts},
                     {"runs", {{"queued", counts.queued}, {"running", counts.running}}}}}});
}

void stream(const Services& services, const Call& call) {
  Events& events = services.events;
  std::int64_t after = -1;
  const std::string last = call.request.get_header_value("Last-Event-ID");
  std::from_chars(last.data(), last.data() + last.size(), after);
  const auto listener = std::make_shared<Events::Listener>(events.listen(after));
  const std::string run = call.query("run");
  call.response.set_header("Cache-Control", "no-store");
  bool greeted = false;
  call.response.set_chunked_content_provider(
      "text/event-stream", [&events, listener, run, greeted](std::size_t, httplib::DataSink& sink) mutable {
        std::string text;
        if (!greeted) {
          text = fmt::format("event: hello\ndata: {{\"version\":\"{}\"}}\n\n", op::version());
          greeted = true;
          return sink.write(text.data(), text.size());
        }
        for (const Event& event : events.next(*listener, std::chrono::seconds(15)))
          if (run.empty() || event.run == run) text += event.text;
        if (events.stopped()) return false;
        if (text.empty()) text = ": still here\n\n";
        return sink.write(text.data(), text.size());
      });
}

void sign_in(const Services& services, const Call& call) {
  const Json body = call.json();
  const std::string token =
      body.contains("token") && body["token"].is_string() ? body["token"].get<std::string>() : std::string();
  const std::string cookie = services.sessions.begin(token);
  if (cookie.empty()) throw Error(ErrorCode::forbidden, "the token is not the right one", "token");
  call.response.set_header("Set-Cookie", cookie);
  call.response.status = 204;
}

void catalogue(const Services& services, const Call& call) {
  call.response.set_content(services.catalogue, "application/json");
}

void operation(const Services& services, const Call& call) {
  call.reply(200, op::describe(op::find(services.operations, call.names[0])));
}

void session(const Services& services, const Call& call) {
  const bool ok = services.sessions.admits(call.request.get_header_value("Authorization"),
                                           call.request.get_header_value("Cookie"));
  call.reply(200, {{"required", services.sessions.required()}, {"ok", ok}});
}

void sign_out(const Services& services, const Call& call) {
  call.response.set_header("Set-Cookie", services.sessions.end(call.request.get_header_value("Cookie")));
  call.response.status = 204;
}

}  // namespace

std::vector<Route> system_routes() {
  return {
      {"GET", "/health", "Whether the server is well, and what its workspace holds", health, "", "Health"},
      {"GET", "/operations", "Every operation with the JSON Schemas of its request and result", catalogue, "",
       "Catalogue"},
      {"GET", "/operations/{name}", "One operation", operation, "", "Operation"},
      {"GET",
       "/events",
       "Server-sent events: hello, run, progress, artifact, deleted; Last-Event-ID repeats what was missed",
       stream,
       "",
       "text/event-stream",
       200,
       {{"run", "only what concerns this run"}}},
      {"GET", "/session", "Whether a token is required, and whether this client has shown it", session, "",
       "Session"},
      {"POST", "/session", "Gives a cookie for the token", sign_in, "SignIn", "", 204},
      {"DELETE", "/session", "Ends the session of the cookie", sign_out, "", "", 204},
  };
}

}  // namespace sg::server

#include "server/api.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "core/error.h"
#include "io/files.h"
#include "op/provenance.h"
#include "op/schema.h"

namespace sg::server {
namespace {

using platform::Artifact;
using platform::Json;
constexpr std::size_t most_json = 8 << 20;

[[noreturn]] void unknown(const Call& call) {
  throw Error(ErrorCode::not_found, fmt::format("there is no {} {}", call.request.method, call.request.path));
}

/// What a browser may show by itself; all else is a download. HTML is shown only in a sandbox (see
/// send_file).
std::string media_type(const std::string& name) {
  static const std::map<std::string, std::string> types{{".png", "image/png"},
                                                        {".jpg", "image/jpeg"},
                                                        {".jpeg", "image/jpeg"},
                                                        {".wav", "audio/wav"},
                                                        {".flac", "audio/flac"},
                                                        {".html", "text/html; charset=utf-8"},
                                                        {".json", "application/json"},
                                                        {".csv", "text/csv; charset=utf-8"},
                                                        {".tsv", "text/tab-separated-values; charset=utf-8"},
                                                        {".glb", "model/gltf-binary"}};
  const auto found = types.find(io::extension_of(name));
  return found == types.end() ? "application/octet-stream" : found->second;
}

/// A file name for Content-Disposition (RFC 6266, 8187): any text, no way out of the quotes.
std::string disposition(bool attachment, const std::string& name) {
  std::string encoded;
  for (const char c : platform::safe_name(name)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("{}; filename*=UTF-8''{}", attachment ? "attachment" : "inline", encoded);
}

template <class T>
Json page_json(const platform::Page<T>& page) {
  Json items = Json::array();
  for (const T& item : page.items) items.push_back(to_json(item));
  return {
      {"items", items}, {"next", page.next.empty() ? Json(nullptr) : Json(page.next)}, {"total", page.total}};
}

std::vector<std::string> words(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t to = std::min(text.find(separator, from), text.size());
    if (to > from) parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

/// A member of a JSON object as text; throws invalid_input at the field for anything else.
std::string text_member(const Json& json, const std::string& name, const std::string& otherwise) {
  if (!json.contains(name)) return otherwise;
  if (!json[name].is_string())
    throw Error(ErrorCode::invalid_input, fmt::format("{} is {}, expected text", name, op::dump(json[name])),
                name);
  return json[name].get<std::string>();
}

}  // namespace

std::string Call::query(const char* name, const std::string& otherwise) const {
  return request.has_param(name) ? request.get_param_value(name) : otherwise;
}

int Call::number(const char* name, int otherwise, int low, int high) const {
  if (!request.has_param(name)) return otherwise;
  const std::string text = request.get_param_value(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} is \"{}\", expected a whole number from {} to {}", name, text, low, high),
                name);
  }
  return value;
}

Json Call::json() const {
  std::string text;
  const bool whole = (*body)([&](const char* data, std::size_t size) {
    text.append(data, size);
    return text.size() <= most_json;
  });
  if (!whole)
    throw Error(ErrorCode::invalid_input,
                fmt::format("the body is cut off or longer than {} bytes", most_json));
  Json json = text.empty() ? Json::object() : op::parse_json(text, "the body");
  if (!json.is_object())
    throw Error(ErrorCode::invalid_input,
                fmt::format("the body is {}, expected a JSON object", json.type_name()));
  return json;
}

void Call::reply(int status, const Json& json) const {
  response.status = status;
  response.set_content(op::dump(json), "application/json");
}

void reply_problem(httplib::Response& response, const Error& error, int status) {
  Json problem = op::problem(error);
  if (status != 0) problem["status"] = status;
  response.status = problem["status"].get<int>();
  response.set_content(op::dump(problem), "application/problem+json");
}

Api::Api(platform::Workspace& workspace, const std::vector<op::Operation>& operations,
         platform::Scheduler& scheduler, Events& events)
    : workspace_(workspace), operations_(operations), scheduler_(scheduler), events_(events) {
  Json list = Json::array();
  for (const op::Operation& operation : operations) list.push_back(op::describe(operation));
  catalogue_ = op::dump({{"version", op::version()}, {"operations", list}});
}

void Api::handle(const Call& call) {
  const std::string first = call.path.empty() ? "" : call.path[0];
  const bool get = call.request.method == "GET" || call.request.method == "HEAD";
  if (first == "health" && call.path.size() == 1 && get) return health(call);
  if (first == "operations") return operations(call);
  if (first == "artifacts") return artifacts(call);
  if (first == "runs") return runs(call);
  // Whoever comes this far has shown the token, if there is one.
  if (first == "session" && call.path.size() == 1 && get)
    return call.reply(200, {{"required", false}, {"ok", true}});
  if (first == "events" && call.path.size() == 1 && get) return stream(call);
  unknown(call);
}

void Api::health(const Call& call) const {
  const std::chrono::duration<double> up = std::chrono::steady_clock::now() - start_;
  call.reply(200, {{"status", "ok"},
                   {"version", op::version()},
                   {"uptime_s", up.count()},
                   {"workspace", {{"name", workspace_.folder().filename().string()}}}});
}

void Api::operations(const Call& call) {
  const bool get = call.request.method == "GET";
  if (call.path.size() == 1 && get) return call.response.set_content(catalogue_, "application/json");
  if (call.path.size() < 2) unknown(call);
  const op::Operation& operation = op::find(operations_, call.path[1]);
  if (call.path.size() == 2 && get) return call.reply(200, op::describe(operation));
  if (call.path.size() != 3 || call.request.method != "POST") unknown(call);
  if (call.path[2] == "runs") return submit(call, operation);
  if (call.path[2] != "check") unknown(call);
  prepare_run(workspace_, operation, request_of(call));
  call.response.status = 204;
}

platform::RunRequest Api::request_of(const Call& call) const {
  const Json body = call.json();
  platform::RunRequest request;
  for (const auto& [name, value] : body.items()) {
    static const std::vector<std::string> known{"inputs", "parameters", "outputs", "seed", "title", "cache"};
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("a run has no \"{}\", expected inputs, parameters, outputs, seed, title, cache", name),
          name);
  }
  const auto member = [&](const char* name, bool (Json::*is)() const noexcept, const char* expected) {
    if (!body.contains(name)) return false;
    if (!(body[name].*is)())
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} is {}, expected {}", name, op::dump(body[name]).substr(0, 80), expected),
                  name);
    return true;
  };
  if (member("inputs", &Json::is_object, "an object of artifact ids")) {
    for (const auto& [field, id] : body["inputs"].items())
      request.inputs[field] = text_member(body["inputs"], field, "");
  }
  if (member("parameters", &Json::is_object, "an object of values")) request.parameters = body["parameters"];
  if (member("outputs", &Json::is_array, "a list of names")) {
    request.outputs.emplace();
    for (const Json& name : body["outputs"]) {
      if (!name.is_string())
        throw Error(ErrorCode::invalid_input, "outputs holds something that is no name", "outputs");
      request.outputs->push_back(name.get<std::string>());
    }
  }
  if (member("seed", &Json::is_number_integer, "a whole number"))
    request.seed = body["seed"].get<std::int64_t>();
  if (member("cache", &Json::is_boolean, "true or false")) request.cache = body["cache"].get<bool>();
  request.title = text_member(body, "title", "");
  return request;
}

void Api::submit(const Call& call, const op::Operation& operation) {
  const platform::Run run = prepare_run(workspace_, operation, request_of(call));
  workspace_.store().add(std::vector{run});
  scheduler_.wake();
  call.response.set_header("Location", "/api/v1/runs/" + run.id);
  call.reply(202, to_json(run));
}

void Api::artifacts(const Call& call) {
  if (call.path.size() > 1) return artifact(call, call.path[1]);
  if (call.request.method == "POST") return upload(call);
  if (call.request.method != "GET") unknown(call);
  platform::ArtifactQuery query;
  query.kind = call.query("kind");
  if (const std::string state = call.query("state"); !state.empty()) {
    try {
      query.state = platform::artifact_state(state);
    } catch (const Error&) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("state is {}, expected one of inspecting, ready, unreadable", state), "state");
    }
  }
  query.tag = call.query("tag");
  query.text = call.query("q");
  query.origin_run = call.query("origin_run");
  query.before = call.query("cursor");
  query.limit = call.number("limit", 50, 1, 500);
  call.reply(200, page_json(workspace_.store().artifacts(query)));
}

void Api::upload(const Call& call) {
  const std::string name = call.query("name");
  if (name.empty())
    throw Error(ErrorCode::invalid_input, "name is missing: the file's name, ?name=scan.nii.gz", "name");
  if (call.request.is_multipart_form_data())
    throw Error(ErrorCode::unsupported_format,
                "multipart bodies are not taken yet, expected the file's bytes as the body");
  platform::ObjectStore::Writer writer = workspace_.objects().writer();
  const bool whole = (*call.body)([&](const char* data, std::size_t size) {
    writer.write({reinterpret_cast<const std::uint8_t*>(data), size});
    return true;
  });
  if (!whole) throw Error(ErrorCode::invalid_input, "the upload was cut off, nothing was kept");
  const Artifact artifact = workspace_.add({writer.commit(name)}, name, words(call.query("tags"), ','));
  scheduler_.wake();
  call.response.set_header("Location", "/api/v1/artifacts/" + artifact.id);
  call.reply(201, to_json(artifact));
}

void Api::artifact(const Call& call, const std::string& id) {
  const std::string part = call.path.size() > 2 ? call.path[2] : "";
  if (call.request.method == "PATCH" && call.path.size() == 2) return change(call, id);
  if (call.request.method == "DELETE" && call.path.size() == 2) {
    const std::string reach = call.query("reach", "none");
    if (reach != "none" && reach != "only" && reach != "all")
      throw Error(ErrorCode::invalid_input,
                  fmt::format("reach is {}, expected one of none, only, all", reach), "reach");
    workspace_.remove(id, reach == "all"    ? platform::Reach::all
                          : reach == "only" ? platform::Reach::only
                                            : platform::Reach::none);
    call.response.status = 204;
    return;
  }
  if (call.request.method != "GET" && call.request.method != "HEAD") unknown(call);
  const Artifact artifact = workspace_.store().artifact(id);
  if (call.path.size() == 2) return call.reply(200, to_json(artifact));
  if (call.path.size() == 3 && part == "content") {
    if (artifact.files.empty()) unknown(call);
    return send_file(call, artifact.files[0].sha256, artifact.files[0].path, artifact.kind);
  }
  if (call.path.size() == 3 && part == "thumbnail") {
    if (artifact.thumbnail.empty())
      throw Error(ErrorCode::not_found, fmt::format("artifact {} has no picture", id));
    return send_file(call, artifact.thumbnail, "thumbnail.png", "picture");
  }
  if (call.path.size() == 3 && part == "reach") {
    const platform::References found = workspace_.references(id);
    return call.reply(200, {{"artifacts", found.artifacts}, {"runs", found.runs}});
  }
  if (part != "files") unknown(call);
  if (call.path.size() == 3) {
    Json items = Json::array();
    for (const platform::StoredFile& file : artifact.files)
      items.push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
    return call.reply(200, {{"items", items}});
  }
  std::size_t number = 0;
  const std::string& text = call.path[3];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number >= artifact.files.size())
    throw Error(ErrorCode::not_found, fmt::format("artifact {} has {} files, there is no file {}", id,
                                                  artifact.files.size(), text));
  send_file(call, artifact.files[number].sha256, artifact.files[number].path, artifact.kind);
}

void Api::change(const Call& call, const std::string& id) {
  const Json body = call.json();
  Artifact artifact = workspace_.store().artifact(id);
  artifact.name = text_member(body, "name", artifact.name);
  artifact.notes = text_member(body, "notes", artifact.notes);
  const std::string kind = text_member(body, "kind", artifact.kind);
  const auto is_image = [](const std::string& k) { return k == "volume" || k == "labels"; };
  if (kind != artifact.kind && !(is_image(kind) && is_image(artifact.kind)))
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("kind cannot change from {} to {}, only between volume and labels", artifact.kind, kind),
        "kind");
  artifact.kind = kind;
  if (body.contains("tags")) {
    artifact.tags.clear();
    for (const Json& tag : body["tags"]) {
      if (!tag.is_string())
        throw Error(ErrorCode::invalid_input, "tags holds something that is no text", "tags");
      artifact.tags.push_back(tag.get<std::string>());
    }
  }
  workspace_.store().update(artifact);
  call.reply(200, to_json(workspace_.store().artifact(id)));
}

void Api::send_file(const Call& call, const std::string& sha256, const std::string& name,
                    const std::string& kind) const {
  const std::string tag = "\"" + sha256 + "\"";
  httplib::Response& response = call.response;
  response.set_header("ETag", tag);
  response.set_header("Cache-Control", "private, max-age=31536000, immutable");
  if (call.request.get_header_value("If-None-Match") == tag) {
    response.status = 304;
    return;
  }
  const int descriptor = ::open(workspace_.objects().path(sha256).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw Error(ErrorCode::not_found, fmt::format("object {} cannot be read", sha256));
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  const std::string type = media_type(name);
  const bool shown = type != "application/octet-stream" && !call.request.has_param("download");
  response.set_header("Content-Disposition", disposition(!shown, name));
  // Whatever an HTML file brings, it runs apart from this origin and reaches nothing.
  if (kind == "report" || type.starts_with("text/html"))
    response.set_header(
        "Content-Security-Policy",
        "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'");
  response.set_content_provider(
      static_cast<std::size_t>(size), type,
      [descriptor](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        std::vector<char> block(std::min<std::size_t>(length, 1 << 18));
        const ssize_t count = ::pread(descriptor, block.data(), block.size(), static_cast<off_t>(offset));
        return count > 0 && sink.write(block.data(), static_cast<std::size_t>(count));
      },
      [descriptor](bool) { ::close(descriptor); });
}

void Api::runs(const Call& call) {
  const std::string& method = call.request.method;
  if (call.path.size() == 1 && method == "GET") {
    platform::RunQuery query;
    if (const std::string state = call.query("state"); !state.empty()) {
      try {
        query.state = platform::run_state(state);
      } catch (const Error&) {
        throw Error(
            ErrorCode::invalid_input,
            fmt::format("state is {}, expected one of queued, running, succeeded, failed, cancelled", state),
            "state");
      }
    }
    query.operation = call.query("operation");
    query.artifact = call.query("artifact");
    query.pipeline = call.query("pipeline");
    query.before = call.query("cursor");
    query.limit = call.number("limit", 50, 1, 500);
    return call.reply(200, page_json(workspace_.store().runs(query)));
  }
  if (call.path.size() != 2) unknown(call);
  const std::string& id = call.path[1];
  const platform::Run run = workspace_.store().run(id);
  if (method == "DELETE") {
    if (is_finished(run.state)) {
      workspace_.store().remove({}, {id});
      call.response.status = 204;
      return;
    }
    workspace_.store().request_cancel(id);
    scheduler_.wake();
    return call.reply(202, to_json(workspace_.store().run(id)));
  }
  if (method != "GET") unknown(call);
  Json json = to_json(run);
  if (run.state == platform::RunState::running) {
    const platform::Progress progress = progress_of(workspace_, id);
    json["progress"] = progress.fraction;
    json["stage"] = progress.stage;
  }
  call.reply(200, json);
}

void Api::stream(const Call& call) {
  std::int64_t after = -1;
  const std::string last = call.request.get_header_value("Last-Event-ID");
  std::from_chars(last.data(), last.data() + last.size(), after);
  const auto listener = std::make_shared<Events::Listener>(events_.listen(after));
  const std::string run = call.query("run");
  call.response.set_header("Cache-Control", "no-store");
  bool greeted = false;
  call.response.set_chunked_content_provider(
      "text/event-stream", [this, listener, run, greeted](std::size_t, httplib::DataSink& sink) mutable {
        std::string text;
        if (!greeted) text = fmt::format("event: hello\ndata: {{\"version\":\"{}\"}}\n\n", op::version());
        greeted = true;
        if (text.empty()) {
          for (const Event& event : events_.next(*listener, std::chrono::seconds(15))) {
            if (run.empty() || event.run == run) text += event.text;
          }
        }
        if (events_.stopped()) return false;
        if (text.empty()) text = ": still here\n\n";
        return sink.write(text.data(), text.size());
      });
}

}  // namespace sg::server

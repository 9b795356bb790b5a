#include "server/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <thread>

#include "core/error.h"
#include "core/sha256.h"
#include "io/files.h"
#include "io/image_folder.h"
#include "op/provenance.h"
#include "op/staging.h"
#include "platform/parts.h"
#include "server/call.h"

namespace sg::server {
namespace {

namespace fs = std::filesystem;
using op::Json;
constexpr auto poll = std::chrono::milliseconds(200);
constexpr std::size_t block = 1 << 20;
constexpr std::string_view artifact_prefix = "artifact:";

/// The error that a problem tells of.
Error error_of(const std::string& body, int status) {
  try {
    const Json problem = op::parse_json(body, "the server's answer");
    if (problem.is_object()) return op::error_of(problem);
  } catch (const Error&) {  // some other server's words
  }
  return {ErrorCode::unavailable, fmt::format("the server answered with status {}", status)};
}

std::vector<fs::path> files_of(op::Kind kind, const fs::path& path) {
  std::vector<fs::path> files;
  if (kind == op::Kind::images) {
    const io::ImageFolder images = io::ImageFolder::open(path);
    for (std::size_t i = 0; i < images.size(); ++i) files.push_back(images.file(i));
    return files;
  }
  if (!fs::is_directory(path)) return platform::with_companions(path);
  for (const fs::directory_entry& entry : fs::directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

struct Client::Connection {
  Connection(std::string u, const std::string& token) : url(std::move(u)), http(url) {
    http.set_tcp_nodelay(true);
    http.set_read_timeout(600);
    http.set_write_timeout(600);
    if (!token.empty()) http.set_bearer_token_auth(token);
  }

  std::string answered(const httplib::Result& result) const {
    if (!result)
      throw Error(ErrorCode::unavailable,
                  fmt::format("no server answers at {} ({})", url, httplib::to_string(result.error())),
                  "server");
    if (result->status >= 300) throw error_of(result->body, result->status);
    return result->body;
  }
  Json json(const httplib::Result& result) const {
    const std::string body = answered(result);
    return body.empty() ? Json() : op::parse_json(body, "the server's answer");
  }
  Json get(const std::string& path) { return json(http.Get("/api/v1/" + path)); }

  /// An artifact that holds exactly this file under this name, "" if there is none.
  std::string known(const fs::path& file) {
    const std::string sha256 = hash_path(file).sha256;
    const Json page = get("artifacts?limit=500&sha256=" + sha256);
    for (const Json& a : page["items"]) {
      if (a["state"] != "unreadable" && a["sha256"] == sha256 && a["files"] == 1 &&
          a["name"] == file.filename().string())
        return a["id"].get<std::string>();
    }
    return "";
  }

  std::string send(const op::FieldInfo& field, const fs::path& path, const Context& context) {
    const std::vector<fs::path> files = files_of(field.kind(), path);
    if (files.size() == 1 && !fs::is_directory(path)) {
      if (std::string id = known(path); !id.empty()) return id;
    }
    const std::string kind = field.kind() == op::Kind::images   ? "images"
                             : fs::is_directory(path)           ? "series"
                             : field.kind() == op::Kind::labels ? "labels"
                                                                : "file";
    httplib::MultipartFormDataProviderItems parts;
    for (const fs::path& file : files) {
      const auto stream = std::make_shared<std::ifstream>(file, std::ios::binary);
      parts.push_back({"file",
                       [stream, context](std::size_t, httplib::DataSink& sink) {
                         std::vector<char> bytes(block);
                         stream->read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
                         const auto got = static_cast<std::size_t>(stream->gcount());
                         if (got > 0 && !sink.write(bytes.data(), got)) return false;
                         if (got == 0) sink.done();
                         return !context.cancelled();
                       },
                       file.filename().string(), "application/octet-stream"});
    }
    const std::string name = fs::absolute(path).lexically_normal().filename().string();
    const httplib::Result result =
        http.Post("/api/v1/artifacts?kind=" + kind + "&name=" + percent_encoded(name), {}, {}, parts);
    context.check();
    return json(result)["id"].get<std::string>();
  }

  Json finished(const std::string& id, const Context& context) {
    for (;;) {
      if (context.cancelled()) {
        http.Delete("/api/v1/runs/" + id);
        context.check();
      }
      Json run = get("runs/" + id);
      if (run.contains("finished")) return run;
      context.part(0, 1, run["state"] == "queued" ? "queued" : run.value("stage", ""))
          .progress(run["progress"].get<double>());
      std::this_thread::sleep_for(poll);
    }
  }

  void download(const std::string& path, const fs::path& target) {
    std::ofstream stream(target, std::ios::binary);
    std::string refusal;
    int status = 0;
    const httplib::Result result = http.Get(
        "/api/v1/" + path,
        [&](const httplib::Response& response) {
          status = response.status;
          return true;
        },
        [&](const char* data, std::size_t size) {
          if (status >= 300)
            refusal.append(data, size);
          else
            stream.write(data, static_cast<std::streamsize>(size));
          return stream.good();
        });
    if (status >= 300) throw error_of(refusal, status);
    if (!stream.flush())
      throw Error(ErrorCode::resource, fmt::format("{} cannot be written", target.string()));
    answered(result);
  }

  std::string url;
  httplib::Client http;
};

namespace {

/// What the server made, under the names that were asked for.
class Fetcher {
 public:
  Fetcher(const op::Operation& operation, const op::Request& request) : operation_(operation) {
    for (const auto& [name, target] : request.outputs.items()) {
      if (!target.is_string()) continue;
      targets_[name] = target.get<std::string>();
      staged_[name] = staging_.stage(targets_[name], request.overwrite);
    }
    if (!request.provenance.empty())
      record_ = staging_.stage(request.provenance, request.overwrite);
    else if (!targets_.empty())
      record_ = staging_.stage(op::record_path(targets_.begin()->second), true);
  }

  template <class Download>
  void fetch(const std::string& output, const Json& files, const Context& context, const Download& download) {
    const fs::path& target = staged_.at(output);
    const fs::path main = files[0]["path"].get<std::string>();
    if (io::extension_of(main) == io::extension_of(target)) {
      for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string name = fs::path(files[i]["path"].get<std::string>()).filename().string();
        const std::string stem = op::stem_of(main.filename());
        // What came beside the main file keeps its ending.
        const fs::path place =
            i == 0 ? target
                   : target.parent_path() / (op::stem_of(target.filename()) + name.substr(stem.size()));
        download(i, place);
      }
      return;
    }
    // The server writes each kind in one format; another is made here.
    const op::FieldInfo& field = *operation_.find(output);
    const fs::path other = target.parent_path() / ("fetched" + io::extension_of(main));
    download(0, other);
    const std::shared_ptr<void> object = operation_.make();
    field.engage(object.get());
    void* value = field.value(object.get());
    field.type->load(value, other, context);
    fs::remove(other);
    field.type->save(value, target, context);
  }

  void finish(const Json& record) {
    if (!record_.empty()) io::write_file(record_, op::dump(record, 2) + "\n");
    staging_.commit();
  }
  const std::map<std::string, fs::path>& targets() const { return targets_; }

 private:
  const op::Operation& operation_;
  op::Staging staging_;
  std::map<std::string, fs::path> targets_, staged_;
  fs::path record_;
};

}  // namespace

Client::Client(std::string url, std::string token)
    : connection_(std::make_unique<Connection>(std::move(url), token)) {}
Client::~Client() = default;

op::Outcome Client::run(const op::Operation& operation, const op::Request& request, const Context& context,
                        std::uint64_t seed) {
  op::check(operation, request);
  op::Request local = request;
  Json body = {{"inputs", Json::object()}, {"parameters", request.parameters}, {"seed", seed}};
  for (const auto& [name, value] : request.inputs.items()) {
    if (!value.is_string() || !value.get_ref<const std::string&>().starts_with(artifact_prefix)) continue;
    body["inputs"][name] = value.get<std::string>().substr(artifact_prefix.size());
    local.inputs.erase(name);
  }
  op::check_files(operation, local);
  Fetcher fetcher(operation, request);
  for (const auto& [name, value] : local.inputs.items()) {
    if (value.is_null()) continue;
    context.part(0, 1, "sending " + name).progress(0);
    body["inputs"][name] = connection_->send(*operation.find(name), value.get<std::string>(), context);
  }
  body["outputs"] = Json::array();
  for (const auto& [name, wanted] : request.outputs.items())
    if (wanted != false) body["outputs"].push_back(name);
  Json run = connection_->json(connection_->http.Post("/api/v1/operations/" + operation.name + "/runs",
                                                      op::dump(body), "application/json"));
  const std::string id = run["id"].get<std::string>();
  run = connection_->finished(id, context);
  if (run.contains("error")) throw error_of(op::dump(run["error"]), 500);
  if (run["state"] != "succeeded")
    throw Error(ErrorCode::cancelled, fmt::format("run {} was cancelled at the server", id));

  op::Outcome outcome;
  for (const auto& [name, output] : run["outputs"].items()) {
    const auto target = fetcher.targets().find(name);
    if (target == fetcher.targets().end()) {
      if (output.contains("value")) outcome.outputs[name] = output["value"];
      continue;
    }
    const std::string artifact = output["artifact"].get<std::string>();
    const Json files = connection_->get("artifacts/" + artifact + "/files")["items"];
    fetcher.fetch(name, files, context, [&](std::size_t number, const fs::path& place) {
      connection_->download(fmt::format("artifacts/{}/files/{}", artifact, number), place);
    });
    outcome.outputs[name] = target->second.string();
    outcome.written.push_back(target->second);
  }
  outcome.units = run["units"];
  outcome.record = run.value("record", Json::object());
  outcome.record["server_run"] = id;
  outcome.seconds = run.value("seconds", 0.0);
  for (const Json& warning : run["warnings"]) context.log(LogLevel::warning, warning.get<std::string>());
  fetcher.finish(outcome.record);
  return outcome;
}

}  // namespace sg::server

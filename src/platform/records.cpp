#include "platform/records.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <mutex>
#include <random>

#include "core/error.h"

namespace sg::platform {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 26;

constexpr std::array artifact_states{"inspecting", "ready", "unreadable"};
constexpr std::array run_states{"queued", "running", "succeeded", "failed", "cancelled"};

template <class State, std::size_t n>
State state_of(std::string_view text, const std::array<const char*, n>& names) {
  for (std::size_t i = 0; i < n; ++i) {
    if (text == names[i]) return static_cast<State>(i);
  }
  throw Error(ErrorCode::internal, fmt::format("the workspace holds the state \"{}\", which is none", text));
}

std::int64_t milliseconds_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

}  // namespace

std::int64_t Artifact::size() const {
  std::int64_t sum = 0;
  for (const StoredFile& file : files) sum += file.size;
  return sum;
}

std::string_view name(ArtifactState state) { return artifact_states.at(static_cast<std::size_t>(state)); }
std::string_view name(RunState state) { return run_states.at(static_cast<std::size_t>(state)); }
ArtifactState artifact_state(std::string_view text) { return state_of<ArtifactState>(text, artifact_states); }
RunState run_state(std::string_view text) { return state_of<RunState>(text, run_states); }

Json to_json(const Artifact& a) {
  Json json = {{"id", a.id},         {"kind", a.kind},   {"state", name(a.state)}, {"name", a.name},
               {"format", a.format}, {"size", a.size()}, {"files", a.files.size()}};
  put(json, "problem", a.problem);
  json["sha256"] = a.files.empty() ? Json(nullptr) : Json(a.files.front().sha256);
  json["created"] = a.created;
  json["tags"] = a.tags;
  json["notes"] = a.notes;
  json["origin"] = a.origin_run.empty()
                       ? Json{{"type", "import"}}
                       : Json{{"type", "run"}, {"run", a.origin_run}, {"output", a.origin_output}};
  if (!a.origin_operation.empty()) json["origin"]["operation"] = a.origin_operation;
  json["properties"] = a.properties;
  json["thumbnail"] = !a.thumbnail.empty();
  return json;
}

Json to_json(const Run& r) {
  Json json = {{"id", r.id}, {"operation", r.operation}, {"title", r.title}, {"state", name(r.state)}};
  put(json, "cached_from", r.cached_from);
  if (!r.pipeline.empty()) json["pipeline"] = {{"id", r.pipeline}, {"step", r.step}};
  json["created"] = r.created;
  put(json, "started", r.started);
  put(json, "finished", r.finished);
  json["progress"] = r.state == RunState::succeeded ? 1 : 0;
  json["stage"] = "";
  json["seed"] = r.seed;
  json["inputs"] = Json::object();
  for (const auto& [field, id] : r.inputs) json["inputs"][field] = id;
  json["parameters"] = r.parameters;
  json["needs"] = Json::array();
  for (const Link& link : r.links) {
    if (!link.settled) json["needs"].push_back(link.source);
  }
  json["wanted"] = r.wanted;
  json["outputs"] = r.outputs;
  json["units"] = r.units;
  if (!r.error.is_null()) json["error"] = r.error;
  json["warnings"] = r.warnings;
  if (is_finished(r.state)) {
    json["seconds"] = r.seconds;
    json["cpu_s"] = r.cpu_seconds;
    json["peak_memory_bytes"] = r.peak_memory;
  }
  json["version"] = r.version;
  if (!r.record.is_null()) json["record"] = r.record;
  return json;
}

Json to_json(const Pipeline& p) { return {{"id", p.id}, {"title", p.title}, {"created", p.created}}; }

std::string new_id() {
  // Within one millisecond the random part counts up, so that ids of one process keep their order.
  static std::mutex mutex;
  static std::random_device device;
  static std::int64_t last = 0;
  static std::array<std::uint8_t, 16> digits{};  // the random part, 5 bits each
  const std::lock_guard lock(mutex);
  const std::int64_t ms = std::max(milliseconds_now(), last);
  if (ms > last) {
    for (std::uint8_t& digit : digits) digit = static_cast<std::uint8_t>(device() % 32);
    digits[0] &= 15;  // room to count
  } else {
    for (std::size_t i = digits.size(); i-- > 0;) {
      digits[i] = static_cast<std::uint8_t>((digits[i] + 1) % 32);
      if (digits[i] != 0) break;
    }
  }
  last = ms;
  std::string id;
  for (int shift = 45; shift >= 0; shift -= 5) id += alphabet[static_cast<std::size_t>(ms >> shift & 31)];
  for (const std::uint8_t digit : digits) id += alphabet[digit];
  return id;
}

bool is_id(std::string_view text) {
  return text.size() == id_length && text.find_first_not_of(alphabet) == std::string_view::npos;
}

std::string now() {
  const std::int64_t ms = milliseconds_now();
  const std::time_t seconds = ms / 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), ms % 1000);
}

}  // namespace sg::platform

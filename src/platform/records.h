#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "op/json.h"

namespace sg::platform {

using op::Json;

/// One file of an artifact; its bytes are in the object store under their SHA-256.
struct StoredFile {
  std::string path;  // as it was called, relative; never used as a path of this machine
  std::string sha256;
  std::int64_t size = 0;
};

/// How far an artifact has come: what it is is found out in a process of its own after its bytes are safe.
enum class ArtifactState { inspecting, ready, unreadable };

/// Anything the workspace keeps: a volume, a table, a report, …
struct Artifact {
  std::string id;
  std::string kind = "file";  // name(op::Kind) of what it holds, "series", or "file" if not known
  ArtifactState state = ArtifactState::inspecting;
  std::string problem;  // why it is unreadable
  std::string name;     // as given: any text
  std::string format;   // "NIfTI-1", …
  std::string created;  // UTC, "2026-01-31T12:00:00.000Z"
  std::string notes;
  std::vector<std::string> tags;
  std::string origin_run, origin_output;  // "" if it was imported
  std::string origin_operation;           // of the run, as long as that is kept
  Json properties = Json::object();
  std::string thumbnail;          // SHA-256 of a PNG, "" if there is none
  std::vector<StoredFile> files;  // the first is the main one

  std::int64_t size() const;
};

enum class RunState { queued, running, succeeded, failed, cancelled };

/// A field that waits for an output of another run.
struct Link {
  std::string field, source, output;  // source: the run that makes it
  bool settled = false;               // the source has finished
};

/// One execution of an operation: what was asked, how it stands, what came out.
struct Run {
  std::string id, operation, title, version;
  RunState state = RunState::queued;
  std::string created, started, finished;
  std::int64_t seed = 0;
  std::map<std::string, std::string> inputs;  // field → artifact id
  Json parameters = Json::object();           // as given
  std::vector<std::string> wanted;            // outputs asked for
  Json outputs = Json::object();              // field → {"artifact": id} or {"value": …}
  Json units = Json::object();                // dotted path of an output → its unit
  Json error;                                 // a problem object, null if there is none
  std::vector<std::string> warnings;
  double seconds = 0, cpu_seconds = 0;
  std::int64_t peak_memory = 0;  // bytes
  Json record;                   // the provenance record
  std::string cache_key, cached_from;
  std::string pipeline, step;
  std::vector<Link> links;
  std::int64_t process = 0, process_start = 0;  // pid and its start in clock ticks since boot
  bool cancel_requested = false;
};

/// Runs that were asked for together and feed each other.
struct Pipeline {
  std::string id, title, created;
};

std::string_view name(ArtifactState state);
std::string_view name(RunState state);
/// Throw internal for a text that is no state: the database is ours.
ArtifactState artifact_state(std::string_view text);
RunState run_state(std::string_view text);
constexpr bool is_finished(RunState state) { return state != RunState::queued && state != RunState::running; }

/// As the API shows them.
Json to_json(const Artifact& artifact);
Json to_json(const Run& run);
Json to_json(const Pipeline& pipeline);

/// 26 characters of 0-9 A-Z without I L O U: 48 bits of milliseconds, 80 random bits (the ULID layout). Ids
/// of one process ascend.
std::string new_id();
/// Whether a text has the form of an id.
bool is_id(std::string_view text);
/// Now, UTC, with milliseconds.
std::string now();

}  // namespace sg::platform

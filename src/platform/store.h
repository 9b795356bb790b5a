#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/records.h"

namespace sg::platform {

/// Part of a list, newest first. `next` continues it ("" = that was all).
template <class T>
struct Page {
  std::vector<T> items;
  std::string next;
  std::int64_t total = 0;
};

/// Empty members do not restrict.
struct ArtifactQuery {
  std::string kind;                   // one, or several separated by commas
  std::string sha256;                 // of one of its files
  std::string tag, text, origin_run;  // text: part of the name or notes, case-insensitive
  std::optional<ArtifactState> state;
  std::string before;  // a cursor
  int limit = 50;
};
struct RunQuery {
  std::optional<RunState> state;
  std::string operation, artifact, pipeline;  // artifact: taken or made by the run
  std::string before;
  int limit = 50;
};

/// An artifact on the other side of a run.
struct Relative {
  std::string id, name, kind, run;
};
/// What an artifact was made from, and what was made from it.
struct Lineage {
  std::vector<Relative> parents, children;
};
struct Counts {
  std::int64_t artifacts = 0, queued = 0, running = 0;
};
struct TagCount {
  std::string tag;
  std::int64_t artifacts = 0;
};

/// A request that must take effect once, however often it arrives: the client's key and a digest of what it
/// asks. An empty key means every request counts. Keys are forgotten after a day.
struct Once {
  std::string key, digest;
};

/// What happened to which record, numbered without end; so that a watcher of the same database, in this
/// process or another, misses nothing.
struct Change {
  std::int64_t number = 0;
  std::string kind;  // "artifact", "run", "deleted artifact", "deleted run"
  std::string id;
};

/// The records of a workspace in one SQLite database. Every function is one transaction: once it returns, its
/// effect survives a crash of process or machine; before, nothing of it is seen. Thread-safe, and safe beside
/// other processes. Throws not_found for ids that are not there, unavailable if the database stays locked for
/// 20 s, resource if the disk is full.
class Store {
 public:
  /// Opens the database, or makes it. Throws unsupported_format if a newer version of the program made it.
  explicit Store(const std::filesystem::path& file);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// Returns the id that stands: the artifact's, or that of the one which the same request made before.
  /// Throws conflict if the key came with another request.
  std::string add(const Artifact& artifact, const Once& once = {});
  /// Puts others into its place.
  void replace(const std::string& artifact, const std::vector<Artifact>& others);
  /// Writes everything but id, created, origin and files anew.
  void update(const Artifact& artifact);
  Artifact artifact(const std::string& id) const;
  Page<Artifact> artifacts(const ArtifactQuery& query) const;
  /// Those still to be inspected, oldest first.
  std::vector<std::string> to_inspect(int limit) const;
  Lineage lineage(const std::string& artifact) const;
  std::vector<TagCount> tags() const;
  Counts counts() const;
  /// Runs that took the artifact.
  std::vector<std::string> runs_with_input(const std::string& artifact) const;
  /// Removes artifacts and runs together.
  void remove(const std::vector<std::string>& artifacts, const std::vector<std::string>& runs);
  /// SHA-256 of every object that some artifact needs, sorted, once each.
  std::vector<std::string> objects_in_use() const;

  /// Adds runs, of one pipeline if `pipeline` has an id. Returns the id that stands (see above): of the
  /// pipeline, or of the only run.
  std::string add(const std::vector<Run>& runs, const Once& once = {}, const Pipeline& pipeline = {});
  Run run(const std::string& id) const;
  bool has_run(const std::string& id) const;
  Page<Run> runs(const RunQuery& query) const;
  Page<Pipeline> pipelines(const std::string& before, int limit) const;
  Pipeline pipeline(const std::string& id) const;
  /// Queued runs that wait for no other, oldest first.
  std::vector<std::string> ready_runs(int limit) const;
  /// Turns a queued run into a running one of this process; false if it was not queued any more, or waits.
  bool claim(const std::string& id, std::int64_t process, std::int64_t process_start);
  /// Ends a running run, adds what it made, and hands it on to the runs that wait for it (or cancels those,
  /// if it made nothing): all or nothing. False if it was not running any more.
  bool finish(const Run& run, const std::vector<Artifact>& made);
  /// A queued run becomes cancelled (and what waits for it), a running one is marked. False if it had
  /// finished.
  bool request_cancel(const std::string& id);
  /// A succeeded run of this key whose artifacts are all there.
  std::optional<Run> cached(const std::string& key) const;

  std::int64_t last_change() const;
  std::vector<Change> changes_since(std::int64_t number, int limit = 1000) const;

  /// Problems of the database itself, a sentence each; empty if it is whole.
  std::vector<std::string> check() const;
  /// A consistent copy, also while others write.
  void backup(const std::filesystem::path& file) const;

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace sg::platform

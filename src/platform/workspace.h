#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "platform/objects.h"
#include "platform/store.h"

namespace sg::platform {

/// How far a deletion goes: `none` refuses if a run took or made the artifact; `only` deletes it and leaves
/// the gap in the lineage; `all` deletes the runs that took it and what they made, and so on.
enum class Reach { none, only, all };

/// What refers to an artifact, directly or through what was made from it.
struct References {
  std::vector<std::string> artifacts, runs;
  bool empty() const { return artifacts.empty() && runs.empty(); }
};

/// A folder that keeps artifacts and runs:
///   workspace.db   records (SQLite, WAL)      objects/   the bytes, by SHA-256
///   runs/ID/       where a run works; emptied when it ends      backups are made elsewhere
/// Bytes are on disk before the record that names them, and leave after it: a crash at any moment loses
/// nothing that was acknowledged and lists nothing that is not whole; at worst an object is left that nobody
/// names, which `clean` removes. Thread-safe, and several processes may open one workspace.
class Workspace {
 public:
  /// Throws not_found if the folder holds no workspace (unless `create`), and what Store throws.
  explicit Workspace(std::filesystem::path folder, bool create = false);

  Store& store() { return store_; }
  const Store& store() const { return store_; }
  ObjectStore& objects() { return objects_; }
  const ObjectStore& objects() const { return objects_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path run_folder(const std::string& run) const;
  /// What the process of a run or an inspection writes.
  std::filesystem::path log_file(const std::string& id) const;

  /// Keeps a copy of a file, or of the files of a folder, as one artifact yet to be inspected. An archive
  /// (.zip, .tar, .tar.gz) counts as a folder.
  Artifact import(const std::filesystem::path& path, const std::vector<std::string>& tags = {},
                  const std::string& kind = "");
  /// The same for bytes that are in the object store already. `kind`: what the giver says it is: "labels"
  /// (an image that nothing else tells from a volume), "file" (an archive to be kept as it is), "" = find
  /// out. Returns the artifact that stands (see Once).
  Artifact add(const std::vector<StoredFile>& files, const std::string& name,
               const std::vector<std::string>& tags = {}, const Once& once = {},
               const std::string& kind = "");
  /// Finds out what an artifact is (kind, format, properties, a picture of it). What cannot be read becomes
  /// unreadable, with the reason. A folder that holds more than one thing is replaced by these, each still to
  /// be inspected. Returns what stands in its place. Reads untrusted bytes: to be called in a process of its
  /// own.
  std::vector<Artifact> inspect(const std::string& id, const Context& context = {});

  /// The same for a file at hand, into `artifact`; throws what the readers throw.
  void describe(Artifact& artifact, const std::filesystem::path& path, const Context& context = {});

  /// Lays the files of an artifact into `folder` under their own names (links to the objects) and returns the
  /// path to open: the main file, or the folder of a series.
  std::filesystem::path lay_out(const Artifact& artifact, const std::filesystem::path& folder) const;

  /// Copies the files of an artifact into `folder` (made if it is not there) under the artifact's name, those
  /// of several files under their own names in a folder of that name. Returns the path. Throws conflict if it
  /// exists.
  std::filesystem::path export_to(const std::string& id, const std::filesystem::path& folder) const;

  References references(const std::string& artifact) const;
  /// Throws conflict naming what refers to it.
  void remove(const std::string& artifact, Reach reach = Reach::none);

  /// Problems, a sentence each; empty if all is well. Reads every byte.
  std::vector<std::string> check(const Context& context = {}) const;
  /// Removes objects that no record names and that are older than an hour, and logs of what was deleted.
  /// Returns the bytes freed.
  std::int64_t clean();
  /// A copy of records and objects in a new folder, consistent while others write. Throws conflict if it
  /// exists.
  void backup(const std::filesystem::path& target, const Context& context = {}) const;

 private:
  void describe_images(Artifact& artifact, const std::filesystem::path& folder, const Context& context);
  void take_thumbnail(Artifact& artifact, const std::filesystem::path& image, const Context& context);
  void describe_or_say_why(Artifact& artifact, const std::filesystem::path& path,
                           const std::filesystem::path& folder, const Context& context);

  std::filesystem::path folder_;
  Store store_;
  ObjectStore objects_;
};

/// A name that is safe as a file name in a folder of ours: no separators, control characters, leading dots;
/// at most 120 bytes, the ending kept.
std::string safe_name(const std::string& name);

}  // namespace sg::platform

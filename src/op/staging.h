#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace sg::op {

/// Where a run writes until all of it is done: a hidden folder beside each target, whose files `commit`
/// renames to their final names. A process killed at any moment leaves no partial file under a final name;
/// hidden folders of dead processes are removed by the next run that writes to the same folder. Not
/// thread-safe.
class Staging {
 public:
  Staging() = default;
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// The path to write instead of `target`: same file name, hidden folder. Devices and pipes are written
  /// directly. Throws, before anything was computed: conflict (target exists and overwrite is not set, or was
  /// given twice), not_found (no such folder), forbidden (not writable), resource (disk full).
  std::filesystem::path stage(const std::filesystem::path& target, bool overwrite);
  /// Renames everything written so far, in the order staged; files a writer put beside a target (the voxels
  /// of a detached header) go first. Throws as above.
  void commit();

 private:
  struct Folder {
    std::filesystem::path target, hidden;
  };
  const Folder& folder_for(const std::filesystem::path& target);

  struct Output {
    std::filesystem::path target, staged;
    bool overwrite;
  };

  std::vector<Folder> folders_;
  std::vector<Output> outputs_;
};

}  // namespace sg::op

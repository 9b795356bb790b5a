#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg::io {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The whole content of a regular file. Errors: not_found, forbidden (no permission), invalid_input (a
/// directory), resource (longer than `limit` bytes, or than this machine's memory).
Bytes read_file(const std::filesystem::path& path, std::uint64_t limit = UINT64_MAX);
/// The first `count` bytes, or fewer if the file is shorter. Same errors.
Bytes read_head(const std::filesystem::path& path, std::size_t count);

/// Writes a file so that its final name only ever holds a complete one: bytes go to a hidden temporary in the
/// same directory, `commit` syncs it and renames it over the target. Without commit the destructor removes
/// the temporary and the target stays as it was. A target that is a device or pipe is written directly. Not
/// thread-safe. Errors, each naming the path: not_found (no such directory), forbidden (no permission,
/// read-only file system), resource (disk or quota full, file size limit), invalid_input (target is a
/// directory).
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(ByteView bytes);
  void write(std::string_view text) { write(as_bytes(text)); }
  void commit();
  /// Where the bytes are until commit, for libraries that insist on opening a path themselves.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  std::filesystem::path target_, temporary_;
  int descriptor_ = -1;
  std::uint64_t written_ = 0;
  bool direct_ = false;
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, ByteView bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

/// Hands over a file that another file refers to by name (detached voxels). The name comes from the file's
/// text.
using FileFetcher = std::function<Bytes(const std::string& name)>;
/// Fetches from the folder of `header`. Names that leave the folder ("/etc/passwd", "../x") are refused as
/// forbidden: a header that came from somewhere must not choose which files of this machine are read.
FileFetcher fetch_beside(const std::filesystem::path& header);

/// The lower-case extension with the dot; a trailing ".gz" is kept with what stands before it: ".nii.gz",
/// ".png", "".
std::string extension_of(const std::filesystem::path& path);

/// Throws resource if `bytes` is more than this machine's memory; `what` names the thing ("image
/// 9000×9000×9000").
void require_memory(double bytes, const std::string& what);

}  // namespace sg::io

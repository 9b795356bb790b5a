#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace sg::io {

/// What an archive may expand to before it is taken for a bomb.
struct ArchiveLimits {
  std::int64_t entries = 100000;
  std::int64_t bytes = std::int64_t{256} << 30;
  /// Bytes out of one byte of the archive: images rarely exceed 100, an empty mask compressed twice may
  /// reach 1000.
  double ratio = 1000;
  std::int64_t judged_from = 256 << 20;  // fewer bytes are harmless at any ratio
};

/// Reads the regular files of a zip or tar archive (.zip .tar .tar.gz .tgz), one after the other. Names are
/// given as they stand there and are never used as paths; links, devices and folders are passed over.
/// Throws not_found (no such file), invalid_input (damaged, encrypted, not an archive), resource (beyond the
/// limits).
class ArchiveReader {
 public:
  explicit ArchiveReader(const std::filesystem::path& file, ArchiveLimits limits = {});
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next file's name; empty at the end.
  std::optional<std::string> next();
  /// The next bytes of it; 0 at its end.
  std::size_t read(std::span<std::uint8_t> bytes);

 private:
  struct Open;
  std::unique_ptr<Open> open_;
};

/// Whether a file of this name is an archive that ArchiveReader reads.
bool is_archive_name(const std::string& name);

/// Writes a zip archive as a stream; files are stored as they are (medical files are compressed already).
class ZipWriter {
 public:
  /// False from the sink ends the writing with `cancelled`.
  using Sink = std::function<bool(std::span<const std::uint8_t>)>;
  explicit ZipWriter(Sink sink);
  ~ZipWriter();
  ZipWriter(const ZipWriter&) = delete;
  ZipWriter& operator=(const ZipWriter&) = delete;

  /// Copies a file into the archive under a relative name.
  void add(const std::filesystem::path& file, const std::string& name);
  void finish();

 private:
  struct Open;
  std::unique_ptr<Open> open_;
};

}  // namespace sg::io

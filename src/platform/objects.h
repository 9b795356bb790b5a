#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/records.h"

namespace sg::platform {

/// Files by content: objects/ab/abcd…, the name is the SHA-256 of the bytes. An object appears whole, synced
/// to disk, or not at all; it never changes and is read-only. Safe to use from several threads and processes.
class ObjectStore {
 public:
  /// `root` is made if it is not there.
  explicit ObjectStore(std::filesystem::path root);

  /// Takes bytes as they come; nothing is kept unless `commit` is called. Errors: resource (disk full).
  class Writer {
   public:
    Writer(Writer&&) noexcept;
    ~Writer();
    void write(std::span<const std::uint8_t> bytes);
    std::int64_t size() const;
    /// Syncs, gives it its final name (or drops it where the same bytes are there already).
    StoredFile commit(const std::string& name);

   private:
    friend class ObjectStore;
    struct Open;
    explicit Writer(std::unique_ptr<Open> open);
    std::unique_ptr<Open> open_;
  };
  Writer writer();

  /// A copy of a file.
  StoredFile add(const std::filesystem::path& file, const std::string& name);

  /// Where the bytes are. Throws not_found if the store does not hold them.
  std::filesystem::path path(const std::string& sha256) const;
  bool holds(const std::string& sha256) const;
  void remove(const std::string& sha256);

  /// Every object there is, by SHA-256, sorted.
  std::vector<std::string> list() const;
  /// Removes what writers of dead processes left.
  void sweep();

 private:
  std::filesystem::path place(const std::string& sha256) const;
  std::filesystem::path root_;
};

}  // namespace sg::platform

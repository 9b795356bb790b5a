#include "platform/objects.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "core/sha256.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void failed(const std::string& what, const fs::path& path) {
  const int code = errno;
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  throw Error(full             ? ErrorCode::resource
              : code == EACCES ? ErrorCode::forbidden
                               : ErrorCode::internal,
              fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(code)));
}

/// A renamed file is only safe once its folder is.
void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) failed("open", folder);
  const bool synced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!synced) failed("sync", folder);
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

struct ObjectStore::Writer::Open {
  const ObjectStore* store = nullptr;
  fs::path temporary;
  int descriptor = -1;
  std::int64_t size = 0;
  Sha256 hash;

  ~Open() {
    if (descriptor >= 0) ::close(descriptor);
    std::error_code ignored;
    if (!temporary.empty()) fs::remove(temporary, ignored);
  }
};

ObjectStore::Writer::Writer(std::unique_ptr<Open> open) : open_(std::move(open)) {}
ObjectStore::Writer::Writer(Writer&&) noexcept = default;
ObjectStore::Writer::~Writer() = default;
std::int64_t ObjectStore::Writer::size() const { return open_->size; }

void ObjectStore::Writer::write(std::span<const std::uint8_t> bytes) {
  open_->hash.update(bytes);
  while (!bytes.empty()) {
    const ssize_t written = ::write(open_->descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) failed("write", open_->temporary);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    open_->size += written;
  }
}

StoredFile ObjectStore::Writer::commit(const std::string& name) {
  const StoredFile file{name, open_->hash.hex(), open_->size};
  const fs::path target = open_->store->place(file.sha256);
  if (!fs::exists(target)) {
    if (::fsync(open_->descriptor) != 0 || ::fchmod(open_->descriptor, 0444) != 0)
      failed("sync", open_->temporary);
    if (fs::create_directory(target.parent_path())) sync_folder(target.parent_path().parent_path());
    if (::rename(open_->temporary.c_str(), target.c_str()) != 0) failed("name", target);
    open_->temporary.clear();
  }
  // Also where the object was there before: the one who wrote it may not have come to this.
  sync_folder(target.parent_path());
  return file;
}

ObjectStore::ObjectStore(fs::path root) : root_(std::move(root)) {
  std::error_code error;
  fs::create_directories(root_ / "tmp", error);
  if (error) {
    throw Error(ErrorCode::forbidden,
                fmt::format("folder {} cannot be made: {}", root_.string(), error.message()));
  }
}

ObjectStore::Writer ObjectStore::writer() {
  static std::atomic<int> count{0};
  auto open = std::make_unique<Writer::Open>();
  open->store = this;
  open->temporary = root_ / "tmp" / fmt::format("{}-{}", ::getpid(), count++);
  open->descriptor = ::open(open->temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (open->descriptor < 0) failed("write", open->temporary);
  return Writer(std::move(open));
}

StoredFile ObjectStore::add(const fs::path& file, const std::string& name) {
  const int source = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (source < 0) {
    throw Error(errno == ENOENT ? ErrorCode::not_found : ErrorCode::forbidden,
                fmt::format("{} cannot be read: {}", file.string(), std::strerror(errno)));
  }
  const struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{source};
  Writer copy = writer();
  std::vector<std::uint8_t> buffer(1 << 20);
  for (;;) {
    const ssize_t count = ::read(source, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failed("read", file);
    if (count == 0) break;
    copy.write(std::span(buffer).first(static_cast<std::size_t>(count)));
  }
  return copy.commit(name);
}

fs::path ObjectStore::place(const std::string& sha256) const {
  if (!is_digest(sha256))
    throw Error(ErrorCode::invalid_input,
                fmt::format("\"{}\" is no SHA-256, expected 64 hexadecimal digits", sha256));
  return root_ / sha256.substr(0, 2) / sha256;
}

fs::path ObjectStore::path(const std::string& sha256) const {
  fs::path file = place(sha256);
  if (!fs::exists(file))
    throw Error(ErrorCode::not_found, fmt::format("the workspace does not hold object {}", sha256));
  return file;
}

bool ObjectStore::holds(const std::string& sha256) const { return fs::exists(place(sha256)); }

void ObjectStore::remove(const std::string& sha256) { fs::remove(place(sha256)); }

std::vector<std::string> ObjectStore::list() const {
  std::vector<std::string> all;
  for (const fs::directory_entry& folder : fs::directory_iterator(root_)) {
    if (!folder.is_directory() || folder.path().filename() == "tmp") continue;
    for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
      if (is_digest(file.path().filename().string())) all.push_back(file.path().filename().string());
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

void ObjectStore::sweep() {
  for (const fs::directory_entry& file : fs::directory_iterator(root_ / "tmp")) {
    const int process = std::atoi(file.path().filename().c_str());
    const bool alive = process > 0 && (::kill(process, 0) == 0 || errno == EPERM);
    std::error_code ignored;
    if (!alive) fs::remove(file.path(), ignored);
  }
}

}  // namespace sg::platform

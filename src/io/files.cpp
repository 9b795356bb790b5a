#include "io/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/error.h"

namespace sg::io {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(const std::string& what, const fs::path& path, int error) {
  ErrorCode code = ErrorCode::internal;
  switch (error) {
    case ENOENT:
    case ENOTDIR: code = ErrorCode::not_found; break;
    case EACCES:
    case EPERM:
    case EROFS: code = ErrorCode::forbidden; break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case EIO: code = ErrorCode::resource; break;
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL: code = ErrorCode::invalid_input; break;
    default: break;
  }
  throw Error(code, fmt::format("{} '{}': {}", what, path.string(), std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(const fs::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fail("cannot read", path, errno);
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Reads until `out` is full or the file ends; returns the count.
std::size_t read_fully(int fd, std::span<std::uint8_t> out, const fs::path& path) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const ssize_t got = ::read(fd, out.data() + filled, std::min<std::size_t>(out.size() - filled, 1U << 30));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

}  // namespace

void require_memory(double bytes, const std::string& what) {
  static const double memory =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (bytes > memory) {
    throw Error(ErrorCode::resource, fmt::format("{} needs {:.1f} GiB, this machine has {:.1f} GiB", what,
                                                 bytes / 0x1p30, memory / 0x1p30));
  }
}

Bytes read_head(const fs::path& path, std::size_t count) {
  const Descriptor file(path);
  Bytes bytes(count);
  bytes.resize(read_fully(file.get(), bytes, path));
  return bytes;
}

Bytes read_file(const fs::path& path, std::uint64_t limit) {
  const Descriptor file(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) fail("cannot read", path, errno);
  if (S_ISDIR(status.st_mode)) fail("cannot read", path, EISDIR);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > limit) {
    throw Error(ErrorCode::resource,
                fmt::format("'{}' is {} bytes long, expected at most {}", path.string(), size, limit));
  }
  require_memory(static_cast<double>(size), fmt::format("'{}'", path.string()));
  // A pipe tells no size: read on until its end. A file may grow or shrink meanwhile; what is read counts.
  Bytes bytes(static_cast<std::size_t>(size));
  std::size_t filled = read_fully(file.get(), bytes, path);
  while (filled == bytes.size() && !S_ISREG(status.st_mode)) {
    if (filled >= limit) {
      throw Error(ErrorCode::resource,
                  fmt::format("'{}' is longer than {} bytes, the most that is read", path.string(), limit));
    }
    bytes.resize(std::max<std::size_t>(1U << 16, 2 * filled));
    filled += read_fully(file.get(), std::span(bytes).subspan(filled), path);
  }
  bytes.resize(filled);
  return bytes;
}

AtomicFile::AtomicFile(const fs::path& target) : target_(target) {
  struct stat status {};
  if (::stat(target.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) fail("cannot write", target_, EISDIR);
    std::error_code ignored;
    if (const fs::path real = fs::canonical(target, ignored); !ignored) target_ = real;
    direct_ = !S_ISREG(status.st_mode);
    if (!direct_ && ::access(target_.c_str(), W_OK) != 0) fail("cannot write", target_, errno);
  }
  if (direct_) {
    descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot write", target_, errno);
    return;
  }
  // Beyond a size limit the kernel would end the process by a signal instead of failing the write.
  static const auto ignore_size_signal = std::signal(SIGXFSZ, SIG_IGN);
  static_cast<void>(ignore_size_signal);
  static std::atomic<unsigned> serial{0};
  for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
    temporary_ = target_.parent_path() /
                 fmt::format(".{:.100}.{}-{}.part", target_.filename().string(), ::getpid(), serial++);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) fail("cannot write", target_, errno);
  }
  if (descriptor_ < 0) fail("cannot write", target_, EEXIST);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(ByteView bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put =
        ::write(descriptor_, bytes.data() + done, std::min<std::size_t>(bytes.size() - done, 1U << 30));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      fail(fmt::format("cannot write {} bytes after the first {} of", bytes.size() - done, written_), target_,
           errno);
    }
    done += static_cast<std::size_t>(put);
    written_ += static_cast<std::uint64_t>(put);
  }
}

void AtomicFile::commit() {
  if (!direct_ && ::fsync(descriptor_) != 0) {
    fail(fmt::format("cannot store the {} bytes of", written_), target_, errno);
  }
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail(fmt::format("cannot store the {} bytes of", written_), target_, errno);
  if (direct_) return;
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot write", target_, errno);
  temporary_.clear();
}

void write_file(const fs::path& path, ByteView bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void write_file(const fs::path& path, std::string_view text) { write_file(path, as_bytes(text)); }

FileFetcher fetch_beside(const fs::path& header) {
  return [folder = header.parent_path()](const std::string& name) {
    const fs::path relative = fs::path(name).lexically_normal();
    if (name.empty() || name.find('\0') != std::string::npos || relative.is_absolute() ||
        *relative.begin() == fs::path("..")) {
      throw Error(
          ErrorCode::forbidden,
          fmt::format("the header names its data file '{}', expected a file in the header's folder", name));
    }
    return read_file(folder / relative);
  };
}

std::string extension_of(const fs::path& path) {
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  const std::string extension = fs::path(name).extension().string();
  return extension == ".gz" ? fs::path(name).stem().extension().string() + extension : extension;
}

}  // namespace sg::io

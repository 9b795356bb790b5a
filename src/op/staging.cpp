#include "op/staging.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "core/error.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  const std::string message = what + ": " + std::strerror(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR: throw Error(ErrorCode::not_found, message);
    case EACCES:
    case EPERM:
    case EROFS: throw Error(ErrorCode::forbidden, message);
    case EEXIST: throw Error(ErrorCode::conflict, message);
    case ENOSPC:
    case EDQUOT: throw Error(ErrorCode::resource, message);
    default: throw Error(ErrorCode::internal, message);
  }
}

std::string hidden_prefix() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format(".shaoguang-{}-", host.data());
}

/// Removes what killed runs of this host left behind.
void sweep(const fs::path& folder, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), ignored);
  }
}

bool is_special(const fs::path& target) {
  std::error_code ignored;
  const fs::file_type type = fs::status(target, ignored).type();
  return type == fs::file_type::character || type == fs::file_type::block || type == fs::file_type::fifo ||
         type == fs::file_type::socket;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

[[noreturn]] void refuse_to_replace(const fs::path& target) {
  throw Error(ErrorCode::conflict, target.string() + " exists; pass overwrite to replace it");
}

void move(const fs::path& from, const fs::path& to, bool overwrite) {
  if (!overwrite) {
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
    if (errno == EEXIST) refuse_to_replace(to);
    // Some file systems cannot refuse to replace; then the check before the run has to do.
    if (errno != EINVAL && errno != ENOSYS) fail(errno, "cannot write " + to.string());
  }
  if (rename(from.c_str(), to.c_str()) == 0) return;
  const int error = errno;
  if (overwrite && (error == ENOTEMPTY || error == EEXIST)) {  // a folder in the place of a folder
    const fs::path aside = from.string() + ".replaced";
    if (rename(to.c_str(), aside.c_str()) == 0 && rename(from.c_str(), to.c_str()) == 0) return;
  }
  fail(error, "cannot write " + to.string());
}

}  // namespace

Staging::~Staging() {
  std::error_code ignored;
  for (const Folder& folder : folders_) fs::remove_all(folder.hidden, ignored);
}

const Staging::Folder& Staging::folder_for(const fs::path& target) {
  const fs::path folder = target.parent_path();
  for (const Folder& known : folders_)
    if (known.target == folder) return known;
  static std::atomic<int> counter{0};
  const std::string prefix = hidden_prefix();
  const fs::path place = folder.empty() ? "." : folder;
  sweep(place, prefix);
  const fs::path hidden = folder / fmt::format("{}{}-{}", prefix, getpid(), counter++);
  if (mkdir(hidden.c_str(), 0700) != 0)
    fail(errno, fmt::format("cannot write {} in folder {}", target.filename().string(), place.string()));
  return folders_.emplace_back(Folder{folder, hidden});
}

fs::path Staging::stage(const fs::path& target, bool overwrite) {
  if (target.filename().empty() || target.filename() == "." || target.filename() == "..")
    throw Error(ErrorCode::invalid_input, target.string() + " does not name a file");
  if (is_special(target)) return target;
  for (const Output& other : outputs_)
    if (other.target == target)
      throw Error(ErrorCode::conflict, target.string() + " is named for two outputs");
  if (!overwrite && is_there(target)) refuse_to_replace(target);
  const fs::path staged = folder_for(target).hidden / target.filename();
  outputs_.push_back({target, staged, overwrite});
  return staged;
}

void Staging::commit() {
  for (const Folder& folder : folders_) {
    bool overwrite = true;
    std::vector<fs::path> companions;
    for (const auto& entry : fs::directory_iterator(folder.hidden)) companions.push_back(entry.path());
    for (const Output& output : outputs_)
      if (std::erase(companions, output.staged) > 0) overwrite = overwrite && output.overwrite;
    for (const fs::path& file : companions) move(file, folder.target / file.filename(), overwrite);
  }
  for (const Output& output : outputs_)
    if (is_there(output.staged)) move(output.staged, output.target, output.overwrite);
}

}  // namespace sg::op

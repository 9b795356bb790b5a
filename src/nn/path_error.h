#pragma once
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "core/error.h"

namespace sg::nn {

/// Throws what the system's error number means: not_found, forbidden, invalid_input (a folder, an impossible
/// name) or resource.
[[noreturn]] inline void fail_by_errno(const char* what, const std::filesystem::path& path, int error) {
  ErrorCode code = ErrorCode::resource;
  if (error == ENOENT || error == ENOTDIR) code = ErrorCode::not_found;
  if (error == EACCES || error == EPERM || error == EROFS) code = ErrorCode::forbidden;
  if (error == EISDIR || error == ENXIO || error == ELOOP || error == ENAMETOOLONG)
    code = ErrorCode::invalid_input;
  throw Error(code, fmt::format("{} '{}': {}", what, path.string(), std::strerror(error)));
}

/// Runs `work`. Errors of code that does not know the path get it in front of their message.
template <class Work>
auto naming_path(const std::filesystem::path& path, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("'{}': {}", path.string(), error.what()), error.field());
  }
}

}  // namespace sg::nn

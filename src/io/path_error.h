#pragma once
#include <fmt/format.h>

#include <filesystem>
#include <string>

#include "core/error.h"

namespace sg::io {

/// Runs `work`. Errors of format code, which does not know the path, get it in front of their message.
template <class Work>
auto naming_path(const std::filesystem::path& path, const Work& work) {
  try {
    return work();
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.find(path.string()) != std::string::npos) throw;
    throw Error(error.code(), fmt::format("'{}': {}", path.string(), text), error.field());
  }
}

}  // namespace sg::io

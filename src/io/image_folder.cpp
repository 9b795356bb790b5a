#include "io/image_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "io/files.h"
#include "io/image_io.h"

namespace sg::io {
namespace fs = std::filesystem;
namespace {

/// The voxels of a NIfTI pair go with its header.
bool is_second_half(const fs::path& file) {
  const std::string extension = extension_of(file);
  if (extension != ".img" && extension != ".img.gz") return false;
  fs::path stem = file;
  if (extension.ends_with(".gz")) stem.replace_extension();
  std::error_code unknown;
  return fs::exists(stem.replace_extension(".hdr"), unknown) ||
         fs::exists(stem.replace_extension(".hdr.gz"), unknown);
}

bool is_image(const fs::path& file) {
  if (is_second_half(file)) return false;
  try {
    return !probe_image(file).empty();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) return false;  // a link into nothing
    throw;
  }
}

std::vector<fs::path> images_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  if (error)
    throw Error(ErrorCode::forbidden,
                fmt::format("folder '{}' cannot be read: {}", folder.string(), error.message()));
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error)
      throw Error(ErrorCode::forbidden,
                  fmt::format("folder '{}' cannot be read: {}", folder.string(), error.message()));
    const bool hidden = entry->path().filename().string().starts_with('.');
    std::error_code unknown;
    if (entry->is_directory(unknown)) {
      if (hidden) entry.disable_recursion_pending();
    } else if (!hidden && entry->is_regular_file(unknown) && is_image(entry->path())) {
      files.push_back(entry->path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

ImageFolder ImageFolder::open(const fs::path& path) {
  ImageFolder folder;
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) {
    if (probe_image(path).empty())
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format("'{}' is no image that is known here, expected one, or a folder", path.string()));
    folder.files_ = {path};
    folder.names_ = {path.filename().string()};
    return folder;
  }
  folder.files_ = images_below(path);
  if (folder.files_.empty())
    throw Error(ErrorCode::invalid_input, fmt::format("folder '{}' holds no image", path.string()));
  for (const fs::path& file : folder.files_)
    folder.names_.push_back(file.lexically_relative(path).generic_string());
  return folder;
}

Image ImageFolder::image(std::size_t i, const Context& context) const {
  return read_image(files_.at(i), context);
}
LabelMap ImageFolder::labels(std::size_t i, const Context& context) const {
  return read_labels(files_.at(i), context);
}
std::string ImageFolder::format(std::size_t i) const { return probe_image(files_.at(i)); }

}  // namespace sg::io

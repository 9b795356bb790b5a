#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/volume.h"

namespace sg::io {

/// Many images of one kind (a training set, a benchmark's pictures), read one at a time so that they need not
/// fit into memory together. Const members are thread-safe.
class ImageFolder {
 public:
  ImageFolder() = default;
  /// The images in a folder and its subfolders, by their content, sorted by name; what is no image, hidden or
  /// a broken link is passed over. A single file stands for a folder with one image. Throws not_found,
  /// forbidden, unsupported_format (the file is no image), invalid_input (no image in the folder).
  static ImageFolder open(const std::filesystem::path& path);

  std::size_t size() const { return files_.size(); }
  /// With its place below the folder: "left/0012.png".
  const std::string& name(std::size_t i) const { return names_.at(i); }
  /// As read_image and read_labels of image_io.h do, with their errors.
  Image image(std::size_t i, const Context& context = {}) const;
  LabelMap labels(std::size_t i, const Context& context = {}) const;
  /// What image(i) would be read as: "PNG".
  std::string format(std::size_t i) const;
  /// Where it lies, for those who show or describe it.
  const std::filesystem::path& file(std::size_t i) const { return files_.at(i); }

 private:
  std::vector<std::filesystem::path> files_;
  std::vector<std::string> names_;
};

}  // namespace sg::io

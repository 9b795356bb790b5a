#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "io/files.h"
#include "io/image_io.h"
#include "io/text.h"

namespace sg::io {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t names_limit = 16 << 20;

/// x.nii.gz → x.nii.txt
fs::path names_path(const fs::path& path) {
  fs::path base = path;
  if (extension_of(path).ends_with(".gz")) base.replace_extension();
  return base += ".txt";
}

/// Lines "index name [code]"; anything else is passed over, since such a file is a courtesy.
std::map<std::int32_t, std::string> parse_names(std::string_view text) {
  std::map<std::int32_t, std::string> names;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    std::vector<std::string_view> parts = words(line);
    if (parts.size() < 2) continue;
    const auto index = parse_integer(parts.front());
    if (!index || *index < std::numeric_limits<std::int32_t>::min() ||
        *index > std::numeric_limits<std::int32_t>::max()) {
      continue;
    }
    if (parts.size() > 2 && parse_integer(parts.back())) parts.pop_back();
    std::string name;
    for (std::size_t i = 1; i < parts.size(); ++i) name.append(i > 1 ? " " : "").append(parts[i]);
    names[static_cast<std::int32_t>(*index)] = clean_text(name, 256);
  }
  return names;
}

/// 3D Slicer's segmentation tags: SegmentN_LabelValue and SegmentN_Name.
std::map<std::int32_t, std::string> segment_names(const std::map<std::string, std::string>& metadata) {
  std::map<std::int32_t, std::string> names;
  for (const auto& [key, value] : metadata) {
    constexpr std::string_view suffix = "_LabelValue";
    if (!key.starts_with("Segment") || !key.ends_with(suffix)) continue;
    const auto name = metadata.find(key.substr(0, key.size() - suffix.size()) + "_Name");
    const auto index = parse_integer(value);
    if (index && name != metadata.end() && *index > 0 && *index <= std::numeric_limits<std::int32_t>::max()) {
      names[static_cast<std::int32_t>(*index)] = name->second;
    }
  }
  return names;
}

template <class T>
Volume<std::int32_t> whole_numbers(const Volume<T>& source) {
  Volume<std::int32_t> labels(source.grid());
  const T* in = source.data();
  std::int32_t* out = labels.data();
  for (std::int64_t i = 0; i < source.size(); ++i) {
    if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, std::uint32_t>) {
      const auto value = static_cast<double>(in[i]);
      if (!(std::abs(value) <= std::numeric_limits<std::int32_t>::max()) || value != std::nearbyint(value)) {
        const auto& size = source.grid().size;
        throw Error(ErrorCode::invalid_input,
                    fmt::format("voxel ({}, {}, {}) is {}, expected labels: whole numbers of 32 bits",
                                i % size[0], i / size[0] % size[1], i / size[0] / size[1], value));
      }
    }
    out[i] = static_cast<std::int32_t>(in[i]);
  }
  return labels;
}

template <class T>
Volume<T> narrowed(const Volume<std::int32_t>& labels) {
  Volume<T> result(labels.grid());
  std::transform(labels.values().begin(), labels.values().end(), result.data(),
                 [](std::int32_t label) { return static_cast<T>(label); });
  return result;
}

}  // namespace

LabelMap read_labels(const fs::path& path, const Context& context) {
  const Image image = read_image(path, context);
  if (channels_of(image.voxels) != 1) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("'{}' has {} channels or time points, expected labels: one number a voxel",
                            path.string(), channels_of(image.voxels)));
  }
  LabelMap labels;
  try {
    labels.voxels = std::visit([](const auto& volume) { return whole_numbers(volume); }, image.voxels);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("'{}': {}", path.string(), error.what()));
  }
  labels.names = segment_names(image.metadata);
  std::error_code ignored;
  if (labels.names.empty() && fs::is_regular_file(names_path(path), ignored) &&
      fs::file_size(names_path(path), ignored) <= names_limit) {
    labels.names = parse_names(as_text(read_file(names_path(path), names_limit)));
  }
  return labels;
}

void write_labels(const LabelMap& labels, const fs::path& path, const Context& context) {
  const auto values = labels.voxels.values();
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (values.empty()) throw Error(ErrorCode::invalid_input, "no labels to write: the volume is empty");
  if (*least >= 0 && *most <= 255) {
    write_image(narrowed<std::uint8_t>(labels.voxels), path, context);
  } else if (*least >= -32768 && *most <= 32767) {
    write_image(narrowed<std::int16_t>(labels.voxels), path, context);
  } else {
    write_image(labels.voxels, path, context);
  }
  if (labels.names.empty()) return;
  std::string text;
  for (const auto& [index, name] : labels.names) text += fmt::format("{} {}\n", index, name);
  write_file(names_path(path), text);
}

}  // namespace sg::io

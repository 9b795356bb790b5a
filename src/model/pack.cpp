#include "model/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "core/error.h"
#include "core/grey.h"
#include "core/onto_grid.h"
#include "io/files.h"
#include "model/predict.h"

namespace sg::model {
namespace {

constexpr std::int32_t largest_label = 32767;  // int16, as the trainer reads them

nn::Shape shape_of(const Grid& grid) { return {grid.size[2], grid.size[1], grid.size[0]}; }

template <class T>
std::vector<std::uint8_t> bytes_of(const std::vector<T>& values) {
  std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

TensorPack::Item item_of(const LabelMap& map, const PackOptions& options, const Context& context) {
  LabelMap labels =
      resample(map, Transform(), aligned_grid(map.voxels.grid(), "RAS", options.spacing), context);
  std::int32_t largest = 0;
  for (std::int32_t& label : labels.voxels.values()) {
    if (!options.becomes.empty()) {
      const auto found = options.becomes.find(label);
      label = found == options.becomes.end() ? 0 : found->second;
    }
    if (label < 0 || label > largest_label)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("holds the label {}, expected 0 to {}", label, largest_label));
    largest = std::max(largest, label);
  }
  TensorPack::Item item{
      "", largest < 256 ? nn::DType::u8 : nn::DType::i16, shape_of(labels.voxels.grid()), {}};
  const auto values = labels.voxels.values();
  if (largest < 256)
    item.bytes.assign(values.begin(), values.end());
  else
    item.bytes = bytes_of(std::vector<std::int16_t>(values.begin(), values.end()));
  return item;
}

TensorPack::Item item_of(const Image& image, const PackOptions& options, const Context& context) {
  Volume<float> grey = grey_of(image.voxels);
  const Grid& grid = grey.grid();
  for (const float value : grey.values())
    if (!std::isfinite(value))
      throw Error(ErrorCode::invalid_input, fmt::format("holds {}, expected finite values", value));
  const std::int64_t longest = std::max(grid.size[0], grid.size[1]);
  if (options.longest_side > 0 && longest > options.longest_side) {
    const double factor = static_cast<double>(longest) / options.longest_side;
    const Grid smaller =
        with_spacing(grid, {grid.spacing.x * factor, grid.spacing.y * factor, grid.spacing.z});
    grey = onto_grid(grey, smaller, Interpolation::linear, true, context);
  }
  TensorPack::Item item{"", nn::DType::u8, shape_of(grey.grid()), {}};
  if (std::holds_alternative<Volume<std::uint8_t>>(image.voxels)) {
    for (const float value : grey.values())
      item.bytes.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.F, 255.F))));
  } else {
    item.dtype = nn::DType::f32;
    item.bytes = bytes_of(std::vector<float>(grey.values().begin(), grey.values().end()));
  }
  return item;
}

std::string without_ending(const std::string& name) {
  const std::string ending = io::extension_of(name);
  return name.substr(0, name.size() - ending.size());
}

/// One name each, without ending where that tells them apart.
std::vector<std::string> names_of(const io::ImageFolder& images) {
  std::map<std::string, int> uses;
  for (std::size_t i = 0; i < images.size(); ++i) ++uses[without_ending(images.name(i))];
  std::vector<std::string> names;
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string plain = without_ending(images.name(i));
    names.push_back(uses[plain] == 1 && !plain.empty() ? plain : images.name(i));
  }
  return names;
}

std::string said(const std::string& text, const char* field, const char* expected) {
  if (text.empty())
    throw Error(ErrorCode::invalid_input, fmt::format("{} is empty, expected {}", field, expected), field);
  return text;
}

}  // namespace

void write_pack(const TensorPack& pack, const std::filesystem::path& path) {
  std::vector<nn::NamedTensor> tensors;
  for (const TensorPack::Item& item : pack.items)
    tensors.emplace_back(item.name, nn::StoredTensor{item.dtype, item.shape, item.bytes});
  nn::write_tensors(path, tensors, pack.metadata);
}

TensorPack pack(const io::ImageFolder& images, const PackOptions& options, const Context& context) {
  TensorPack pack;
  pack.metadata["source"] = said(options.source, "source", "where the images come from");
  pack.metadata["licence"] = said(options.licence, "licence", "under which licence they may be used");
  const bool labels = options.content == PackContent::labels;
  if (labels) pack.metadata["spacing"] = fmt::format("{}", options.spacing);
  const std::vector<std::string> names = names_of(images);
  for (std::size_t i = 0; i < images.size(); ++i) {
    const auto count = static_cast<double>(images.size());
    const Context part =
        context.part(static_cast<double>(i) / count, static_cast<double>(i + 1) / count, images.name(i));
    part.check();
    part.progress(0);
    try {
      TensorPack::Item item = labels ? item_of(images.labels(i, part), options, part)
                                     : item_of(images.image(i, part), options, part);
      item.name = (labels ? "labels." : "images.") + names[i];
      pack.items.push_back(std::move(item));
    } catch (const Error& error) {
      if (error.code() == ErrorCode::cancelled ||
          std::string(error.what()).find(images.name(i)) != std::string::npos)
        throw;
      throw Error(error.code(), fmt::format("{} {}", images.name(i), error.what()), "images");
    }
  }
  return pack;
}

Table contents(const TensorPack& pack) {
  std::vector<std::string> names;
  std::vector<double> width, height, depth, labels;
  bool any_labels = false;
  for (const TensorPack::Item& item : pack.items) {
    names.push_back(item.name.substr(item.name.find('.') + 1));
    depth.push_back(static_cast<double>(item.shape[0]));
    height.push_back(static_cast<double>(item.shape[1]));
    width.push_back(static_cast<double>(item.shape[2]));
    if (!item.name.starts_with("labels.")) continue;
    any_labels = true;
    std::set<int> found;
    const std::size_t size = item.dtype == nn::DType::u8 ? 1 : 2;
    for (std::size_t i = 0; i < item.bytes.size(); i += size) {
      std::int16_t label = item.bytes[i];
      if (size == 2) std::memcpy(&label, item.bytes.data() + i, 2);
      found.insert(label);
    }
    found.erase(0);
    labels.push_back(static_cast<double>(found.size()));
  }
  Table table{{{"name", names}, {"width", width}, {"height", height}, {"depth", depth}}};
  if (any_labels) table.columns.push_back({"labels", labels});
  return table;
}

}  // namespace sg::model

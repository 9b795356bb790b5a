#include "train/tasks/head_maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "core/error.h"
#include "nn/safetensors.h"

namespace sg::train {
namespace {

struct Group {
  int tissue;
  std::vector<int> labels;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all{
      {1, {24}},
      {2, {4, 5, 14, 15, 43, 44, 72, 136, 137, 163, 164}},
      {3, {3, 42}},
      {4, {2, 41, 77, 251, 252, 253, 254, 255, 25, 57, 30, 62, 85}},
      {5, {10, 11, 12, 13, 17, 18, 26, 49, 50, 51, 52, 53, 54, 58}},
      {6, {8, 47}},
      {7, {7, 46}},
      {8, {16, 28, 60}},
  };
  return all;
}

constexpr std::string_view prefix = "labels.";

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw Error(ErrorCode::invalid_input, fmt::format("{}: {}", path.string(), why), "data");
}

int label_at(const nn::StoredTensor& tensor, std::size_t i) {
  if (tensor.dtype == nn::DType::u8) return tensor.bytes[i];
  std::int16_t value = 0;
  std::memcpy(&value, tensor.bytes.data() + 2 * i, 2);
  return value;
}

/// Index of each label below 2^15.
using Indices = std::vector<std::uint8_t>;

HeadMap indexed(const nn::StoredTensor& tensor, const Indices& index_of, const std::vector<int>& tissues) {
  HeadMap map;
  map.size = {tensor.shape[2], tensor.shape[1], tensor.shape[0]};
  map.voxels.resize(static_cast<std::size_t>(nn::count(tensor.shape)));
  double count = 0;
  std::size_t i = 0;
  for (std::int64_t z = 0; z < map.size[2]; ++z)
    for (std::int64_t y = 0; y < map.size[1]; ++y)
      for (std::int64_t x = 0; x < map.size[0]; ++x, ++i) {
        const int label = label_at(tensor, i);
        map.voxels[i] = index_of[static_cast<std::size_t>(label)];
        if (tissues[map.voxels[i]] < 2) continue;
        map.brain_centre =
            map.brain_centre + Vec3{static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)};
        count += 1;
      }
  if (count > 0)
    map.brain_centre = (1 / count) * map.brain_centre;
  else
    map.voxels.clear();
  return map;
}

}  // namespace

int tissue_of(int label) {
  for (const Group& group : groups())
    if (std::find(group.labels.begin(), group.labels.end(), label) != group.labels.end()) return group.tissue;
  return 0;
}

int without_side(int label) {
  static const std::map<int, int> right_of_left{
      {2, 41},  {3, 42},  {4, 43},  {5, 44},  {7, 46},  {8, 47},  {10, 49}, {11, 50},   {12, 51},
      {13, 52}, {17, 53}, {18, 54}, {25, 57}, {26, 58}, {28, 60}, {30, 62}, {136, 163}, {137, 164}};
  const auto found = right_of_left.find(label);
  return found == right_of_left.end() ? label : found->second;
}

HeadMaps read_head_maps(const std::filesystem::path& path) {
  const nn::TensorFile file = nn::TensorFile::open(path);
  const auto spacing = file.metadata().find("spacing");
  if (spacing != file.metadata().end() && spacing->second != "1")
    refuse(path, fmt::format("spacing is \"{}\", expected \"1\" (mm)", spacing->second));
  std::vector<std::string> names = file.names();
  std::erase_if(names, [](const std::string& name) { return !name.starts_with(prefix); });
  std::sort(names.begin(), names.end());
  if (names.empty()) refuse(path, "no tensor \"labels.…\", expected one a label map");
  std::set<int> seen{0};
  for (const std::string& name : names) {
    const nn::StoredTensor tensor = file.entry(name);
    if (tensor.shape.size() != 3 || (tensor.dtype != nn::DType::u8 && tensor.dtype != nn::DType::i16))
      refuse(path, fmt::format("\"{}\" is {} {}, expected uint8 or int16 [D,H,W]", name,
                               nn::name(tensor.dtype), nn::to_string(tensor.shape)));
    std::vector<bool> found(1 << 15);
    for (std::size_t i = 0; i < static_cast<std::size_t>(nn::count(tensor.shape)); ++i) {
      const int label = label_at(tensor, i);
      if (label < 0) refuse(path, fmt::format("\"{}\" holds {}, expected labels ≥ 0", name, label));
      found[static_cast<std::size_t>(label)] = true;
    }
    for (std::size_t label = 0; label < found.size(); ++label)
      if (found[label]) seen.insert(static_cast<int>(label));
  }
  if (seen.size() > 256) refuse(path, fmt::format("{} different labels, expected at most 256", seen.size()));
  HeadMaps all;
  all.labels.assign(seen.begin(), seen.end());
  const auto said = [&](const char* key) {
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string() : found->second;
  };
  all.source = said("source");
  all.licence = said("licence");
  Indices index_of(1 << 15);
  std::vector<int> tissues;
  for (std::size_t i = 0; i < all.labels.size(); ++i) {
    index_of[static_cast<std::size_t>(all.labels[i])] = static_cast<std::uint8_t>(i);
    tissues.push_back(tissue_of(all.labels[i]));
  }
  for (const std::string& name : names) {
    all.maps.push_back(indexed(file.entry(name), index_of, tissues));
    all.maps.back().name = name.substr(prefix.size());
    if (all.maps.back().voxels.empty()) refuse(path, fmt::format("\"{}\" holds no brain label", name));
  }
  return all;
}

}  // namespace sg::train

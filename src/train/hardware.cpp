#include "train/hardware.h"

#include <torch/torch.h>
#include <torch/version.h>

#include <filesystem>
#include <fstream>

#ifndef SG_REVISION
#define SG_REVISION ""
#endif

namespace sg::train {
namespace {

/// The value of the first line "key : value".
std::string value_of(const std::filesystem::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos) {
      const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
      return begin == std::string::npos ? "" : line.substr(begin);
    }
  }
  return "";
}

/// By the driver's files, as libtorch says it only to who has CUDA's headers.
std::string gpu_name(std::size_t index) {
  std::error_code ignored;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", ignored))
    names.push_back(value_of(entry.path() / "information", "Model"));
  return index < names.size() ? names[index] : "";
}

}  // namespace

nlohmann::ordered_json hardware(const std::string& device) {
  nlohmann::ordered_json facts{{"cpu", value_of("/proc/cpuinfo", "model name")},
                               {"threads", torch::get_num_threads()},
                               {"device", device}};
  const torch::Device parsed(device);
  if (parsed.is_cuda()) {
    facts["gpu"] = gpu_name(parsed.has_index() ? static_cast<std::size_t>(parsed.index()) : 0);
    facts["gpus"] = static_cast<int>(torch::cuda::device_count());
  }
  facts["libtorch"] = TORCH_VERSION;
  facts["compiler"] = __VERSION__;
  if (*SG_REVISION != '\0') facts["revision"] = SG_REVISION;
  return facts;
}

}  // namespace sg::train

#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace sg::train {

/// What a training ran on: "cpu", "gpu" (if `device` is one; as the driver names it), "threads", "libtorch",
/// "compiler", "revision" of the sources where git knew it.
nlohmann::ordered_json hardware(const std::string& device);

}  // namespace sg::train

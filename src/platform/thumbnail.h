#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/context.h"

namespace sg::platform {

/// A PNG of at most 256 pixels' height that shows what is in a file; empty for kinds that have no picture.
/// Volumes: three orthogonal slices; labels: their outlines filled; 2-D images: themselves.
std::vector<std::uint8_t> thumbnail(const std::filesystem::path& path, const std::string& kind,
                                    const Context& context = {});

}  // namespace sg::platform

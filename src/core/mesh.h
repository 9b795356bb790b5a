#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/geometry.h"

namespace sg {

/// Points in space, mm LPS, with optional names (empty, or one a point).
struct Points {
  std::vector<LpsPoint> positions;
  std::vector<std::string> names;
};

/// A triangle surface, mm LPS; triangles are counter-clockwise seen from outside. Vertex indices are <
/// vertices.size().
struct Mesh {
  std::vector<std::array<float, 3>> vertices;
  std::vector<std::array<std::uint32_t, 3>> triangles;
};

}  // namespace sg

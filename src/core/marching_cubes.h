#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace sg::detail {

/// Corner c of a cell lies at (c & 1, c >> 1 & 1, c >> 2 & 1). Edge e runs along axis e / 4 from
/// `edge_start(e)`.
constexpr unsigned edge_start(unsigned edge) {
  const unsigned axis = edge / 4, a = edge & 1, b = edge >> 1 & 1;
  return axis == 0 ? a << 1 | b << 2 : axis == 1 ? a | b << 2 : a | b << 1;
}
constexpr unsigned edge_end(unsigned edge) { return edge_start(edge) | 1U << edge / 4; }

/// Triangles (three edges each) of the surface within a cell, for each of the 256 sets of corners at or above
/// the level (bit c = corner c), counter-clockwise seen from below the level.
using CubeTriangles = std::array<std::vector<std::array<std::uint8_t, 3>>, 256>;
const CubeTriangles& cube_triangles();

}  // namespace sg::detail

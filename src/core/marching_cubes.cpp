#include "core/marching_cubes.h"

#include <algorithm>
#include <cassert>

// The case table is derived instead of typed in. On each face of the cell the surface leaves segments between
// the edges it crosses. Which ones depends on the face's own four corners alone, so two cells that share a
// face agree and the surface has no cracks; where a face is ambiguous (two diagonal corners above) each
// corner above is cut off by itself. Every crossed edge ends two segments, one on each of its faces, so the
// segments close to loops, which are cut into triangles.

namespace sg::detail {
namespace {

using Loop = std::vector<std::uint8_t>;
using Triangles = std::vector<std::array<std::uint8_t, 3>>;

/// Corners of the face across `axis` at `side`, counter-clockwise seen from outside the cell.
std::array<unsigned, 4> face_corners(unsigned axis, unsigned side) {
  const unsigned u = 1U << (axis + 1) % 3, v = 1U << (axis + 2) % 3, base = side << axis;
  if (side == 1) return {base, base | u, base | u | v, base | v};
  return {base, base | v, base | u | v, base | u};
}

std::uint8_t edge_between(unsigned a, unsigned b) {
  std::uint8_t e = 0;
  while (edge_start(e) != std::min(a, b) || edge_end(e) != std::max(a, b)) ++e;
  return e;
}

bool share_a_face(unsigned e, unsigned f) {
  for (unsigned axis = 0; axis < 3; ++axis) {
    for (unsigned side = 0; side < 2; ++side) {
      const auto on_face = [&](unsigned edge) {
        return (edge_start(edge) >> axis & 1) == side && (edge_end(edge) >> axis & 1) == side;
      };
      if (on_face(e) && on_face(f)) return true;
    }
  }
  return false;
}

/// next[e] = the edge that follows e on the loop; 255 where the surface does not cross.
std::array<std::uint8_t, 12> segments(unsigned above) {
  std::array<std::uint8_t, 12> next;
  next.fill(255);
  for (unsigned face = 0; face < 6; ++face) {
    const std::array<unsigned, 4> corner = face_corners(face / 2, face % 2);
    const auto is_above = [&](unsigned i) { return (above >> corner[i % 4] & 1) != 0; };
    for (unsigned i = 0; i < 4; ++i) {
      if (!is_above(i) || is_above(i + 3)) continue;
      // Corner i starts a run of corners above, which ends before corner i + length; one segment cuts it off.
      unsigned length = 1;
      while (is_above(i + length)) ++length;
      const std::uint8_t enter = edge_between(corner[(i + 3) % 4], corner[i]);
      const std::uint8_t leave = edge_between(corner[(i + length - 1) % 4], corner[(i + length) % 4]);
      next[enter] = leave;
    }
  }
  return next;
}

/// Cuts the loop from..to (with the closing side from–to) into triangles none of whose inner sides lies on a
/// face of the cell, where a neighbour's triangle might have the same side. False if there is no such way.
bool triangulate(const Loop& loop, std::size_t from, std::size_t to, Triangles& out) {
  if (to - from < 2) return true;
  const std::size_t kept = out.size();
  for (std::size_t tip = from + 1; tip < to; ++tip) {
    const auto allowed = [&](std::size_t a, std::size_t b) {
      return b - a == 1 || (a == 0 && b + 1 == loop.size()) || !share_a_face(loop[a], loop[b]);
    };
    if (!allowed(from, tip) || !allowed(tip, to)) continue;
    out.push_back({loop[from], loop[tip], loop[to]});
    if (triangulate(loop, from, tip, out) && triangulate(loop, tip, to, out)) return true;
    out.resize(kept);
  }
  return false;
}

Triangles triangles_of(unsigned above) {
  std::array<std::uint8_t, 12> next = segments(above);
  Triangles triangles;
  for (std::uint8_t start = 0; start < 12; ++start) {
    Loop loop;
    for (std::uint8_t e = start; next[e] != 255;) {
      loop.push_back(e);
      const std::uint8_t following = next[e];
      next[e] = 255;
      e = following;
    }
    if (loop.empty()) continue;
    [[maybe_unused]] const bool done = triangulate(loop, 0, loop.size() - 1, triangles);
    assert(done);
  }
  return triangles;
}

}  // namespace

const CubeTriangles& cube_triangles() {
  static const CubeTriangles table = [] {
    CubeTriangles t;
    for (unsigned above = 0; above < 256; ++above) t[above] = triangles_of(above);
    return t;
  }();
  return table;
}

}  // namespace sg::detail

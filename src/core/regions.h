#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/context.h"
#include "core/mesh.h"
#include "core/volume.h"

namespace sg {

using Mask = Volume<std::uint8_t>;  // 0 = outside, anything else = inside

/// Exact Euclidean distance in mm from each voxel centre to the nearest inside voxel centre of `mask` (0
/// inside); +inf everywhere if the mask has no inside. Separable lower envelope (Felzenszwalb & Huttenlocher
/// 2012, doi:10.4086/toc.2012.v008a019), anisotropic spacing, O(voxels).
Volume<float> distance_to(const Mask& mask, const Context& context = {});

enum class Connectivity { faces, full };  // 6 or 26 neighbours (4 or 8 in 2-D)
struct Components {
  LabelMap labels;                   // 1 = largest; ties by first voxel
  std::vector<std::int64_t> voxels;  // sizes, voxels[0] belongs to label 1
};
Components connected_components(const Mask& mask, Connectivity connectivity = Connectivity::full);

/// Binary morphology with a ball of `radius_mm` (voxels whose centre distance is ≤ radius, to 1e-6 of it).
/// What lies outside the grid counts as outside the mask, so erosion also works inwards from the border;
/// along axes of size 1 nothing lies outside. `close` gives what it would in an unbounded grid: it never
/// removes. Cost: distance transforms. Throws invalid_input for a negative radius, or, in `close`, one larger
/// than the image.
Mask dilate(const Mask& mask, double radius_mm, const Context& context = {});
Mask erode(const Mask& mask, double radius_mm, const Context& context = {});
Mask open(const Mask& mask, double radius_mm, const Context& context = {});
Mask close(const Mask& mask, double radius_mm, const Context& context = {});
/// Fills background that does not reach the border of the grid (6-connected); axes of size 1 have no border.
Mask fill_holes(const Mask& mask);

/// Marching cubes (Lorensen & Cline 1987, doi:10.1145/37401.37422; ambiguous faces settled consistently, so
/// the surface of a closed region is closed): the surface where `image` crosses `level`, vertices in mm LPS,
/// triangles counter-clockwise seen from the lower side (outside of a bright object). Shared vertices; one
/// channel. Open where a region reaches the border of the grid; empty in 2-D. A voxel that is not a number
/// counts as below the level.
Mesh isosurface(const Volume<float>& image, double level, const Context& context = {});
/// Enclosed volume in mm³ (divergence theorem) and area in mm². Throws invalid_input for a vertex index out
/// of range.
double mesh_volume(const Mesh& mesh);
double mesh_area(const Mesh& mesh);

}  // namespace sg

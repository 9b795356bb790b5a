#include "core/transform.h"

#include <algorithm>

namespace sg {

Affine Affine::inverse() const {
  Affine result;
  result.matrix = sg::inverse(matrix);
  result.translation = -1.0 * (result.matrix * translation);
  return result;
}

Affine Affine::about(LpsPoint centre, const Mat3& matrix, Vec3 shift) {
  return {matrix, as_vector(centre) + shift - matrix * as_vector(centre)};
}

Affine compose(const Affine& after, const Affine& before) {
  return {after.matrix * before.matrix, after.matrix * before.translation + after.translation};
}

Vec3 Field::at(LpsPoint p) const {
  const Grid& g = grid();
  const VoxelIndex index = g.to_index(p);
  const double coordinate[3] = {index.i, index.j, index.k};
  std::int64_t low[3], high[3];
  double weight[3];
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double last = static_cast<double>(g.size[axis] - 1);
    const double c = std::isnan(coordinate[axis]) ? 0 : std::clamp(coordinate[axis], 0.0, last);
    low[axis] = static_cast<std::int64_t>(c);
    high[axis] = std::min<std::int64_t>(low[axis] + 1, g.size[axis] - 1);
    weight[axis] = c - static_cast<double>(low[axis]);
  }
  Vec3 u;
  for (int component = 0; component < 3; ++component) {
    for (int corner = 0; corner < 8; ++corner) {
      const double w = (corner & 1 ? weight[0] : 1 - weight[0]) * (corner & 2 ? weight[1] : 1 - weight[1]) *
                       (corner & 4 ? weight[2] : 1 - weight[2]);
      u[component] += w * displacement.at(corner & 1 ? high[0] : low[0], corner & 2 ? high[1] : low[1],
                                          corner & 4 ? high[2] : low[2], component);
    }
  }
  return u;
}

}  // namespace sg

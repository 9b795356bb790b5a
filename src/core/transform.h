#pragma once
#include <optional>

#include "core/geometry.h"
#include "core/volume.h"

namespace sg {

/// y = matrix · x + translation, LPS mm to LPS mm. Registration transforms map fixed points to moving points
/// (pull-back): warped(x) = moving(φ(x)).
struct Affine {
  Mat3 matrix;
  Vec3 translation;

  LpsPoint apply(LpsPoint p) const { return as_point(matrix * as_vector(p) + translation); }
  /// Throws invalid_input if the matrix is not invertible.
  Affine inverse() const;
  /// x ↦ matrix · (x − centre) + centre + shift
  static Affine about(LpsPoint centre, const Mat3& matrix, Vec3 shift = {});
  friend bool operator==(const Affine&, const Affine&) = default;
};
/// (after ∘ before)(x) = after(before(x))
Affine compose(const Affine& after, const Affine& before);

/// A displacement u on a grid, mm, LPS components: `[3,Z,Y,X]`, channel 0 = x. Outside the grid u takes the
/// value at the nearest border.
struct Field {
  Volume<float> displacement;
  const Grid& grid() const { return displacement.grid(); }
  /// Trilinear; the nearest border value outside.
  Vec3 at(LpsPoint p) const;
};

/// φ(x) = affine(x + u(x)): the displacement first, then the affine. Move-only because of the field.
struct Transform {
  Affine affine;
  std::optional<Field> field;
  LpsPoint apply(LpsPoint p) const { return affine.apply(field ? p + field->at(p) : p); }
};

}  // namespace sg

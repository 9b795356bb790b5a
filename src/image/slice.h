#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/volume.h"
#include "image/view.h"

namespace sg::image {

/// A picture's place in space: pixel (x, y) lies at corner + (x·right + y·down)·mm.
struct Panel {
  LpsPoint corner;
  Vec3 right, down, normal;  // unit vectors
  double mm = 1;
  std::int64_t width = 1, height = 1;

  LpsPoint at(double x, double y) const { return corner + (mm * x) * right + (mm * y) * down; }
  /// Pixel coordinates of the foot of a point.
  double x_of(LpsPoint p) const { return dot(p - corner, right) / mm; }
  double y_of(LpsPoint p) const { return dot(p - corner, down) / mm; }
};

/// Extent of an image's voxels along a unit vector, mm.
struct Extent {
  double low = 0, high = 0;
  double length() const { return high - low; }
};
Extent extent_along(const Grid& grid, Vec3 axis);

/// The panel of a plane through `point` that shows all of `grid`, turned to the radiological convention. A
/// 2-D grid's own axes are used for its one panel.
Panel make_panel(const Grid& grid, Plane plane, LpsPoint point, double mm);
/// The plane that a 2-D grid lies in.
Plane plane_of(const Grid& grid);
/// "R", "L", "A", "P", "S" or "I": the patient side that a direction points to.
char side_of(Vec3 direction);

/// Values of one channel at every pixel (row by row), interpolated by Keys' cubic convolution (a = −½,
/// doi:10.1109/TASSP.1981.1163711), averaged over the pixel where voxels are smaller; NaN outside the image
/// or at voxels that are not finite.
std::vector<float> sample(const Volume<float>& image, std::int64_t channel, const Panel& panel,
                          const Context& context);
/// Labels at every pixel: of the eight neighbouring voxels that label which has the most trilinear weight; 0
/// outside.
std::vector<std::int32_t> sample_labels(const Volume<std::int32_t>& labels, const Panel& panel,
                                        const Context& context);

}  // namespace sg::image

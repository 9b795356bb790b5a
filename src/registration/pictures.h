#pragma once
#include "core/context.h"
#include "core/transform.h"
#include "core/volume.h"
#include "report/report.h"

namespace sg::registration {

/// Adds to a report what one looks at to believe an alignment: fixed and moving as they came, a checkerboard
/// of the two before and after with a slider between, and, with labels of the fixed image, their outlines on
/// the moving image before and after.
void add_alignment_pictures(report::Report& report, const Volume<float>& fixed, const Volume<float>& moving,
                            const Transform& transform, const LabelMap* fixed_labels,
                            const Context& context = {});

/// Rotation about x, y, z (degrees), scale and shear of the matrix, and the shift of the grid's centre (mm),
/// as a table for readers. matrix = R·S with R = Rz·Ry·Rx and S symmetric (polar decomposition).
Table decomposition(const Affine& affine, const Grid& fixed);

}  // namespace sg::registration

#pragma once
#include <optional>
#include <vector>

#include "core/mesh.h"
#include "core/table.h"
#include "core/transform.h"
#include "evaluation/overlap.h"
#include "evaluation/points.h"

namespace sg::registration {

/// Every point through the transform; names stay.
Points mapped(const Points& points, const Transform& transform);

/// How well `estimate` (fixed → moving) does against what is known: a true transform, labels of both images,
/// or both. "Before" is no alignment at all: φ = identity.
struct Evaluation {
  /// Target registration error |φ(x) − φ*(x)|, mm, at `targets`; only with a known truth φ*.
  Points targets;
  std::optional<evaluation::PointError> error_before, error_after;
  /// Moving labels carried onto the fixed grid by nearest neighbour, against the fixed labels.
  std::optional<evaluation::Overlap> overlap_before, overlap_after;
};

/// What is known about a pair; null = not known. Borrowed for the call.
struct Known {
  const LabelMap* fixed_labels = nullptr;
  const LabelMap* moving_labels = nullptr;
  const Transform* truth = nullptr;
};

/// Targets are the centroids of the fixed labels, or without labels the corners of a 3×3×3 lattice over the
/// middle half of the fixed grid. Throws invalid_input if neither a truth nor labels of both images are
/// given.
Evaluation evaluate(const Grid& fixed, const Transform& estimate, const Known& known,
                    const Context& context = {});

/// One row a target: target, x, y, z (mm, LPS, fixed), error_before, error_after (mm). Empty without a truth.
Table target_table(const Evaluation& evaluation);

}  // namespace sg::registration

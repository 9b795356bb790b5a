#include "registration/evaluate.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/resample.h"

namespace sg::registration {
namespace {

Points lattice(const Grid& grid) {
  Points points;
  const double depth[3] = {grid.is_2d() ? 0.5 : 0.25, 0.5, 0.75};
  for (int corner = 0; corner < (grid.is_2d() ? 9 : 27); ++corner) {
    const double at[3] = {0.25 + 0.25 * (corner % 3), 0.25 + 0.25 * (corner / 3 % 3), depth[corner / 9]};
    points.positions.push_back(grid.to_lps({at[0] * static_cast<double>(grid.size[0] - 1),
                                            at[1] * static_cast<double>(grid.size[1] - 1),
                                            at[2] * static_cast<double>(grid.size[2] - 1)}));
    points.names.push_back(fmt::format("lattice {}", corner + 1));
  }
  return points;
}

}  // namespace

Points mapped(const Points& points, const Transform& transform) {
  Points result = points;
  for (LpsPoint& p : result.positions) p = transform.apply(p);
  return result;
}

Evaluation evaluate(const Grid& fixed, const Transform& estimate, const Known& known,
                    const Context& context) {
  if (!known.truth && !(known.fixed_labels && known.moving_labels)) {
    throw Error(ErrorCode::invalid_input,
                "nothing to evaluate against: give truth, or fixed_labels and moving_labels", "truth");
  }
  Evaluation result;
  if (known.truth) {
    result.targets = known.fixed_labels ? evaluation::label_centroids(*known.fixed_labels) : lattice(fixed);
    const Points true_places = mapped(result.targets, *known.truth);
    result.error_before = evaluation::target_registration_error(true_places, result.targets);
    result.error_after = evaluation::target_registration_error(true_places, mapped(result.targets, estimate));
  }
  if (known.fixed_labels && known.moving_labels) {
    const Grid& grid = known.fixed_labels->voxels.grid();
    const auto carried = [&](const Transform& transform, const Context& part) {
      const LabelMap moved = resample(*known.moving_labels, transform, grid, part.silent());
      return evaluation::overlap(*known.fixed_labels, moved, {}, part);
    };
    result.overlap_before = carried({}, context.part(0, 0.5, "overlap before"));
    result.overlap_after = carried(estimate, context.part(0.5, 1, "overlap after"));
  }
  return result;
}

Table target_table(const Evaluation& evaluation) {
  if (!evaluation.error_after) return {};
  std::vector<double> x, y, z;
  for (const LpsPoint& p : evaluation.targets.positions) {
    x.push_back(p.x);
    y.push_back(p.y);
    z.push_back(p.z);
  }
  Table table;
  table.columns.push_back({"target", evaluation.targets.names});
  table.columns.push_back({"x", std::move(x)});
  table.columns.push_back({"y", std::move(y)});
  table.columns.push_back({"z", std::move(z)});
  table.columns.push_back({"error_before", evaluation.error_before->distances});
  table.columns.push_back({"error_after", evaluation.error_after->distances});
  return table;
}

}  // namespace sg::registration

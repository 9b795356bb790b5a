#include "registration/pictures.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/resample.h"
#include "image/view.h"

namespace sg::registration {
namespace {

report::Picture orthogonal(const Volume<float>& image, const image::ViewOptions& options,
                           const std::string& caption, const Context& context) {
  return {image::render_orthogonal(image, options, context.silent()), caption};
}

}  // namespace

void add_alignment_pictures(report::Report& report, const Volume<float>& fixed, const Volume<float>& moving,
                            const Transform& transform, const LabelMap* fixed_labels,
                            const Context& context) {
  const Volume<float> before =
      resample(moving, {}, fixed.grid(), Interpolation::linear, 0, context.part(0, 0.1));
  const Volume<float> after =
      resample(moving, transform, fixed.grid(), Interpolation::linear, 0, context.part(0.1, 0.2));
  image::ViewOptions options;
  options.height = 360;
  options.point = image::centre_of_mass(fixed, image::robust_window(fixed));
  report.section("The two images");
  const report::Picture still = orthogonal(fixed, options, "Fixed image", context);
  context.progress(0.35);
  report.picture(still);
  options.window = image::robust_window(moving);
  report.picture(orthogonal(before, options, "Moving image as it came, at the same place in space", context));
  options.window.reset();
  context.progress(0.5);

  report.section("Before and after");
  options.checker = &before;
  const report::Picture checker_before = orthogonal(fixed, options, "before", context);
  options.checker = &after;
  const report::Picture checker_after = orthogonal(fixed, options, "after", context);
  options.checker = nullptr;
  report.compare(checker_before, checker_after,
                 "Checkerboard of fixed and moving image. Aligned, edges run on from tile to tile.");
  context.progress(0.75);
  if (fixed_labels) {
    options.labels = fixed_labels;
    options.label_opacity = 0;
    options.window = image::robust_window(moving);
    const report::Picture outlines_before = orthogonal(before, options, "before", context);
    const report::Picture outlines_after = orthogonal(after, options, "after", context);
    report.compare(
        outlines_before, outlines_after,
        "Outlines of the fixed image's labels on the moving image. Aligned, they follow its structures.");
  }
  context.progress(1);
}

Table decomposition(const Affine& affine, const Grid& fixed) {
  Eigen::Matrix3d a;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) a(r, c) = affine.matrix[r][static_cast<std::size_t>(c)];
  }
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(a, Eigen::ComputeFullU | Eigen::ComputeFullV);
  Eigen::Matrix3d turn = svd.matrixU() * svd.matrixV().transpose();
  Eigen::Matrix3d stretch = svd.matrixV() * svd.singularValues().asDiagonal() * svd.matrixV().transpose();
  if (turn.determinant() <
      0) {  // a mirroring matrix: keep the rotation proper, the stretch then has negative scales
    turn = -turn;
    stretch = -stretch;
  }
  constexpr double degrees = 180 / std::numbers::pi;
  const Vec3 shift = affine.apply(fixed.centre()) - fixed.centre();
  Table table;
  table.columns.push_back({"", std::vector<std::string>{"rotation (°)", "scale", "shear (xy, xz, yz)",
                                                        "shift of the centre (mm)"}});
  table.columns.push_back({"x", std::vector<double>{std::atan2(turn(2, 1), turn(2, 2)) * degrees,
                                                    stretch(0, 0), stretch(0, 1), shift.x}});
  table.columns.push_back({"y", std::vector<double>{-std::asin(std::clamp(turn(2, 0), -1.0, 1.0)) * degrees,
                                                    stretch(1, 1), stretch(0, 2), shift.y}});
  table.columns.push_back({"z", std::vector<double>{std::atan2(turn(1, 0), turn(0, 0)) * degrees,
                                                    stretch(2, 2), stretch(1, 2), shift.z}});
  return table;
}

}  // namespace sg::registration

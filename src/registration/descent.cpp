#include "registration/descent.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace sg::registration {
namespace {

constexpr double step_tolerance = 0.005;  // voxels: a hundredth of what the error bars ask for
constexpr double gain_tolerance = 2e-6;   // of a loss of order one

using Basis = Eigen::Matrix<double, 12, Eigen::Dynamic>;

/// The columns are the directions in (A, t) that the model may move in at this pose.
Basis basis_of(AffineModel model, const Frame& frame, const Mat3& a) {
  const Vec3 axes[3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  std::vector<std::array<double, 12>> columns;
  const auto add_matrix = [&](const Mat3& m) {
    std::array<double, 12> column{};
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c)
        column[static_cast<std::size_t>(4 * r + c)] = m[r][static_cast<std::size_t>(c)];
    }
    columns.push_back(column);
  };
  const auto unit = [&](int r, int c) {
    std::array<double, 12> column{};
    column[static_cast<std::size_t>(4 * r + c)] = 1;
    columns.push_back(column);
  };
  const int dimensions = frame.planar ? 2 : 3;
  if (model == AffineModel::affine) {
    for (int r = 0; r < dimensions; ++r) {
      for (int c = 0; c < dimensions; ++c) unit(r, c);
    }
  } else {
    for (int axis = frame.planar ? 2 : 0; axis < 3; ++axis) {
      const Vec3 w = axes[axis];
      add_matrix(Mat3{{{{0, -w.z, w.y}, {w.z, 0, -w.x}, {-w.y, w.x, 0}}}} * a);
    }
    if (model == AffineModel::similarity) {
      Mat3 scaled = a;
      if (frame.planar) scaled[2] = {0, 0, 0};
      add_matrix(scaled);
    }
  }
  for (int r = 0; r < dimensions; ++r) unit(r, 3);
  Basis basis(12, static_cast<Eigen::Index>(columns.size()));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    basis.col(static_cast<Eigen::Index>(c)) =
        Eigen::Map<const Eigen::Matrix<double, 12, 1>>(columns[c].data());
  }
  return basis;
}

/// The pose moved by `step` in the basis' coordinates; rigid and similarity steps stay on their groups.
Pose moved(const Pose& pose, const Eigen::VectorXd& step, const Basis& basis, AffineModel model,
           const Frame& frame) {
  const Eigen::Matrix<double, 12, 1> delta = basis * step;
  Pose result = pose;
  result.shift = pose.shift + Vec3{delta[3], delta[7], delta[11]};
  if (model == AffineModel::affine) {
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c)
        result.matrix[r][static_cast<std::size_t>(c)] += delta[4 * r + c] / frame.reach;
    }
    return result;
  }
  const int turns = frame.planar ? 1 : 3;
  const Vec3 w = frame.planar ? Vec3{0, 0, step[0]} : Vec3{step[0], step[1], step[2]};
  const double angle = norm(w) / frame.reach;
  const double scale = model == AffineModel::similarity ? std::exp(step[turns] / frame.reach) : 1;
  Eigen::Matrix3d turn = Eigen::Matrix3d::Identity();
  if (angle > 0) {
    turn = Eigen::AngleAxisd(angle, Eigen::Vector3d(w.x, w.y, w.z).normalized()).toRotationMatrix();
  }
  Mat3 by;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) {
      by[r][static_cast<std::size_t>(c)] = turn(r, c) * (frame.planar && r == 2 ? 1 : scale);
    }
  }
  result.matrix = by * pose.matrix;
  return result;
}

/// A pose that mirrors, collapses or leaves the other image is no candidate, whatever its loss says.
bool plausible(const Pose& pose, double overlap, double overlap_before) {
  const double volume = determinant(pose.matrix);
  return volume > 0.1 && volume < 10 && overlap > 0.5 * overlap_before;
}

/// Powell's damped BFGS update: keeps B positive definite where the curvature along `step` is not.
void update(Eigen::MatrixXd& b, const Eigen::VectorXd& step, Eigen::VectorXd change) {
  const Eigen::VectorXd bs = b * step;
  const double along = step.dot(bs), seen = step.dot(change);
  if (!(along > 0)) return;
  if (seen < 0.2 * along) change = change + (0.8 * along / (along - seen)) * (bs - change);
  b += change * change.transpose() / step.dot(change) - bs * bs.transpose() / along;
}

/// Where the descent stands, with the slope in the model's own directions.
struct Station {
  Pose pose;
  Expansion expansion;
  Basis basis;
  Eigen::VectorXd slope;
};

Station arrive(Level& level, const Frame& frame, const Pose& pose, AffineModel model,
               const Context& context) {
  Station s{pose, level.evaluate(frame.affine(pose), true, context), basis_of(model, frame, pose.matrix), {}};
  s.slope = s.basis.transpose() * Eigen::Map<const Eigen::Matrix<double, 12, 1>>(s.expansion.gradient.data());
  return s;
}

Eigen::MatrixXd curvature_at(const Station& s) {
  Eigen::MatrixXd b = s.basis.transpose() *
                      Eigen::Map<const Eigen::Matrix<double, 12, 12>>(s.expansion.hessian[0].data()) *
                      s.basis;
  // A direction that moves nothing visible still needs some curvature to be solved for.
  b.diagonal().array() += 1e-3 * b.trace() / static_cast<double>(b.rows()) + 1e-12;
  return b;
}

}  // namespace

Descent descend(Level& level, const Frame& frame, const Pose& start, AffineModel model, int iterations,
                const Context& context) {
  const Grid& grid = level.grid();
  const double spacing =
      std::min({grid.spacing.x, grid.spacing.y, grid.is_2d() ? grid.spacing.x : grid.spacing.z});
  Station here = arrive(level, frame, start, model, context.silent());
  const double overlap = here.expansion.overlap;
  Eigen::MatrixXd curvature = curvature_at(here);
  std::vector<double> losses{here.expansion.loss};
  int small_gains = 0;
  for (int iteration = 0; iteration < iterations && small_gains < 2; ++iteration) {
    context.progress(static_cast<double>(iteration) / iterations);
    Eigen::VectorXd step = -curvature.ldlt().solve(here.slope);
    const double length = step.norm();
    if (!std::isfinite(length) || length < step_tolerance * spacing) break;
    // Beyond two voxels the expansion is not to be trusted.
    if (length > 2 * spacing) step *= 2 * spacing / length;
    bool moved_on = false;
    for (int halving = 0; halving < 6 && !moved_on && step.norm() > step_tolerance * spacing; ++halving) {
      Station there =
          arrive(level, frame, moved(here.pose, step, here.basis, model, frame), model, context.silent());
      const double gain = here.expansion.loss - there.expansion.loss;
      moved_on =
          gain > -1e-4 * here.slope.dot(step) && plausible(there.pose, there.expansion.overlap, overlap);
      update(curvature, step, there.slope - here.slope);
      if (moved_on) {
        small_gains = gain < gain_tolerance ? small_gains + 1 : 0;
        here = std::move(there);
        losses.push_back(here.expansion.loss);
      } else {
        step *= 0.4;
      }
    }
    if (!moved_on) break;
  }
  context.progress(1);
  return {here.pose, here.expansion.loss, here.expansion.overlap, std::move(losses)};
}

}  // namespace sg::registration

#pragma once
#include "registration/affine.h"
#include "registration/level.h"

namespace sg::registration {

/// φ(x) = matrix·(x−c)+c+shift about a centre fixed for the whole run.
struct Pose {
  Mat3 matrix;
  Vec3 shift;
};

/// The frame poses are counted in: rotations and shears turn about `centre`; a unit of every parameter moves
/// a point at `reach` mm from it by one millimetre, which makes the parameters comparable.
struct Frame {
  LpsPoint centre;
  double reach = 1;
  bool planar = false;  // 2-D: in the LPS xy plane only
  Affine affine(const Pose& pose) const { return Affine::about(centre, pose.matrix, pose.shift); }
  Pose pose(const Affine& affine) const { return {affine.matrix, affine.apply(centre) - centre}; }
};

struct Descent {
  Pose pose;
  double loss = 0, overlap = 0;
  std::vector<double> losses;  // start, then each accepted step
};

/// Minimises the level's loss over the model: quasi-Newton steps (BFGS, Powell's damping) whose first
/// curvature is the Gauss–Newton Hessian, backtracking until the loss falls. Ends when a step moves no point
/// at `reach` by more than .5 % of a voxel, two steps running gain less than 2e-6, or after `iterations`
/// steps. Never returns a pose worse than `start`. Rigid and similarity steps turn about the frame's centre
/// and stay on their groups.
Descent descend(Level& level, const Frame& frame, const Pose& start, AffineModel model, int iterations,
                const Context& context);

}  // namespace sg::registration

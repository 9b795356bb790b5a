#pragma once
#include "registration/descent.h"

namespace sg::registration {

struct PoseSearch {
  std::vector<Pose> best;  // most promising first, no two within 10° and 10 % of each other about one centre
  double mean = 0, deviation = 0;  // of the score over all poses tried
};

/// Mutual information (16×16 bins, moving trilinear, 0 outside its grid) of the pair at a pose; larger is
/// better.
double pose_score(const Volume<float>& fixed, const Volume<float>& moving, const Affine& pose);

/// Scores rotations −45…45° in 15° steps about each axis × scale {.85, 1, 1.15} (1 for rigid) × shifts
/// between the centres of mass, the image centres, and `initial` as it stands. `count` best poses. Cost:
/// about 2,000 scores.
PoseSearch search_poses(const Volume<float>& fixed, const Volume<float>& moving, const Frame& frame,
                        const AffineOptions& options, std::size_t count, const Context& context);

/// Σ v·x / Σ v over max(intensity − mean, 0): the centre of what is brighter than average.
LpsPoint centre_of_mass(const Volume<float>& image);

}  // namespace sg::registration

#pragma once
#include "train/example.h"
#include "train/tasks/head_maps.h"

namespace sg::train {

/// How scans are simulated from label maps, after Billot et al. 2023 (SynthSeg,
/// doi:10.1016/j.media.2023.102789). Defaults are what the brain network is trained with.
struct BrainSimulation {
  Size3 size{80, 96, 80};
  double spacing = 2;    // mm
  double rotation = 20;  // degrees, about each axis, either way
  double scaling = 0.15, shear = 0.015;
  double translation = 15;  // mm
  double elastic = 4;       // mm, largest standard deviation of the smooth displacement
  double known_contrast =
      0.45;               // probability of a contrast ordered as in T1, T2 or FLAIR; others are arbitrary
  double stripped = 0.3;  // … that all but the brain is removed
  double other_outside = 0.3;  // … that what surrounds the brain is merged or cut into random regions
  double cut = 0.2;            // … that a slab of the field of view is missing
  double thick_slices = 0.35;  // … that slices along an axis are 1.5 to 4 voxels thick
};

/// A scan of one head as it might look: the map moved by a random affine and elastic deformation and mirrored
/// in half of the cases, every structure in a random grey, blur or thick slices, bias field, gamma, noise.
/// Input [1,D,H,W] in 0…1 (clipped at the 0.5th and 99.5th percentile), target [D,H,W] of tissues 0…8. The
/// same for the same generator; about 0.25 s on one core for 80×96×80.
Example simulate_head(const HeadMaps& maps, const HeadMap& map, const BrainSimulation& options, Rng rng);

/// What inputs of the network look like, simulated or real: clipped at the 0.5th and 99.5th percentile,
/// scaled to 0…1; all 0 where these are the same.
void rescale_intensities(std::span<float> values);

}  // namespace sg::train

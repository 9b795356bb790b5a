#pragma once
#include <cstdint>
#include <vector>

#include "core/context.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// Averaging over the frames of a series where nothing moves.
struct TemporalMean {
  double weight = 0;       // of the next frame, 0…1, its square of the one after; 0: each frame by itself
  bool intensity = false;  // speckle multiplies (intensities, amplitudes); else it adds (displayed pictures)
};

/// Frame `t` of a series: f̃ = Σ w_k·f_{t+k} / Σ w_k over k = −2…2, w_k = weight^|k|·exp(−d²/8), where d is
/// how far the local means (Gaussian, 2 px) of the two frames differ, in standard deviations of such a
/// difference when only speckle has changed. Those follow from the spread within the local window, but no
/// more than the frame's median of it (relative to the mean for intensities), so that moving edges do not
/// excuse themselves. Speckle that changes from frame to frame is averaged; what moves, appears or goes stays
/// as sharp as in its own frame. Frames on the other side of one of `cuts` (each begins a new scene,
/// ascending) do not enter. Throws invalid_input for a weight outside 0…1. O(pixels).
Volume<float> temporal_mean(const Volume<float>& series, std::int64_t t, const TemporalMean& options,
                            const std::vector<std::size_t>& cuts, const Context& context = {});

/// Where scenes begin, by scene_cuts of compression.h, slices of a volume taken together.
std::vector<std::size_t> cuts_of(const Volume<float>& series);

}  // namespace sg::ultrasound

#pragma once
#include <array>

#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// What the speckle of an intensity image is like.
struct SpeckleEstimate {
  double looks = 1;  // L; between 0.3 and 1000
  std::array<double, 2>
      correlation{};                // with the next pixel along x and y, in the most even tenth of the image
  std::array<int, 2> stride{1, 1};  // pixels from which on speckle is as good as independent
  double evaluated = 0;             // share of the image that was fit to be looked at
  bool reliable = true;             // false: too little of it; then looks is what the median window says
};

/// Estimates L of multiplicative Gamma speckle, blindly. With z = ln f, the second differences N∗z, N = [1 −2
/// 1]ᵀ[1 −2 1], do not see slow changes and straight edges, and have the variance 36·ψ₁(L) in speckle alone;
/// the tenth percentile of their mean square over windows of 15×15 pixels, corrected for what chance makes of
/// it (1/0.78, by simulation), is taken as that of even regions. Where neighbours are correlated (above 0.3)
/// the same is done with pixels `stride` apart. Zeros, saturated pixels (more than 0.5 % at the largest
/// value), dark ones (below a tenth of the bright) and what `mask` leaves out are not looked at. Slices of a
/// volume count together. Means over natural pictures with simulated
/// speckle: 1.03·L at one look, 0.98·L at ten. Throws invalid_input for values that are negative or not
/// finite.
SpeckleEstimate estimate_speckle(const Volume<float>& intensity, const Mask* mask = nullptr,
                                 const Context& context = {});

}  // namespace sg::ultrasound

#pragma once
#include "ultrasound/iterate.h"

namespace sg::ultrasound {

struct DpadOptions : IterationOptions {
  double looks = 1;   // for the stop alone: the noise in the coefficient is estimated
  double step = 0.2;  // τ, more than 0, at most 0.25
  int radius = 2;     // window of (2·radius + 1)², 1…100
};

/// Detail preserving anisotropic diffusion (Aja-Fernández & Alberola-López 2006,
/// doi:10.1109/TIP.2006.877360): the fluxes of `srad` with c = min(1, (1 + 1/q²)/(1 + 1/q₀²)), q² the local
/// unbiased variance over the squared local mean in a window cut at the borders, q₀² the median of q² over
/// the slice, renewed at each iteration. Without the bound of 1, with which the explicit step is stable, it
/// is weaker. Intensities; 3-D slice by slice, all slices with one stop; a constant image is returned as it
/// is.
///
/// Throws invalid_input for what require_intensity, require_looks and require_iterations refuse and for a
/// step or radius outside its range. O(voxels) an iteration.
Diffused dpad(const Volume<float>& image, const DpadOptions& options, const IterateObserver& observer = {},
              const Context& context = {});

}  // namespace sg::ultrasound

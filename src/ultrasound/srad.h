#pragma once
#include "ultrasound/iterate.h"

namespace sg::ultrasound {

struct SradOptions : IterationOptions {
  double looks = 1;
  double step = 0.1;  // τ, more than 0, at most 0.25
};

/// Speckle reducing anisotropic diffusion (Yu & Acton 2002, doi:10.1109/TIP.2002.804276), explicit:
/// u ← u + τ·[c(S)·d_S + c·d_N + c(E)·d_E + c·d_W], d_N, d_S, d_W, d_E the differences to the four neighbours
/// (0 across the border), c taken at the pixel and at its south and east neighbours,
/// c = clamp(1/(1 + (q² − q₀²)/(q₀²(1 + q₀²))), 0, 1),
/// q² = max(0, ½G² − Λ²/16)/(1 + Λ/4)², G² = Σd²/u², Λ = Σd/u, q₀ = exp(−t/6)/√L, t = τ·iteration.
/// Intensities; 3-D slice by slice, all slices with one stop. So that u can divide, it starts from at least
/// 1/128 of the image's mean (1 for a picture of mean 128) and never falls below a thousandth of that; a
/// constant image is returned as it is.
///
/// Throws invalid_input for what require_intensity, require_looks and require_iterations refuse and for a
/// step outside its range. Cost: about 40 operations and 3 divisions a voxel and iteration.
Diffused srad(const Volume<float>& image, const SradOptions& options, const IterateObserver& observer = {},
              const Context& context = {});

}  // namespace sg::ultrasound

#pragma once
#include "core/context.h"
#include "core/volume.h"

/// Filters by local statistics in a window of 2·radius + 1 pixels squared, cut at the borders, slice by
/// slice. Intensities; C_n² = 1/L is the squared coefficient of variation of the noise, C_f² that of the
/// window (population variance/mean²). A window of mean 0 gives 0. All throw invalid_input for what
/// require_intensity and require_looks refuse and for a radius not in 1…100.
namespace sg::ultrasound {

/// û = μ + k·(f − μ), k = clamp(1 − C_n²/C_f², 0, 1) (Lee 1980, doi:10.1109/TPAMI.1980.4766994). O(voxels).
Volume<float> lee(const Volume<float>& image, double looks, int radius = 3, const Context& context = {});

/// The same with k = clamp((1 − C_n²/C_f²)/(1 + C_n²), 0, 1), which is the linear estimate of least mean
/// square error for multiplicative noise (Kuan, Sawchuk, Strand & Chavel 1985,
/// doi:10.1109/TPAMI.1985.4767641). O(voxels).
Volume<float> kuan(const Volume<float>& image, double looks, int radius = 3, const Context& context = {});

/// û = Σ w_d·f_d/Σ w_d, w_d = exp(−A·C_f²·|d|), |d| the distance in pixels (Frost, Stiles, Shanmugan &
/// Holtzman 1982, doi:10.1109/TPAMI.1982.4767223). A is the damping, larger keeps more; 0 stands for 0.4·L,
/// as C_f² is 1/L where there is noise alone. Throws invalid_input also for a damping that is not finite and
/// ≥ 0. O(voxels·window).
Volume<float> frost(const Volume<float>& image, double looks, double damping = 0, int radius = 3,
                    const Context& context = {});

}  // namespace sg::ultrasound

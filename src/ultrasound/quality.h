#pragma once
#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

/// How near a despeckled picture comes to the clean one. Both on the same grid, one channel, grey values on
/// a 0…255 scale; values of `found` are clipped to 0…255, not rounded. 3-D images are taken slice by slice.
/// All throw invalid_input for shapes that differ, more than one channel, no voxels, or a value that is not
/// finite.
namespace sg::ultrasound {

/// 10·log₁₀(255²/mean((found − clean)²)), dB; +inf for equal pictures.
double psnr(const Volume<float>& found, const Volume<float>& clean);
/// mean |found − clean|, grey values.
double mean_absolute_error(const Volume<float>& found, const Volume<float>& clean);

/// Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004, doi:10.1109/TIP.2003.819861), one value a
/// pixel: (2μ_aμ_b + C₁)(2σ_ab + C₂)/((μ_a² + μ_b² + C₁)(σ_a² + σ_b² + C₂)), C₁ = (0.01·255)²,
/// C₂ = (0.03·255)². Gaussian window σ = 1.5 cut at radius 5, half-sample mirrored at the border, population
/// variances E[x²] − μ². About 110 multiply-adds a pixel in float64.
Volume<float> ssim_map(const Volume<float>& found, const Volume<float>& clean, const Context& context = {});
struct Ssim {
  double mean = 0;      // over all pixels
  double low_grey = 0;  // over pixels whose clean value is below 64; NaN if there is none
};
Ssim ssim(const Volume<float>& found, const Volume<float>& clean, const Context& context = {});

/// Edge preservation: Pearson correlation of the Laplacians (0 1 0; 1 −4 1; 0 1 0) of both, the outer ring of
/// pixels left out (after Sattar et al. 1997, IEEE Trans. Image Processing 6(6), with this kernel). NaN where
/// a Laplacian is constant.
double edge_preservation(const Volume<float>& found, const Volume<float>& clean);
/// The same over pixels at most 2 px from an edge of the clean picture (see `edges`). NaN without edges.
double edge_preservation_near_edges(const Volume<float>& found, const Volume<float>& clean,
                                    const Context& context = {});

/// Pratt's figure of merit 1/max(N_i, N_d)·Σ_{k ≤ N_d} 1/(1 + d_k²/9), d_k px from edge pixel k of `found` to
/// the nearest of the N_i of `clean` (Pratt 1978, Digital Image Processing). In 0…1; 1 if neither has edges.
/// Edges: `edges` with the clean picture's own thresholds for both.
double figure_of_merit(const Volume<float>& found, const Volume<float>& clean, const Context& context = {});

}  // namespace sg::ultrasound

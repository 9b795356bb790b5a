#pragma once
#include <array>
#include <span>
#include <vector>

#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

/// What can be said of a despeckled picture without the clean one, by the values in regions of it. Regions of
/// no values, values that are not finite and masks of another size throw invalid_input; what is undefined
/// (0/0) is NaN.
namespace sg::ultrasound {

/// Pixels [x, x + width) × [y, y + height) of slice z.
struct Box {
  std::int64_t x = 0, y = 0, width = 0, height = 0, z = 0;
};
/// 1 inside the box. Throws invalid_input unless it is not empty and lies in the grid.
Mask mask_of(const Grid& grid, const Box& box);
/// The values where the mask is not 0, x fastest. One channel.
std::vector<float> values_in(const Volume<float>& image, const Mask& mask);
std::vector<float> values_in(const Volume<float>& image, const Box& box);

/// Equivalent number of looks μ²/σ² (population variance); +inf where σ = 0 < μ. Says something about the
/// noise alone in a homogeneous region, and rises with any blur.
double equivalent_looks(std::span<const float> values);
/// |μ_a − μ_b|/√(σ_a² + σ_b²).
double contrast_to_noise(std::span<const float> a, std::span<const float> b);
/// Generalized contrast-to-noise ratio 1 − Σ_k min(p_a(k), p_b(k)) over 256 equal bins of the joint range:
/// 0 = the same law, 1 = no overlap (Rodriguez-Molares et al. 2020, doi:10.1109/TUFFC.2019.2956855). 0 where
/// all values are one.
double generalized_contrast_to_noise(std::span<const float> a, std::span<const float> b);

/// Speckle suppression index (σ_û/μ_û)/(σ_f/μ_f): below 1 is smoother (Sheng & Xia 1996, IGARSS).
double speckle_suppression(std::span<const float> noisy, std::span<const float> found);
/// Speckle suppression and mean preservation index (1 + |μ_f − μ_û|)·σ_û/σ_f: lower is better (after
/// Shamsoddini & Trinder 2010; it depends on the grey scale).
double suppression_and_mean(std::span<const float> noisy, std::span<const float> found);

/// Of the ratio picture r = f/max(û, floor) in a region: for speckle alone mean 1, variance 1/L, no
/// correlation between neighbours (beyond the noise's own).
struct RatioStatistics {
  double mean = 0, variance = 0;                // population variance
  double correlation_x = 0, correlation_y = 0;  // Pearson, of neighbours that are both in the region
};
RatioStatistics ratio_statistics(const Volume<float>& noisy, const Volume<float>& found, const Mask& region,
                                 double floor = 1);

/// Share of a border's gradient that is left: mean |∇û| over the mean |∇(G_1 * f)| along `border`, central
/// differences per pixel (one-sided at the image's border), G_1 a Gaussian of σ = 1 pixel.
double edge_gradient_kept(const Volume<float>& noisy, const Volume<float>& found, const Mask& border,
                          const Context& context = {});

}  // namespace sg::ultrasound

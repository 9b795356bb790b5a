#pragma once
#include <array>

#include "core/context.h"
#include "core/volume.h"

namespace sg {

/// Mean over the box of 2·radius+1 voxels along x, y, z (per channel), windows cut at the borders and divided
/// by what is left of them: out(x) = Σ_{y∈box(x)∩grid} in(y) / |box(x)∩grid|. Running sums, O(1) a voxel
/// whatever the radius. Axes of size 1 are skipped. Sums are float64. A NaN reaches the rest of the lines its
/// window meets (running sums keep it): replace NaN first. Throws invalid_input for a negative radius or no
/// voxels.
Volume<float> box_mean(const Volume<float>& image, std::array<int, 3> radius, const Context& context = {});
/// The adjoint of box_mean: ⟨box_mean(a), b⟩ = ⟨a, box_mean_adjoint(b)⟩ (divide by the window counts, then
/// sum).
Volume<float> box_mean_adjoint(const Volume<float>& image, std::array<int, 3> radius,
                               const Context& context = {});
/// As above, into a volume that already has image's shape (no allocation); `out` may be `image`.
void box_mean_into(const Volume<float>& image, std::array<int, 3> radius, Volume<float>& out,
                   const Context& context = {});
void box_mean_adjoint_into(const Volume<float>& image, std::array<int, 3> radius, Volume<float>& out,
                           const Context& context = {});

/// Convolution with a normalised Gaussian of standard deviation `sigma` mm along each axis (0 = leave that
/// axis), FIR truncated at 3σ (at least one voxel), border values repeated, separable. Axes of size 1 are
/// skipped. A NaN spreads as far as the kernel. Throws invalid_input for sigma not in 0…(ten times the image)
/// or no voxels. Cost: 6σ multiply-adds a voxel and axis, σ in voxels.
Volume<float> gaussian(const Volume<float>& image, Vec3 sigma_mm, const Context& context = {});

/// ∂/∂x, ∂/∂y, ∂/∂z in index directions, per mm: central differences, one-sided at the borders. Result
/// `[3,Z,Y,X]` along the index axes (not rotated by direction), 0 along axes of size 1. Throws invalid_input
/// unless one channel.
Volume<float> gradient(const Volume<float>& image, const Context& context = {});

/// Half or any lower resolution without aliasing: Gaussian of σ = ½·√(s² − 1) voxels (s = shrink factor per
/// axis), then linear sampling on with_spacing(grid, spacing). Axes that would not shrink are left
/// unsmoothed. Throws invalid_input for a spacing that is not positive and finite.
Volume<float> downsample(const Volume<float>& image, Vec3 spacing_mm, const Context& context = {});

}  // namespace sg

#pragma once
#include "core/context.h"
#include "core/resample.h"
#include "core/volume.h"

namespace sg {

/// `image` on another grid, all channels; 0 outside of it. With `antialias`, axes along which voxels grow
/// s-fold are smoothed first by a Gaussian of ½·√(s² − 1) voxels (not for nearest). Result float32.
Volume<float> onto_grid(const Volume<float>& image, const Grid& grid, Interpolation interpolation,
                        bool antialias, const Context& context = {});

}  // namespace sg

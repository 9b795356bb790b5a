#pragma once
#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// Convolution of each slice with a Gaussian of `sigma` pixels cut at `radius`, weights of sum 1, half-sample
/// mirrored border, in float64. One channel. Throws invalid_input unless sigma > 0 and radius ≥ 0.
Volume<double> blurred(const Volume<double>& image, double sigma, int radius, const Context& context = {});

struct EdgeThresholds {
  double low = 0, high = 0;  // gradient magnitude, grey values a pixel
};
/// high = 90th percentile of the gradient magnitude of the picture, as `edges` takes it; low = 0.4·high.
EdgeThresholds edge_thresholds(const Volume<float>& image, const Context& context = {});

/// Edges of each slice (Canny 1986, doi:10.1109/TPAMI.1986.4767851). Gradient by Sobel's kernels over 8 of
/// the picture blurred with σ = 2 pixels (cut at radius 8); kept where its magnitude is largest along its
/// direction (neighbours interpolated linearly on the 3×3 ring), and is at least `high`, or at least `low`
/// and joined to such a pixel through 8 neighbours. The outer ring of pixels holds no edges, nor do pixels
/// without gradient. Along diagonals they come in pairs, as with every such comparison on eight neighbours.
/// Throws invalid_input for more than one channel, no voxels or values that are not finite.
Mask edges(const Volume<float>& image, const EdgeThresholds& thresholds, const Context& context = {});

}  // namespace sg::ultrasound

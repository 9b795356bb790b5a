#pragma once
#include <span>

#include "nn/graph.h"

namespace sg::nn {

/// Speckle removal in the logarithm of intensity: the denoiser's pyramid with residual blocks (He et al.
/// 2016, doi:10.1109/CVPR.2016.90): down by convolutions of 2, up by the nearest value, `blocks` blocks a
/// level and direction. 2-D, any size of 2^(levels−1) or more. Input "speckled" [N,3,H,W]: ln f, √f and ln L,
/// f the intensity over its mean and L the number of looks everywhere; output "log_clean" [N,1,H,W]: ln f and
/// what is added to it.
struct Despeckler {
  std::int64_t channels = 16;  // of the first level
  int levels = 4, blocks = 2;
};
Graph despeckler(const Despeckler& options);

/// The despeckler's input [3,H,W] of an intensity image [H,W] and its looks L, with f = max(intensity,
/// 10⁻³·mean)/mean, so that the unit of intensity does not matter. Returns the mean, by which exp(log_clean)
/// is to be multiplied; an image of zeros counts as one of mean 1. Values must be finite, `input` three times
/// as long as `intensity`.
float despeckler_input(std::span<const float> intensity, double looks, std::span<float> input);

}  // namespace sg::nn

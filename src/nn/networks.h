#pragma once
#include "nn/graph.h"

namespace sg::nn {

enum class Normalization { none, batch, instance };

/// U-Net (Ronneberger et al. 2015, arXiv:1505.04597; 3-D: Çiçek et al. 2016, arXiv:1606.06650): per level two
/// convolutions of 3 with norm and leaky ReLU, down by maximum of 2, up by the nearest value, levels joined
/// with their equals on the way down. Up-sampling takes the size of its partner, so any size of 2^(levels−1)
/// or more fits. Input "image" [N,inputs,…], output "logits" [N,outputs,…].
struct UNet {
  int axes = 3;  // 2 or 3
  std::int64_t inputs = 1, outputs = 1;
  std::vector<std::int64_t> channels = {16, 32, 64, 128};  // of each level
  Normalization norm = Normalization::batch;
};
Graph unet(const UNet& options);

/// Denoising by its residual (Zhang et al. 2017, arXiv:1608.03981): `layers` convolutions of 3 with ReLU
/// between them guess the noise, which is taken off. Dilated, their kernels reach 1, 2, 3, …, 2, 1 pixels
/// (Zhang et al. 2017, arXiv:1704.03264): seven see 33 pixels across instead of 15. 2-D, input "noisy"
/// [N,1,H,W] and output "clean" alike.
struct Denoiser {
  std::int64_t channels = 32;
  int layers = 6;
  bool dilated = false;
};
Graph denoiser(const Denoiser& options);

}  // namespace sg::nn

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

/// Denoising by its residual (Zhang et al. 2017, arXiv:1608.03981) at several resolutions (Zhang et al. 2021,
/// arXiv:2008.13751): convolutions of 3 with ReLU guess the noise, which is taken off. Each level has half
/// the resolution of the one above and twice its channels; halved by convolutions of 2, brought back by the
/// nearest value, joined by addition. Three levels see 68 pixels across for less than a plain network of
/// seven layers costs. 2-D, any size of 2^(levels−1) or more, input "noisy" [N,1,H,W], output "clean" alike.
struct Denoiser {
  std::int64_t channels = 16;  // of the first level
  int levels = 3;
};
Graph denoiser(const Denoiser& options);

}  // namespace sg::nn

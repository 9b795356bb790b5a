#pragma once
#include "core/context.h"
#include "core/regions.h"
#include "ultrasound/diffusion.h"

namespace sg::ultrasound {

struct GreyDiffusion {
  double time = 0;     // px²; 0: by the grain
  double grain = 36;   // pixels of the picture an independent sample of its speckle takes
  double edge = 0.02;  // as DiffusionLaw::k_share
  Scheme scheme = Scheme::fed;
};
struct GreyDiffused {
  Volume<float> grey;
  double time = 0;
};

/// The diffusion of diffusion.h on the grey values of a B-mode picture: there the logarithm has made speckle
/// alike in dark and bright tissue, so what counts as an edge does not depend on the grey level (κ = 0) and
/// is kept everywhere (p = 1). Speckle of grains of A pixels is gone after about 0.45·A px² (at least 2, at
/// most 60): chosen on real frames, see docs/results/despeckle_bmode.json, as is 1.5·edge for k_share. Throws
/// what Diffusion throws.
GreyDiffused diffuse_grey(const Volume<float>& grey, const GreyDiffusion& options,
                          const Context& context = {});

/// The mean intensity that a picture filtered in grey stands for. A mean of logarithms is below the logarithm
/// of the mean, by as much as was averaged: with r = 2·(grey − found)/D, what was taken away of the logarithm
/// of intensity, and s² its variance in the tissue about (21×21 px), Gamma speckle with ψ₁(L) = s² is
/// exp(ψ(L) − ln L) too dark. Intensity as `decompress` gives it, over that factor.
Volume<float> mean_intensity(const Volume<float>& grey, const Volume<float>& found, const Mask& tissue,
                             double compression, const Context& context = {});

}  // namespace sg::ultrasound

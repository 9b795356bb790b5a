#pragma once
#include <array>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"
#include "ultrasound/diffusion.h"
#include "ultrasound/estimate.h"

namespace sg::ultrasound {

struct DiffusionFilter {
  double looks = 0;  // 0: estimated
  double time = 0;   // of the diffusion, square pixels; 0: until what is taken away looks like speckle
  DiffusionLaw law;  // its lengths count in strides of the speckle
  Scheme scheme = Scheme::fed;
};

/// How far it had come after each step: what two tests of the ratio f/u say.
struct DiffusionMoment {
  double time;
  double energy;     // L·Σ(f − u)²/Σu²: 1 where exactly speckle is gone
  double whiteness;  // correlation of f/u with the next pixel: 0 where nothing but speckle is in it
};

struct DiffusionOutcome {
  Volume<float> image;
  SpeckleEstimate estimate;
  double looks = 0, time = 0;
  bool reached = true;  // false: the longest time was over before the tests said stop
  std::vector<DiffusionMoment> course;
};

/// The process that filter_by_diffusion lets run on an image with speckle of `looks` looks whose grains are
/// `stride` pixels apart (SpeckleEstimate): the law's lengths times the stride, and growing steps, about
/// a dozen to the usual end.
Diffusion diffusion_for(const Volume<float>& intensity, const DiffusionFilter& options, double looks,
                        std::array<int, 2> stride);

/// Despeckling by diffusion.h of an intensity image with multiplicative Gamma speckle, stopped when what was
/// taken away has the energy and the whiteness of speckle: at 0.9·t_E^0.45·t_W^0.55, the times at which
///   L·Σ(f − u)²/Σu² ≥ 0.97 − 0.0205·L   and   correlation ≥ 0.0078 − 0.0005·L   (L at most 16),
/// limits found by simulation on natural pictures (Morozov's principle weighted by intensity, and the
/// whiteness of the residual, which is waited for till 60·t_E at most); by the first alone where neighbours
/// are correlated. `mask`: what is looked at for both and for L; all of the image is smoothed. A constant
/// image comes back as it is. Throws invalid_input for negative or not finite values.
DiffusionOutcome filter_by_diffusion(const Volume<float>& intensity, const DiffusionFilter& options,
                                     const Mask* mask = nullptr, const Context& context = {});

}  // namespace sg::ultrasound

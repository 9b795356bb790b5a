#pragma once
#include "core/context.h"
#include "core/volume.h"

/// The engine of the non-local means: all displacements of the search window one after the other, each over
/// whole rows, so that the compiler makes vector code of plain loops.
namespace sg::ultrasound::detail {

struct BlockMeans {
  int patch_radius = 3, search_radius = 6;
  int step = 2;          // pixels between block centres, 1…patch_radius
  float offset = 0;      // w_ij = exp(−max(0, d_ij − offset)·slope)
  float slope = 1;       // > 0
  float mean_ratio = 0;  // blocks with min(m_i, m_j) < mean_ratio·max(m_i, m_j) weigh 0; m: mean of guide
};

/// d_ij = mean over the block of (guide_i − guide_j)²·scale_j (no scale: 1); averaged are blocks of `values`.
struct BlockImages {
  const Volume<float>& values;
  const Volume<float>& guide;
  const Volume<float>* scale = nullptr;
};

/// Σ_j w_ij·B_j/Σ_j w_ij for every block, and for every pixel the mean over the blocks it lies in; slice by
/// slice. The border is mirrored; a block takes the largest weight of the others for itself (1e-6 at least).
Volume<float> block_means(const BlockImages& images, const BlockMeans& options, const Context& context);

/// e^x for x ≤ 0, to 3e-7 relative down to −87, below that e^−87: plain arithmetic that loops vectorise.
float fast_exp(float x);

}  // namespace sg::ultrasound::detail

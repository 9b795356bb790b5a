#pragma once
#include <memory>

#include "core/context.h"
#include "core/volume.h"

namespace sg::registration {

/// What is compared on the fixed grid: lncc = squared local normalised cross-correlation, mutual_information
/// = Mattes' Parzen-window mutual information. Both are blind to which image is the brighter one.
enum class Metric { lncc, mutual_information };

/// A loss between the fixed image F and the warped moving image W on F's grid, under a weight m ≥ 0 (0 where
/// W is not known). One object serves one F and one level; `evaluate` is called once a pose. Not thread-safe.
class Similarity {
 public:
  virtual ~Similarity() = default;
  /// The loss (smaller is better). With `derivatives`, `slope()` and `curvature()` then hold, voxel by voxel,
  /// the exact ∂loss/∂W and a non-negative Gauss–Newton estimate of ∂²loss/∂W². Cost: O(voxels), parallel.
  virtual double evaluate(const Volume<float>& warped, const Volume<float>& weight, bool derivatives,
                          const Context& context) = 0;
  const Volume<float>& slope() const { return slope_; }
  const Volume<float>& curvature() const { return curvature_; }

 protected:
  explicit Similarity(const Grid& grid) : slope_(grid), curvature_(grid) {}
  Volume<float> slope_, curvature_;
};

/// LNCC with boxes of 2·radius+1 voxels. With weighted box means a=⟨F⟩, b=⟨W⟩, s=⟨FW⟩−ab, p=⟨F²⟩−a²+ε,
/// q=⟨W²⟩−b²+ε (⟨·⟩ = box(m·)/box(m), ε = 1e-4 for intensities in 0…1):
///   loss = −Σ m·s²/(p·q) / Σ m
/// Exact gradient through the weighted boxes; curvature 2·boxᵀ(m s²/(p q²)). In −1…0.
std::unique_ptr<Similarity> make_lncc(const Volume<float>& fixed, int radius);

/// Mutual information −Σ P(f,w) ln(P(f,w)/(P(f)·P(w))) of intensities in 0…1: F into `bins` equal bins
/// (zero-order window), W by a cubic B-spline Parzen window (Mattes 2003, doi:10.1109/TMI.2003.809072). Exact
/// gradient; curvature 1/(Σm · E[Var(W|F)]), which is the Gaussian value. In −ln(bins)…0.
std::unique_ptr<Similarity> make_mutual_information(const Volume<float>& fixed, int bins);

}  // namespace sg::registration

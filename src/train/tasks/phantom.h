#pragma once
#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace sg::train {

/// A made-up picture of smooth shapes, height × width, x fastest, 0…1: overlapping ellipses, folded bands
/// (level sets of smooth random functions, which look like cortex), fine texture in some of them, shading,
/// sharp or soft edges, black around it in half of the cases. Nothing in it is taken from any image.
std::vector<float> random_phantom(std::int64_t height, std::int64_t width, Rng& rng);

/// Adds noise of standard deviation `sigma` in place: Gaussian, x + σn, or Rician, √((x + σn₁)² + (σn₂)²), as
/// magnitudes of MR signals have it (Gudbjartsson & Patz 1995, doi:10.1002/mrm.1910340618).
void add_noise(std::vector<float>& image, double sigma, bool rician, Rng& rng);

}  // namespace sg::train

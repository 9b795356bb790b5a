#pragma once
#include <cstdint>
#include <vector>

#include "core/rng.h"

namespace sg::train {

/// A made-up picture, height × width, x fastest, 0…1: shapes of all sizes lie over each other ("dead leaves",
/// from which denoisers learn nearly as well as from photographs: Achddou, Gousseau & Ladjal, SSVM 2021),
/// flat or with texture, in greys often close to each other, among them folded bands that look like cortex;
/// then blur, shading, black around it in a third of the cases. Nothing in it is taken from any image.
std::vector<float> random_phantom(std::int64_t height, std::int64_t width, Rng& rng);

/// A scanner's blur: weights (weight, 1 − 2·weight, weight) along both axes, edges repeated.
void soften(std::vector<float>& picture, std::int64_t width, float weight);

/// Adds noise of standard deviation `sigma` in place: Gaussian, x + σn, or Rician, √((x + σn₁)² + (σn₂)²), as
/// magnitudes of MR signals have it (Gudbjartsson & Patz 1995, doi:10.1002/mrm.1910340618).
void add_noise(std::vector<float>& image, double sigma, bool rician, Rng& rng);

}  // namespace sg::train

#pragma once
#include <cstdint>

namespace sg::ultrasound::detail {

/// What a conductivity is worked out from, see diffusion.h; `level` is M.
struct ConductivityLaw {
  float inverse_k2 = 1;     // 1/K²
  float inverse_level = 1;  // 1/M
  float nu = 1;             // 0: α = 1
  float q = 1;
  float dark = 1, bright = 0.5F;  // p where u_σ = 0 and where u_σ = M
};

/// A row of the smoothed image and its neighbours across; at a border the row itself stands in for what is
/// missing. `before` and `after` along z, null in 2-D.
struct Rows {
  const float* here;
  const float *above, *below;
  const float *before = nullptr, *after = nullptr;
};

/// g(x) of a row of n pixels, in 0…1. `weight_y`, `weight_z`: squares of the spacing along x over that along
/// y, z.
void conductivity_row(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                      const ConductivityLaw& law, float* g);
void conductivity_row_reference(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                                const ConductivityLaw& law, float* g);

/// out = u + τ·div(g∇u) on a row: fluxes ½(g_a + g_b)(u_b − u_a) through each face, none through the border.
/// Each flux has the same value, sign apart, in both pixels it joins, so nothing is lost. Negative τ go back.
void explicit_row(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y, float weight_z,
                  float* out);
void explicit_row_reference(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y,
                            float weight_z, float* out);

}  // namespace sg::ultrasound::detail

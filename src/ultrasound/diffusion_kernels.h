#pragma once
#include <cstdint>

namespace sg::ultrasound::detail {

constexpr float least_share = 0.02F;  // of M, below which κ makes no more of a gradient

/// What a conductivity is worked out from, see diffusion.h; `level` is M.
struct ConductivityLaw {
  float inverse_k2 = 1;     // 1/k²
  float inverse_level = 1;  // 1/M
  float kappa = 0;
  float nu = 1;  // 0: α = 1
  float q = 1;
  float dark = 1, bright = 0.5F;  // p where u_σ = 0 and where u_σ = M
  float along = 1, across = 1;
};

/// A row of the smoothed image and its neighbours across; at a border the row itself stands in for what is
/// missing. `before` and `after` along z, null in 2-D.
struct Rows {
  const float* here;
  const float *above, *below;
  const float *before = nullptr, *after = nullptr;
};

/// (|∇u_σ|/(M·s^κ))² of a row of n pixels, before it is smoothed. `weight_y`, `weight_z`: squares of the
/// spacing along x over that along y, z.
void gradient_row(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                  const ConductivityLaw& law, float* r2);
void gradient_row_reference(const Rows& smoothed, std::int64_t n, float weight_y, float weight_z,
                            const ConductivityLaw& law, float* r2);

/// The other parts of the structure tensor of a row in 2-D, over the same: (∂x u)² − (∂y u)² and 2·∂x u·∂y u.
struct Orientation {
  float *difference, *product;
};
void orientation_row(const Rows& smoothed, std::int64_t n, float weight_y, const ConductivityLaw& law,
                     const Orientation& out);
void orientation_row_reference(const Rows& smoothed, std::int64_t n, float weight_y,
                               const ConductivityLaw& law, const Orientation& out);

/// r² of a row becomes g, in 0…1.
void conductivity_row(const float* smoothed, std::int64_t n, const ConductivityLaw& law, float* r2);
void conductivity_row_reference(const float* smoothed, std::int64_t n, const ConductivityLaw& law, float* r2);

/// As conductivity_row, but with a direction: with the smoothed structure tensor (`trace` is its r²),
/// coherence c = √((λ₁ − λ₂)/(λ₁ + λ₂)) and the unit vector n of its larger eigenvalue
///   D = g^(1 + (across − 1)·c)·nnᵀ + g^(1 + (along − 1)·c)·(I − nnᵀ),
/// D_xx takes the place of the trace, D_yy and D_xy of the tensor's other parts.
void tensor_row(const float* smoothed, const float* r2, std::int64_t n, const ConductivityLaw& law,
                float* trace, const Orientation& orientation);
void tensor_row_reference(const float* smoothed, const float* r2, std::int64_t n, const ConductivityLaw& law,
                          float* trace, const Orientation& orientation);

/// Half the resolution and back: (n + 1)/2 means of 2 × 2 pixels of two rows of n (a last odd one counts
/// twice), and n values by linear interpolation of two rows of (n + 1)/2, ¾ of `near` and ¼ of `far`.
void halved_row(const float* a, const float* b, std::int64_t n, float* out);
void halved_row_reference(const float* a, const float* b, std::int64_t n, float* out);
void doubled_row(const float* near, const float* far, std::int64_t n, float* out);
void doubled_row_reference(const float* near, const float* far, std::int64_t n, float* out);

/// out = u + τ·div(g∇u) on a row: fluxes ½(g_a + g_b)(u_b − u_a) through each face, none through the border.
/// Each flux has the same value, sign apart, in both pixels it joins, so nothing is lost. Negative τ go back.
void explicit_row(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y, float weight_z,
                  float* out);
void explicit_row_reference(const Rows& u, const Rows& g, std::int64_t n, float tau, float weight_y,
                            float weight_z, float* out);

/// out = u + τ·div(D∇u) on a row in 2-D: the part of D_xx and D_yy as explicit_row's, that of D_xy by central
/// differences (Weickert's standard scheme). Beyond the border D_xy has the other sign, which closes it;
/// `first` and `last` say that the row lies at it. Symmetric, and as stable as explicit_row where 0 ≤ D ≤ 1.
struct TensorRows {
  const float* xx;
  Rows yy, xy;
  bool first = false, last = false;
};
void tensor_explicit_row(const Rows& u, const TensorRows& tensor, std::int64_t n, float tau, float weight_y,
                         float* out);
void tensor_explicit_row_reference(const Rows& u, const TensorRows& tensor, std::int64_t n, float tau,
                                   float weight_y, float* out);

}  // namespace sg::ultrasound::detail

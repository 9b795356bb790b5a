#pragma once

namespace sg {

/// ψ(x) = d/dx ln Γ(x) for x > 0, to 1e-12 relative or absolute, whichever is larger: recurrence up to 10,
/// then the asymptotic series (Abramowitz & Stegun 6.3.5, 6.3.18). NaN for x ≤ 0 and NaN.
double digamma(double x);
/// ψ₁(x) = d/dx ψ(x) for x > 0, likewise (6.4.6, 6.4.12).
double trigamma(double x);

}  // namespace sg

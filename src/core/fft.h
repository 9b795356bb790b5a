#pragma once
#include <complex>
#include <cstdint>
#include <vector>

#include "core/volume.h"

namespace sg {

/// Discrete Fourier transforms (FFTW, estimate plans: deterministic). Unnormalised forward
/// F[k] = Σ_n f[n]·exp(−2πi·kn/N); inverse divides by N. Real transforms keep N/2+1 values of the last axis
/// given. Thread-safe. Throws invalid_input for nothing to transform, more than one channel, or a spectrum of
/// the wrong size.
std::vector<std::complex<float>> fft(const std::vector<float>& signal);
std::vector<float> inverse_fft(const std::vector<std::complex<float>>& spectrum, std::int64_t length);
/// One channel of a volume; the spectrum has (X/2+1)·Y·Z values, x fastest.
std::vector<std::complex<float>> fft(const Volume<float>& volume);
Volume<float> inverse_fft(const std::vector<std::complex<float>>& spectrum, const Grid& grid);

}  // namespace sg

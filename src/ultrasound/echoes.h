#pragma once
#include <optional>

#include "core/context.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// How received echoes are stored. automatic: as the file says (metadata "UltrasoundImageType" of Plus
/// sequences), else two channels are I and Q, else radio frequency.
enum class EchoForm { automatic, rf, iq_lines, iq_samples, iq_channels };
/// Which way the samples of a line run along x. automatic: as the file says (metadata
/// "UltrasoundImageOrientation", N or F first), else from the probe.
enum class EchoStart { automatic, probe, depth };

/// Lines of echoes along x, one below the other; frames are slices or in time.
struct EchoLayout {
  /// iq_lines: rows 2k and 2k+1 are I and Q of line k; iq_samples: columns 2k and 2k+1 of sample k.
  EchoForm form = EchoForm::automatic;
  EchoStart start = EchoStart::automatic;
};

/// Amplitude of the echoes, before any compression: √(I² + Q²), or |analytic signal| of radio frequency, its
/// imaginary part the Hilbert transform of the whole line by FFT (mean and Nyquist frequency have none).
/// Lines become columns with the probe on top, so that x counts lines and y depth; spacing goes with its
/// axis. Lines that the file says run away from the marked side ("U") are put in the order of the others.
/// Throws invalid_input for a number of channels or rows that the form cannot have, a
/// file that says it holds something else (brightness), values that are not finite. O(n log n).
Volume<float> envelope(const Image& echoes, const EchoLayout& layout = {}, const Context& context = {});

/// How amplitudes become grey levels 0…255, rounded and clipped.
struct GreyLaw {
  bool logarithm = true;            // 255·(1 + (20·log₁₀ amplitude − white)/dynamic_range)
  double dynamic_range = 60;        // dB from black to white
  std::optional<double> white;      // dB that show as 255; none: those of the 99.9th percentile
  double scale = 20, power = 0.25;  // without logarithm: scale·amplitude^power
};
/// Throws invalid_input for amplitudes that are negative or not finite, and laws out of range.
Volume<std::uint8_t> compress(const Volume<float>& amplitude, const GreyLaw& law,
                              const Context& context = {});
/// The first law of one intensity (amplitude²), neither rounded nor clipped below: what the simulator shows.
double log_compressed(double intensity, double dynamic_range, double white);

}  // namespace sg::ultrasound

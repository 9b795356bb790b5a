#pragma once
#include "core/context.h"
#include "core/regions.h"
#include "core/rng.h"
#include "core/volume.h"
#include "ultrasound/scan_lines.h"

namespace sg::ultrasound {

/// The scanner. Speed of sound 1540 m/s.
struct BMode {
  double frequency = 7.5;      // MHz, centre
  double cycles = 1.5;         // of the pulse: axial FWHM of the point spread = cycles·λ/2
  double f_number = 2;         // lateral FWHM at the focus = f_number·λ
  double focus = 20;           // mm below the probe
  double depth_of_field = 15;  // mm from the focus where the lateral width has grown by √2
  double attenuation = 0;      // dB/(cm·MHz), one way
  double compensation = 0;     // the same, made up for by time-gain compensation
  double noise = 0;            // intensity of the receiver's noise relative to the background's echo
  double dynamic_range = 60;   // dB of intensity from grey 0 to 255
  double white = 25;           // dB above the background that show as 255
  double probe_radius = 0;     // mm; more than 0: convex probe, picture scan-converted
  double field_of_view = 70;   // degrees, convex only
};

struct BModeFrame {
  Volume<float> intensity;       // envelope² after attenuation and compensation; 0 outside the sector
  Volume<std::uint8_t> picture;  // log-compressed, 0…255; 0 outside the sector
  Volume<float> echogenicity;    // what was looked at, on the same grid
  Mask sector;                   // 1 where the scanner sees
  Volume<float> echoes;  // I and Q of the scan lines (columns) as received: two channels, depth along y
  ScanLines lines;       // where those lie in the picture
};

/// A B-mode picture of a phantom (complex Gaussian scatterers, separable Gaussian point spread): field =
/// PSF ∗ (√u·w), w white and circular Gaussian; intensity = |field·attenuation·compensation + noise|²;
/// grey = 255·(1 + (10·log₁₀ intensity − white)/dynamic_range), rounded and clipped. With u constant the
/// intensity has mean u and the exponential law of one look. D of compression.h is
/// 255/(dynamic_range·ln 10/20). A convex probe has its apex above the middle of the upper border, so that
/// the deepest point of its face touches it; lines are drawn in polar coordinates and the compressed values
/// (for `intensity`, the intensities) are interpolated linearly, as scanners do; the outside is black. Beyond
/// the borders the phantom continues with its border values. Each row of samples draws from its own fork of
/// `rng`. Throws invalid_input (2-D, one channel, u finite and not negative; positive frequency, cycles,
/// f-number, depth of field; dynamic range 20…120 dB; field of view 10…170°). Cost: two separable
/// convolutions.
BModeFrame simulate_bmode(const Volume<float>& echogenicity, const BMode& scanner, const Rng& rng,
                          const Context& context = {});

}  // namespace sg::ultrasound

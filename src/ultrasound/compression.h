#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/context.h"
#include "ultrasound/frame.h"

namespace sg::ultrasound {

/// The display's logarithm: grey = D·ln(amplitude) + constant.
/// D = 255/(dynamic range·ln 10/20) grey levels for a dynamic range in dB of the grey values 0…255.
double compression_of(double dynamic_range);
double dynamic_range_of(double compression);

/// Intensity = amplitude², 255 at grey 255: 255·exp(2·(grey − 255)/D); never 0. `grey` may be anything finite
/// (not clipped). Throws invalid_input unless D > 0.
Volume<float> decompress(const Volume<float>& grey, double compression, const Context& context = {});
/// Its inverse, 255 + ½D·ln(intensity/255), intensities below those of grey −255 raised to it; not clipped
/// and not rounded. Both ways and back: to 1e-3 of a grey level.
Volume<float> recompress(const Volume<float>& intensity, double compression, const Context& context = {});

/// What was measured of a log-compressed frame, and what follows from it.
struct CompressionEstimate {
  double compression = 0;    // D, grey levels per e-fold of amplitude, if the speckle has one look
  double dynamic_range = 0;  // dB that this D stands for
  double spread = 0;  // standard deviation of the grey values in homogeneous tissue, corrected as below
  double lag_x = 0, lag_y = 0;  // autocorrelation there of neighbours along x and y
  double independent = 0;       // samples that a window's variance is worth
  double grain = 0;             // pixels that one of them takes
  std::int64_t windows = 0;     // how many were homogeneous
  /// Looks that would give this spread at a dynamic range of 60 dB: 1 for plain speckle; more after
  /// compounding or smoothing by the scanner, which make D too small and the dynamic range too large.
  double looks_at_60 = 0;
  std::vector<std::string> warnings;
};

/// D by matching the variance of the grey values in homogeneous tissue to that of the logarithm of a Rayleigh
/// amplitude, ψ₁(1)/4 = π²/24: D = spread·√(24/π²).
///
/// Windows of 32×32 px (down to 16 where the frame is small), every half window, that lie in the tissue of
/// the frame with at most 1 % of pixels within 2 % of the darkest or brightest grey and a mean of 40
/// or more that is 2.5 standard deviations above black. A plane is taken off each. Homogeneous: the third of
/// them with the least structure, which is the variance of means over blocks (a quarter of the window)
/// against that of the window, so that choosing does not favour windows whose variance is low by chance (the
/// lowest decile of variance itself makes D 10 % too small, measured on simulated speckle). Their variance is
/// taken at the first mode of its logarithm, corrected for what correlated speckle loses in a window: E[s²] =
/// σ²·(1 − 3/N), N the window's pixels over the sum of the autocorrelation, 3 degrees of freedom for the
/// plane.
///
/// On simulated tissue (10 seeds each): D within 3 % on average and 6 % at worst for 40 to 70 dB; 13 % too
/// small after scan conversion, whose interpolation smooths. Texture of the tissue itself makes it too large.
///
/// Nothing where fewer than three windows qualify. A result outside 30…90 dB comes with a warning.
std::optional<CompressionEstimate> estimate_compression(const Volume<float>& grey, const Mask& tissue,
                                                        const Context& context = {});

/// Boxes of 24×24 px for figures of merit without a reference: from those within `tissue` whose mean lies in
/// 20…220 and that hold no pixel at 0 or 255 or beyond, the tenth with the lowest coefficient of variation of
/// grey; from it the lowest, then the next that overlaps none taken, up to `most`. Ties by row, then column.
/// The low tenth favours boxes that are smooth by chance: compare methods on the same boxes only.
std::vector<Region> homogeneous_boxes(const Volume<float>& grey, const Mask& tissue, std::size_t most = 5,
                                      std::int64_t side = 24);

/// 1 − Pearson's r of two frames after means over blocks of a 16th of the shorter side (8 px at least): 0 for
/// the same scene at another gain, about 1 for unrelated ones; 0 if both are flat, 1 if one is. Throws
/// invalid_input if the sizes differ.
double frame_change(const Volume<float>& before, const Volume<float>& after);
/// The frames that begin a new scene, given frame_change of each to the one before (changes[k] belongs to
/// frame k+1): above 0.25 and four times the median of the series.
std::vector<std::size_t> scene_cuts(const std::vector<double>& changes);

}  // namespace sg::ultrasound

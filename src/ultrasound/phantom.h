#pragma once
#include <array>
#include <cstdint>

#include "core/regions.h"
#include "core/rng.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// What a simulated scanner looks at. `echogenicity` is the mean backscattered intensity at each place,
/// relative to the background (1), on a 2-D grid: x across the probe, y into the tissue, spacing in mm.
/// `labels` names the parts.
struct Phantom {
  Volume<float> echogenicity;
  LabelMap labels;
};

/// Labels of tissue_phantom; 0 is the tissue of the layers itself.
enum class PhantomPart : std::int32_t { tissue = 0, cyst = 1, wire = 2, faint_disc = 3, tumour = 4 };

/// A breast-like scene drawn from `rng`: a bright skin line and wavy layers of different echogenicity
/// (−6…+6 dB), two to four anechoic cysts (−40 dB), a row of wires (+25 dB), three discs of low contrast
/// (±2…4 dB), and one tumour-like blob with an irregular border (−14…−8 dB). `size` in pixels along x and y,
/// `spacing` mm. Throws invalid_input for fewer than 64 pixels a side or a spacing that is not positive.
Phantom tissue_phantom(std::array<std::int64_t, 2> size, double spacing, const Rng& rng);

/// Discs that are hardly there: one grey level for the background, another for four discs.
struct LowContrastDiscs {
  Volume<float> clean;
  /// 0, or 1…4 inside the disc of that number, radius 12, 20, 30, 40 px.
  LabelMap discs;
  /// As `discs`, without the pixels closer than `margin` to a border between disc and background …
  LabelMap inner;
  /// … and the background without them.
  Mask background;
};
/// 256×256 px; discs lie in one quarter each, at a place drawn from `rng`, none touching another or the
/// border. `background` and `background + step` are grey levels, `margin` is in px. Throws invalid_input
/// unless both levels lie in 0…255 and the margin in 0…8.
LowContrastDiscs low_contrast_discs(double background, const Rng& rng, double step = 5, double margin = 3);

}  // namespace sg::ultrasound

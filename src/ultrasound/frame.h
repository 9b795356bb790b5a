#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// A rectangle of pixels, first and last column and row inclusive.
struct Region {
  std::int64_t x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};
/// The 2-D tissue regions that a file's metadata tells (io/dicom.h "UltrasoundRegions"); what cannot be read
/// as such is passed over.
std::vector<Region> regions_of(const std::map<std::string, std::string>& metadata);

/// What a B-mode picture consists of, all on its grid.
struct Frame {
  Mask sector;         // 1 where the scanner shows tissue
  Mask overlay;        // 1 on text, calipers, marks, colour and their edges, inside and outside the sector
  Volume<float> grey;  // luma, overlay and outside filled in smoothly from the tissue around them
  bool sector_found = true;  // false: nothing looks like a sector, the whole picture counts as one
  bool tinted = false;       // the picture as a whole is coloured: colour says nothing about overlays
  std::int64_t coloured = 0, graphics = 0;  // pixels inside the sector taken for colour, for text and marks
  double blocking = 0;                      // see jpeg_blocking
  std::vector<std::string> warnings;        // plain sentences for a report

  /// Pixels to be processed: inside the sector, no overlay.
  Mask tissue() const;
};

/// Takes a picture apart: one or three channels, 2-D, grey values 0…255 (a 16-bit or float picture is
/// treated alike; its own range is kept).
///
/// Sector: black is what stays within 2 % of the range (0.6 of 255 where a tenth of the picture has exactly
/// the darkest value) above the darkest value after a 5×5 mean; the largest component that is not black,
/// closed, its holes filled, thin spurs cut; then shadows that reach the border
/// are filled where sector lies above them and beside them, or below where a side is straight and upright (a
/// linear probe). If it covers less than 5 % of the picture (all black; wires in water), the whole picture.
/// With `regions` (from the file) the same within each, and the whole region if nothing is found.
///
/// Overlay: (1) colour: connected pixels whose channels differ by more than 6, if somewhere by more than 20
/// (in units of 1/255 of the range), and one pixel around; if more than 40 % of the sector is so, the picture
/// counts as tinted instead. (2) graphics: strokes of at most about 5 px with sharp flanks to the left and
/// the right (ultrasound is blurred across the beam, so tissue has none), stronger than eight times what is
/// usual in this frame; groups of such strokes closer than a caliper's dots; with what is connected to them
/// in the same brightness and two pixels around. (3) everything outside the sector.
///
/// Filling: averages of the tissue over blocks of growing size, interpolated, then relaxed until smooth.
///
/// Throws invalid_input for an empty picture, a stack or a series, 2 or more than 4 channels (a fourth is
/// transparency and passed over), and values that are not finite.
Frame frame_of(const AnyVolume& picture, const std::vector<Region>& regions = {},
               const Context& context = {});

/// The picture with `grey` in place of the tissue of `frame`; every other pixel, and a fourth channel, stays
/// bit-identical. Integer pictures are rounded and clamped to 0…255 (8 bit) or their type's range. All three
/// colour channels take the grey value; in a tinted picture they are scaled by new/old luma instead. Throws
/// invalid_input if the sizes differ.
AnyVolume put_back(const AnyVolume& picture, const Frame& frame, const Volume<float>& grey);

/// How much larger steps between columns 8k−1 and 8k (rows likewise) are than other steps, of the second
/// difference: 1 without JPEG blocks, 1.2 and more where they are visible; the larger of both directions and
/// of all eight phases, so that cropping does not hide them. Over `where` (empty: everywhere); 1 if it is
/// too small (less than 64×64) or flat. After Wang, Sheikh & Bovik 2002 (doi:10.1109/ICIP.2002.1038064).
double jpeg_blocking(const Volume<float>& grey, const Mask& where);

/// Smooth continuation of `image` over the pixels where `known` is 0 (O(pixels); a constant stays constant;
/// values stay within those known). All pixels unknown: returned as it is.
Volume<float> fill_in(const Volume<float>& image, const Mask& known, const Context& context = {});

}  // namespace sg::ultrasound

#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/context.h"
#include "core/volume.h"

namespace sg::image {

/// Intensities shown black and white.
struct Window {
  double low = 0, high = 1;
};
/// From quantile .005 to .995 of the finite values; widened by 1 around a constant image. Throws
/// invalid_input if no value is finite.
Window robust_window(const Volume<float>& image);

enum class Plane { sagittal, coronal, axial };

/// What is drawn besides the image. Pointers are borrowed for the call; null = not drawn.
struct ViewOptions {
  std::optional<Window> window = {};  // robust_window if empty
  const LabelMap* labels = nullptr;   // any grid; filled with label_color, smooth outlines
  double label_opacity = .4;          // of the filling, 0…1
  bool outlines = true;               // of the labels
  const Volume<float>* overlay =
      nullptr;  // any grid; in the colours of heat_color, the more opaque the higher
  std::optional<Window> overlay_window = {};
  double overlay_opacity = .6;
  const Volume<float>* checker =
      nullptr;          // any grid, its own robust window: alternating tiles of both images
  double tile = 24;     // mm, edge of a tile
  bool letters = true;  // the patient's sides: R L A P S I
  bool scale_bar = true;
  bool crosshair = false;              // where the other slices lie
  std::optional<LpsPoint> point = {};  // all slices pass through it; the centre of mass if empty
  int height = 480;                    // of the tallest panel, pixels, 32…4096
};

/// Sagittal, coronal and axial slices side by side at one scale, in the patient's frame whatever the storage
/// order: head up, and (radiological convention) the patient's right on the left of the picture; sagittal
/// slices face left. Slices are resampled on planes of the LPS frame (cubic; labels by linear vote of the
/// neighbouring voxels), so oblique grids and unequal spacing come out true. A 2-D image makes one panel
/// along its own axes. Colour images (3 channels) keep their colours, of other outer axes the first is shown.
/// Result: RGB, size z = 1, spacing = mm a pixel, first row on top. Throws invalid_input for an empty image,
/// a height or tile out of range.
Volume<std::uint8_t> render_orthogonal(const Volume<float>& image, const ViewOptions& options = {},
                                       const Context& context = {});
/// One such panel.
Volume<std::uint8_t> render_slice(const Volume<float>& image, Plane plane, const ViewOptions& options = {},
                                  const Context& context = {});
/// `slices` (1…100) equidistant slices through the bright part of the image, each captioned with its place in
/// mm along the plane's normal (for instance "S 24"); options.height is that of one panel.
Volume<std::uint8_t> render_mosaic(const Volume<float>& image, Plane plane, int slices,
                                   const ViewOptions& options = {}, const Context& context = {});

/// Mean position weighted by intensity within the window; the grid's centre for an image without any.
LpsPoint centre_of_mass(const Volume<float>& image, const Window& window);

using Color = std::array<float, 3>;  // RGB, 0…1
/// The same label has the same colour everywhere; neighbours in number differ clearly.
Color label_color(std::int32_t label);
/// Black, red, orange, pale yellow for t in 0…1.
Color heat_color(double t);

}  // namespace sg::image

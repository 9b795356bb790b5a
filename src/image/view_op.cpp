#include <fmt/format.h>

#include "core/error.h"
#include "image/operations.h"
#include "image/view.h"
#include "op/declare.h"

namespace sg::image {

namespace {

struct View {
  Volume<float> image;
  std::optional<LabelMap> labels;
  std::optional<Volume<float>> overlay, checker;
  std::optional<Vec3> point;
  std::optional<std::vector<double>> window;
  double opacity = .5, tile = 24;
  int height = 480, mosaic = 0;
  Plane plane = Plane::axial;
  bool outlines = true, crosshair = false, letters = true;
  Volume<std::uint8_t> picture;
};

std::optional<Window> window_of(const View& v) {
  if (!v.window) return {};
  if (v.window->size() != 2) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("window has {} numbers, expected two: black,white", v.window->size()), "window");
  }
  return Window{(*v.window)[0], (*v.window)[1]};
}

/// A picture file knows no patient: 2-D, axes along the frame's, origin 0.
bool knows_a_patient(const Grid& grid) {
  return !(grid.is_2d() && grid.direction == Mat3{} && grid.origin == LpsPoint{});
}

void run(View& v, const Context& context) {
  if (v.image.outer() == OuterAxis::time && v.image.channels() > 1) {
    context.warn(fmt::format("the image has {} time points; the first is shown", v.image.channels()));
  }
  ViewOptions options;
  options.window = window_of(v);
  options.labels = v.labels ? &*v.labels : nullptr;
  options.overlay = v.overlay ? &*v.overlay : nullptr;
  options.checker = v.checker ? &*v.checker : nullptr;
  options.label_opacity = options.overlay_opacity = v.opacity;
  options.outlines = v.outlines;
  options.tile = v.tile;
  options.point = v.point ? std::optional(as_point(*v.point)) : std::nullopt;
  options.height = v.height;
  options.crosshair = v.crosshair;
  options.letters = v.letters && knows_a_patient(v.image.grid());
  v.picture = v.mosaic > 0 ? render_mosaic(v.image, v.plane, v.mosaic, options, context)
                           : render_orthogonal(v.image, options, context);
}

}  // namespace

op::Operation view_operation() {
  return op::Declare<View>("image.view",
                           "Draws slices of an image, with labels or a second image over it, as a picture.")
      .description(
          "Sagittal, coronal and axial slices at one scale, whatever the storage order: head up, the "
          "patient's right on the left (radiological convention), the patient's sides lettered. Slices are "
          "resampled in the patient's frame, so oblique grids and unequal spacing come out true. A 2-D image "
          "makes one panel. With mosaic, equidistant slices through the bright part of the image, each with "
          "its place in mm.\n\n"
          "Labels keep their colours from picture to picture. A second image goes over the first in warm "
          "colours (overlay) or in alternating tiles (checker), for a look at how well two images are "
          "aligned.")
      .input(&View::image, "image", "the image to show")
      .input(&View::labels, "labels", "labels drawn over it, on any grid")
      .input(&View::overlay, "overlay", "a second image drawn over it in colour, on any grid")
      .input(&View::checker, "checker", "a second image shown in every other tile, on any grid")
      .param(&View::point, "point", "all slices pass through it, LPS; the centre of mass by default")
      .unit("mm")
      .param(&View::window, "window", "intensities shown black and white; quantiles .005 and .995 by default")
      .unit("1")
      .param(&View::opacity, "opacity", "of labels or overlay")
      .in(0, 1)
      .unit("1")
      .param(&View::outlines, "outlines", "draw the outlines of labels")
      .param(&View::tile, "tile", "edge of a checkerboard tile")
      .in(.1, 10000)
      .unit("mm")
      .param(&View::mosaic, "mosaic", "number of slices of one plane; 0 = three orthogonal slices")
      .in(0, 100)
      .param(&View::plane, "plane", "plane of the mosaic")
      .one_of({"sagittal", "coronal", "axial"})
      .param(&View::height, "height", "of the tallest panel, pixels")
      .in(32, 4096)
      .param(&View::crosshair, "crosshair", "draw where the other slices lie")
      .param(&View::letters, "letters",
             "letter the patient's sides; never on pictures, which know no patient")
      .output(&View::picture, "picture", "the picture, RGB")
      .cites(
          "Keys 1981, Cubic convolution interpolation for digital image processing, "
          "doi:10.1109/TASSP.1981.1163711")
      .example("--image brain.nii.gz --labels labels.nii.gz --picture labels.png", {"exists labels.png"})
      .example("--image brain.nii.gz --checker acquired.nii.gz --picture before.png", {"exists before.png"})
      .example("--image brain.nii.gz --mosaic 12 --height 160 --picture mosaic.png", {"exists mosaic.png"})
      .run(run);
}

}  // namespace sg::image

#include "core/error.h"
#include "core/onto_grid.h"
#include "image/operations.h"
#include "op/declare.h"

namespace sg::image {

namespace {

struct Resample {
  Image image;
  std::optional<Image> reference;
  std::optional<Vec3> spacing;
  Interpolation interpolation = Interpolation::linear;
  bool antialias = true;
  Image resampled;
};

Grid target_grid(const Resample& r) {
  if (r.spacing.has_value() == r.reference.has_value()) {
    throw Error(ErrorCode::invalid_input,
                r.spacing ? "both spacing and reference were given, expected one of them"
                          : "neither spacing nor reference was given, expected one of them",
                "spacing");
  }
  if (r.reference) return grid_of(r.reference->voxels);
  return with_spacing(grid_of(r.image.voxels), *r.spacing);
}

void run(Resample& r, const Context& context) {
  const Grid grid = target_grid(r);
  r.resampled.format = r.image.format;
  r.resampled.metadata = r.image.metadata;
  r.resampled.source = r.image.source;
  if (r.interpolation == Interpolation::nearest) {
    r.resampled.voxels = resample_nearest(r.image.voxels, Transform{}, grid, 0, context);
    return;
  }
  const Volume<float> image = converted_to<float>(r.image.voxels);
  r.resampled.voxels = onto_grid(image, grid, r.interpolation, r.antialias, context);
}

}  // namespace

op::Operation resample_operation() {
  return op::Declare<Resample>("image.resample",
                               "Brings an image onto another voxel grid at the same place in space.")
      .description(
          "Either onto voxels of a given spacing over the same extent, or onto the grid of a reference "
          "image; voxels outside the image become 0. Where voxels grow s-fold along an axis, a Gaussian of "
          "half the square root of (s squared minus 1) voxels is applied first, so that detail the new grid "
          "cannot hold does not turn into false patterns (not for nearest, which is for labels: it blends "
          "nothing and keeps the pixel type; else the result is float32).")
      .input(&Resample::image, "image", "the image to resample")
      .input(&Resample::reference, "reference", "image whose grid is taken; instead of a spacing")
      .param(&Resample::spacing, "spacing", "spacing of the new voxels, x,y,z or one number for all")
      .in(.001, 1000)
      .unit("mm")
      .param(&Resample::interpolation, "interpolation",
             "how values between voxels are found; cubic is the B-spline, nearest is for labels")
      .one_of({"nearest", "linear", "cubic"})
      .param(&Resample::antialias, "antialias", "smooth along axes where voxels grow")
      .output(&Resample::resampled, "resampled", "the image on the new grid")
      .cites("Unser 1999, Splines: a perfect fit for signal and image processing, doi:10.1109/79.799930")
      .example("--image brain.nii.gz --spacing 2 --resampled brain_2mm.nii.gz", {"exists brain_2mm.nii.gz"})
      .example(
          "--image acquired_labels.nii.gz --reference brain.nii.gz --interpolation nearest "
          "--resampled on_brain.nii.gz",
          {"exists on_brain.nii.gz"})
      .run(run);
}

}  // namespace sg::image

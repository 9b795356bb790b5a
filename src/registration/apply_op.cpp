#include "core/resample.h"
#include "op/declare.h"
#include "registration/operations.h"

namespace sg::registration {
namespace {

struct Apply {
  Image image;
  Transform transform;
  std::optional<Volume<float>> reference;
  Interpolation interpolation = Interpolation::linear;
  double outside = 0;
  Image resampled;
};

void run(Apply& a, const Context& context) {
  const Grid grid = a.reference ? a.reference->grid() : grid_of(a.image.voxels);
  a.resampled.format = a.image.format;
  a.resampled.metadata = a.image.metadata;
  a.resampled.source = a.image.source;
  if (a.interpolation == Interpolation::nearest) {
    a.resampled.voxels = resample_nearest(a.image.voxels, a.transform, grid, a.outside, context);
  } else {
    a.resampled.voxels = resample(converted_to<float>(a.image.voxels), a.transform, grid, a.interpolation,
                                  static_cast<float>(a.outside), context);
  }
}

}  // namespace

op::Operation apply_operation() {
  return op::Declare<Apply>("registration.apply",
                            "Resamples an image through a transform onto a reference grid.")
      .description(
          "resampled(x) = image(φ(x)) for every voxel centre x of the reference, where φ, the transform, "
          "maps points of the reference (the fixed image) to points of the image (the moving one), LPS mm. "
          "The image is sampled once, straight from its own voxels. Use nearest for labels: blended label "
          "numbers mean nothing.")
      .input(&Apply::image, "image", "image to resample (the moving one); all its channels and time points")
      .input(&Apply::transform, "transform", "points of the reference → points of the image")
      .input(&Apply::reference, "reference", "image whose grid the result takes; the image's own if left out")
      .param(&Apply::interpolation, "interpolation", "how values between voxel centres are found")
      .one_of({"nearest", "linear", "cubic"})
      .param(&Apply::outside, "outside", "value where the image does not reach")
      .unit("1")
      .output(&Apply::resampled, "resampled",
              "the image on the reference grid; nearest keeps the pixel type, else float32")
      .cites("Unser 1999, Splines: a perfect fit for signal and image processing, doi:10.1109/79.799930")
      .example(
          "--image acquired_labels.nii.gz --transform truth.tfm --reference brain.nii.gz --interpolation "
          "nearest --resampled back.nii.gz",
          {"exists back.nii.gz"})
      .run(run);
}

}  // namespace sg::registration

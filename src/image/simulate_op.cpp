#include "core/error.h"
#include "image/operations.h"
#include "image/simulate.h"
#include "op/declare.h"

namespace sg::image {

namespace {

struct Simulate {
  Volume<float> image;
  std::optional<LabelMap> labels;
  AcquisitionOptions options;
  Volume<float> acquired;
  Transform truth;
  std::optional<LabelMap> acquired_labels;
  DrawnMotion motion;
  double rotation_angle = 0, shift_length = 0;
};

void run(Simulate& s, const Context& context) {
  Acquisition result = simulate_acquisition(s.image, s.labels ? &*s.labels : nullptr, s.options, context);
  s.acquired = std::move(result.image);
  s.truth.affine = result.truth;
  if (s.acquired_labels) s.acquired_labels = std::move(result.labels);
  s.motion = result.motion;
  s.rotation_angle = norm(s.motion.rotation);
  s.shift_length = norm(s.motion.shift);
}

/// A member of the options or of the drawn motion.
template <class M>
auto option(M AcquisitionOptions::*member) {
  return [member](Simulate& s) -> M& { return s.options.*member; };
}
auto drawn(Vec3 DrawnMotion::*member) {
  return [member](Simulate& s) -> Vec3& { return s.motion.*member; };
}

}  // namespace

op::Operation simulate_acquisition_operation() {
  return op::Declare<Simulate>(
             "image.simulate_acquisition",
             "Makes a second acquisition of an image with known motion and another contrast.")
      .description(
          "The object is moved by T(x) = R·H·S·(x − c) + c + t about the centre c of its bright part: a "
          "rotation R about a random axis, shears H, scales S, a shift t. It is then seen with another "
          "contrast f, a smooth bias field b = 1 + bias·n (a sum of low cosines, max|n| = 1) and Rician "
          "noise: s = 1000·f(u)·b, image = √((s + σe₁)² + (σe₂)²), on a voxel grid of its own that is "
          "slightly turned against the patient's axes. acquired(T(x)) shows what the original shows at x, so "
          "the truth is what a registration with the original as fixed image should find.\n\n"
          "contrast: same f(u) = u; t2: fluid bright and white matter dark, as T2 follows from T1; inverted "
          "f(u) = 1.05 − u; random: smooth through random knots. Air stays dark. Meant for measuring "
          "registration, not as a model of MR physics.\n\n"
          "The seed of the run decides all draws; the result does not depend on the number of threads.")
      .input(&Simulate::image, "image", "the original, for instance a T1 brain")
      .dimensions(3)
      .input(&Simulate::labels, "labels", "labels of the original, carried along")
      .param(option(&AcquisitionOptions::max_rotation), "max_rotation",
             "largest angle of the rotation about its axis")
      .in(0, 180)
      .unit("deg")
      .param(option(&AcquisitionOptions::max_scale), "max_scale", "scales lie within 1 − this and 1 + this")
      .in(0, .5)
      .unit("1")
      .param(option(&AcquisitionOptions::max_shear), "max_shear", "largest shear in either direction")
      .in(0, .5)
      .unit("1")
      .param(option(&AcquisitionOptions::max_shift), "max_shift", "largest length of the shift")
      .in(0, 10000)
      .unit("mm")
      .param(option(&AcquisitionOptions::contrast), "contrast", "how brightness follows from the original's")
      .one_of({"same", "t2", "inverted", "random"})
      .param(option(&AcquisitionOptions::bias), "bias", "amplitude of the bias field")
      .in(0, .9)
      .unit("1")
      .param(option(&AcquisitionOptions::noise), "noise",
             "standard deviation, share of the signal's 95th percentile")
      .in(0, 100)
      .unit("%")
      .param(option(&AcquisitionOptions::spacing), "spacing", "of the new voxels along each axis")
      .in(.01, 1000)
      .unit("mm")
      .param(option(&AcquisitionOptions::max_grid_rotation), "max_grid_rotation",
             "largest turn of the new voxel grid")
      .in(0, 180)
      .unit("deg")
      .output(&Simulate::acquired, "acquired", "the second acquisition")
      .output(&Simulate::truth, "truth", "maps points of the original to points of the acquisition")
      .output(&Simulate::acquired_labels, "acquired_labels", "the labels where the acquisition shows them")
      .needs("labels")
      .output(drawn(&DrawnMotion::rotation), "rotation", "axis times angle, LPS")
      .unit("deg")
      .output(&Simulate::rotation_angle, "rotation_angle", "angle of the rotation")
      .unit("deg")
      .output(drawn(&DrawnMotion::scale), "scale", "along x, y, z")
      .unit("1")
      .output(drawn(&DrawnMotion::shear), "shear", "xy, xz, yz")
      .unit("1")
      .output(drawn(&DrawnMotion::shift), "shift", "LPS")
      .unit("mm")
      .output(&Simulate::shift_length, "shift_length", "length of the shift")
      .unit("mm")
      .cites(
          "Gudbjartsson & Patz 1995, The Rician distribution of noisy MRI data, doi:10.1002/mrm.1910340618")
      .example(
          "--image brain.nii.gz --labels labels.nii.gz --spacing 3.2 --acquired second.nii.gz --truth "
          "motion.tfm --acquired_labels second_labels.nii.gz",
          {"exists second.nii.gz", "exists motion.tfm", "exists second_labels.nii.gz", "rotation_angle <= 20",
           "shift_length <= 15"})
      .run(run);
}

}  // namespace sg::image

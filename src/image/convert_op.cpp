#include <fmt/format.h>

#include "image/convert.h"
#include "image/operations.h"
#include "op/declare.h"

namespace sg::image {

namespace {

struct Convert {
  Image image;
  ScalarType type = ScalarType::automatic;
  std::optional<int> time_point, channel;
  Image converted;
  std::int64_t clamped = 0, rounded = 0;
};

void run(Convert& c, const Context& context) {
  Image chosen = std::move(c.image);
  if (c.time_point) chosen = select(chosen, OuterAxis::time, *c.time_point);
  if (c.channel) chosen = select(chosen, OuterAxis::channel, *c.channel);
  Converted result = convert(chosen, c.type);
  const std::string type = scalar_name(result.image.voxels);
  if (result.clamped > 0) {
    context.warn(fmt::format("{} values lie outside the range of {} and were set to its nearest end",
                             result.clamped, type));
  }
  if (result.not_a_number > 0) {
    context.warn(
        fmt::format("{} values are not a number and were set to 0: {} has none", result.not_a_number, type));
  }
  c.clamped = result.clamped;
  c.rounded = result.rounded;
  c.converted = std::move(result.image);
}

}  // namespace

op::Operation convert_operation() {
  return op::Declare<Convert>("image.convert", "Writes an image in another format or scalar type.")
      .description(
          "The format follows from the ending of the output file. Geometry is kept; so is the metadata where "
          "both formats are the same. Without a type the stored one is kept; whole-number types round to "
          "nearest and clamp, and say how many values they changed.")
      .input(&Convert::image, "image", "any image file, or a folder with a DICOM series")
      .param(&Convert::type, "type", "scalar type of the result; auto keeps the stored one")
      .one_of({"auto", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"})
      .param(&Convert::time_point, "time_point", "keep this time point only, counted from 0")
      .at_least(0)
      .param(&Convert::channel, "channel", "keep this channel only, counted from 0")
      .at_least(0)
      .output(&Convert::converted, "converted", "the same image; the ending gives the format")
      .output(&Convert::clamped, "clamped", "values that did not fit the type")
      .output(&Convert::rounded, "rounded", "values that lost a fraction")
      .cites(
          "NIfTI-1 data format, Neuroinformatics Technology Initiative, https://nifti.nimh.nih.gov/nifti-1")
      .example("--image brain.nii.gz --converted brain.nrrd", {"exists brain.nrrd", "clamped == 0"})
      .example("--image acquired.nii.gz --type uint8 --converted small.nii.gz",
               {"exists small.nii.gz", "clamped > 0"})
      .run(run);
}

}  // namespace sg::image

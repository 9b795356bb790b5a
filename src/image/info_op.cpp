#include "image/operations.h"
#include "io/describe.h"
#include "op/declare.h"

namespace sg::image {

namespace {

struct Info {
  io::Described file;
  Document about;
};

void run(Info& info, const Context&) {
  info.about.properties.push_back({"kind", info.file.kind});
  info.about.properties.push_back({"format", info.file.format});
  for (Property& p : info.file.properties.properties) info.about.properties.push_back(std::move(p));
}

}  // namespace

op::Operation info_operation() {
  return op::Declare<Info>("image.info", "Says what a file is and holds.")
      .description(
          "Any file that can be read: images, DICOM folders, transforms, meshes, points, tables, sounds. For "
          "an image: type, size, spacing, origin, direction, orientation, range and mean of its values, what "
          "the file says of itself, and warnings such as irregular slice spacing. All voxels are read, so a "
          "damaged file is told. Fields that name or identify a patient are never shown.")
      .input(&Info::file, "file", "the file, or a folder with a DICOM series")
      .positional()
      .output(&Info::about, "about", "names, values and units")
      .flattened()
      .cites(
          "DICOM PS3.3, Information Object Definitions, "
          "https://dicom.nema.org/medical/dicom/current/output/html/part03.html")
      .example("brain.nii.gz", {"kind == image", "format == NIfTI-1"})
      .run(run);
}

}  // namespace sg::image

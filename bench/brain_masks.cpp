// image.segment_brain on real heads, against what is known of each: prints one JSON object. Arguments: the
// folder of mricron's templates, the folder registration/brain3d (or "" without).
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "core/regions.h"
#include "image/segment_brain.h"
#include "io/image_io.h"

namespace {

using namespace sg;

double dice(const Mask& a, const Mask& b) {
  std::int64_t both = 0, sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    both += a.data()[i] != 0 && b.data()[i] != 0;
    sum += (a.data()[i] != 0) + (b.data()[i] != 0);
  }
  return sum > 0 ? 2.0 * static_cast<double>(both) / static_cast<double>(sum) : 0;
}

template <class Voxels>
Mask where_positive(const Voxels& voxels) {
  Mask mask(voxels.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = voxels.data()[i] > 0;
  return mask;
}

/// The mask of image.segment_brain made of reference labels in the same way: closed by 3 mm, holes filled.
Mask closed(const Mask& labels) { return fill_holes(close(labels, 3)); }

enum class Reference {
  mask,    // of the brain
  labels,  // of its tissues
  extent   // of the extracted brain, which is the brain and the fluid about it
};

struct Case {
  std::string name, image, reference, against;
  Reference kind;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "brain_masks TEMPLATES BRAIN3D\n");
    return 2;
  }
  const std::string templates = arguments[1], brains = arguments[2];
  std::vector<Case> cases{{"Colin27", templates + "/ch2.nii.gz", templates + "/ch2bet.nii.gz",
                           "ch2bet, the mask of another program (agreement)", Reference::mask}};
  if (!brains.empty()) {
    cases.push_back({"subjV", brains + "/subjV_t1.nii.gz", brains + "/subjV_aseg.nii.gz",
                     "FreeSurfer labels, closed by 3 mm (agreement)", Reference::labels});
    for (const std::string name : {"subjA", "subjB"})
      cases.push_back({name, brains + "/" + name + "_t1.nii.gz", brains + "/" + name + "_t1.nii.gz",
                       "extent of the extracted brain; mask and fluid (agreement)", Reference::extent});
  }
  const sg::model::Model model = sg::model::load_model("brain");
  std::string rows;
  for (const Case& one : cases) {
    const Volume<float> image = io::read_volume(one.image);
    const image::BrainSegmentation found = image::segment_brain(image, model);
    const bool labels = one.kind == Reference::labels;
    const Mask reference = labels ? closed(where_positive(io::read_labels(one.reference).voxels))
                                  : where_positive(io::read_volume(one.reference));
    Mask mask = where_positive(found.mask.voxels);
    if (one.kind == Reference::extent)
      for (std::int64_t i = 0; i < mask.size(); ++i)
        mask.data()[i] = mask.data()[i] != 0 || found.tissues.voxels.data()[i] > 0;
    rows += fmt::format("{}{{\"name\": \"{}\", \"against\": \"{}\", \"dice\": {:.4f}}}",
                        rows.empty() ? "" : ", ", one.name, one.against, dice(mask, reference));
  }
  fmt::print("{{\"model\": \"{}\", \"version\": \"{}\", \"steps\": {}, \"masks\": [{}]}}\n", model.card.name,
             model.card.version, model.card.training.steps, rows);
  return 0;
}

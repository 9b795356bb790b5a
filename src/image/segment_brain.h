#pragma once
#include "core/context.h"
#include "core/regions.h"
#include "core/table.h"
#include "core/volume.h"
#include "model/library.h"

namespace sg::image {

struct BrainSegmentation {
  LabelMap tissues;         // classes of the model, 1…8; 0 elsewhere
  LabelMap mask;            // 1 = brain: tissue and ventricles, one piece, without holes
  Volume<float> extracted;  // the image within the mask, 0 elsewhere
};

/// Tissues and mask of a head or a brain already stripped of its skull, any MR contrast, by the network
/// `model` (classes: background, cerebrospinal fluid, ventricles, then tissues). The mask is the union of all
/// classes but the first two, closed by 3 mm so that it runs over the sulci, its largest piece, holes filled;
/// tissue outside of it is taken back. Throws invalid_input for a model of other classes, a 2-D image or one
/// without brain.
BrainSegmentation segment_brain(const Volume<float>& image, const model::Model& model,
                                const Context& context = {});

/// mL of each class in the segmentation.
Table brain_volumes(const BrainSegmentation& segmentation);

}  // namespace sg::image

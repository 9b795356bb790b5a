#include "image/segment_brain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "model/predict.h"

namespace sg::image {
namespace {

constexpr std::int32_t first_tissue = 2;  // ventricles; before it background and fluid around the brain
constexpr double closing_mm = 3;          // half the width of the sulci the mask shall run over

/// The largest piece of tissue; none of its voxels is set where there is none.
Mask largest_piece(const LabelMap& tissues) {
  Mask tissue(tissues.voxels.grid());
  for (std::int64_t i = 0; i < tissue.size(); ++i)
    tissue.data()[i] = tissues.voxels.data()[i] >= first_tissue;
  const Components pieces = connected_components(tissue, Connectivity::faces);
  for (std::int64_t i = 0; i < tissue.size(); ++i) tissue.data()[i] = pieces.labels.voxels.data()[i] == 1;
  return tissue;
}

}  // namespace

BrainSegmentation segment_brain(const Volume<float>& image, const model::Model& model,
                                const Context& context) {
  const auto& outputs = model.card.outputs;
  if (outputs.size() != 1 || outputs[0].classes.size() < 4 || outputs[0].classes[0] != "background")
    throw Error(
        ErrorCode::invalid_input,
        fmt::format("\"{}\" does not score brain tissues: background, cerebrospinal fluid, ventricles, …",
                    model.card.name),
        "model");
  const Volume<float> scores = model::predict(model, image, {}, context.part(0, 0.6));
  BrainSegmentation result;
  result.tissues = model::classify(scores, image.grid(), outputs[0].classes, context.part(0.6, 0.8));

  const Mask tissue = largest_piece(result.tissues);
  if (std::none_of(tissue.values().begin(), tissue.values().end(), [](auto v) { return v != 0; }))
    throw Error(ErrorCode::invalid_input, "no brain was found in the image", "image");
  const Mask mask = fill_holes(close(tissue, closing_mm, context.part(0.8, 1, "mask")));

  result.mask.voxels = Volume<std::int32_t>(image.grid());
  result.mask.names[1] = "brain";
  result.extracted = Volume<float>(image.grid());
  for (std::int64_t i = 0; i < mask.size(); ++i) {
    const bool inside = mask.data()[i] != 0;
    result.mask.voxels.data()[i] = inside;
    result.extracted.data()[i] = inside ? image.data()[i] : 0;
    if (!inside && result.tissues.voxels.data()[i] >= first_tissue) result.tissues.voxels.data()[i] = 0;
  }
  return result;
}

Table brain_volumes(const BrainSegmentation& segmentation) {
  const Grid& grid = segmentation.tissues.voxels.grid();
  const double millilitres =
      grid.spacing.x * grid.spacing.y * grid.spacing.z * std::abs(determinant(grid.direction)) / 1000;
  std::map<std::int32_t, std::int64_t> voxels;
  for (const std::int32_t label : segmentation.tissues.voxels.values()) ++voxels[label];
  std::int64_t brain = 0;
  for (const std::int32_t label : segmentation.mask.voxels.values()) brain += label;
  std::vector<double> labels, volumes;
  std::vector<std::string> names;
  for (const auto& [label, name] : segmentation.tissues.names) {
    labels.push_back(label);
    names.push_back(name);
    volumes.push_back(static_cast<double>(voxels[label]) * millilitres);
  }
  labels.push_back(std::nan(""));
  names.push_back("brain (mask)");
  volumes.push_back(static_cast<double>(brain) * millilitres);
  return {{{"label", labels}, {"name", names}, {"volume_ml", volumes}}};
}

}  // namespace sg::image

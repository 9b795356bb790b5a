#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "model/operations.h"
#include "model/pack.h"
#include "op/declare.h"

namespace sg::op {

template <>
const ValueType& value_type<model::TensorPack>() {
  static const ValueType type = [] {
    ValueType t;
    t.kind = Kind::tensors;
    t.save = [](const void* value, const std::filesystem::path& file, const Context&) {
      model::write_pack(*static_cast<const model::TensorPack*>(value), file);
    };
    return t;
  }();
  return type;
}

}  // namespace sg::op

namespace sg::model {
namespace {

struct PackTraining {
  io::ImageFolder images;
  std::optional<Table> relabel;
  PackOptions options;
  TensorPack packed;
  Table contents;
};

const std::vector<double>& labels_in(const Table& table, const std::string& column) {
  for (const Column& each : table.columns) {
    if (each.name != column) continue;
    if (const auto* numbers = std::get_if<std::vector<double>>(&each.values)) return *numbers;
    throw Error(ErrorCode::invalid_input, fmt::format("column {} holds texts, expected labels", column),
                "relabel");
  }
  throw Error(ErrorCode::invalid_input, fmt::format("relabel has no column {}", column), "relabel");
}

std::map<std::int32_t, std::int32_t> relabelling(const Table& table) {
  const std::vector<double>&from = labels_in(table, "label"), &to = labels_in(table, "becomes");
  std::map<std::int32_t, std::int32_t> becomes;
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (const double label : {from[i], to[i]})
      if (!(label == std::floor(label) && label >= 0 && label <= 32767))
        throw Error(ErrorCode::invalid_input,
                    fmt::format("relabel holds {} in row {}, expected labels from 0 to 32767", label, i + 1),
                    "relabel");
    if (!becomes.emplace(static_cast<std::int32_t>(from[i]), static_cast<std::int32_t>(to[i])).second)
      throw Error(ErrorCode::invalid_input, fmt::format("relabel names the label {} twice", from[i]),
                  "relabel");
  }
  return becomes;
}

void run(PackTraining& p, const Context& context) {
  if (p.relabel && p.options.content == PackContent::images)
    throw Error(ErrorCode::invalid_input, "relabel was given with content images, expected content labels",
                "relabel");
  if (p.relabel) p.options.becomes = relabelling(*p.relabel);
  p.packed = pack(p.images, p.options, context);
  p.contents = contents(p.packed);
}

}  // namespace

op::Operation pack_training_operation() {
  const auto options = [](auto member) {
    return [member](PackTraining & p) -> auto& { return p.options.*member; };
  };
  return op::Declare<PackTraining>("model.pack_training", "Packs label maps or images for shaoguang-train.")
      .description(
          "One safetensors file that a machine without readers for medical images can train from. Label maps "
          "are laid on axes from left to right, back to front and bottom to top with the given voxel size, "
          "by nearest neighbour; a table can give their labels other numbers (the brain training knows those "
          "of FreeSurfer). Images become grey (luma of BT.601), 8 bits where they have 8.\n\n"
          "Source and licence go into the file and from there into the card of every model that learns from "
          "it. All images are held in memory at once.")
      .input(&PackTraining::images, "images", "label maps or images")
      .input(&PackTraining::relabel, "relabel",
             "columns label and becomes; labels that it does not name become 0")
      .param(options(&PackOptions::content), "content", "what the folder holds")
      .one_of({"labels", "images"})
      .param(options(&PackOptions::source), "source", "where they come from, for the model's card")
      .param(options(&PackOptions::licence), "licence", "under which they may be used, for the model's card")
      .param(options(&PackOptions::spacing), "spacing", "of label maps; the brain training wants 1")
      .in(0.1, 10)
      .unit("mm")
      .param(options(&PackOptions::longest_side), "longest_side", "of images, at most; 0 = as they are")
      .in(0, 100000)
      .unit("px")
      .output(&PackTraining::packed, "packed", "what shaoguang-train takes as --data")
      .output(&PackTraining::contents, "contents", "name and size of each")
      .cites("safetensors, https://github.com/huggingface/safetensors")
      .cites("ITU-R BT.601-7, Studio encoding parameters of digital television")
      .example(
          "--images labels.nii.gz --source 'AAL, Tzourio-Mazoyer 2002' --licence 'as in mricron-data' "
          "--packed heads.safetensors",
          {"exists heads.safetensors", "contents[0].labels > 100"})
      .run(run);
}

}  // namespace sg::model

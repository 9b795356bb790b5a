#include <fmt/format.h>

#include "core/error.h"
#include "model/operations.h"
#include "model/predict.h"
#include "op/declare.h"

namespace sg::model {
namespace {

struct Run {
  Volume<float> image;
  std::string model;
  double memory = 3;
  std::optional<double> noise;
  Volume<float> result;
  std::optional<LabelMap> labels;
};

void run(Run& r, const Context& context) {
  const Model model = load_model(r.model);
  PredictOptions options;
  options.memory_limit = static_cast<std::int64_t>(r.memory * (1 << 30));
  options.noise = r.noise.value_or(0);
  r.result = predict(model, r.image, options, context.part(0, 0.9));
  if (!r.labels) return;
  const auto& outputs = model.card.outputs;
  if (outputs.empty() || outputs[0].classes.empty())
    throw Error(ErrorCode::invalid_input, fmt::format("\"{}\" scores no classes", r.model), "labels");
  *r.labels = classify(r.result, r.image.grid(), outputs[0].classes, context.part(0.9, 1));
}

}  // namespace

op::Operation run_operation() {
  return op::Declare<Run>("model.run", "Runs a trained network on an image.")
      .description(
          "Prepares the image as the model's card says (axes, voxel size, intensities), runs the "
          "network, and gives its "
          "output maps on the prepared grid. Where memory is short the image is cut into windows; "
          "networks that only "
          "look so far give the same result however they are cut. 2-D networks run slice by slice.\n\n"
          "For models that score classes, labels are the likeliest class at every voxel of the image "
          "itself. Tasks "
          "with an operation of their own (image.segment_brain) do more: use those.")
      .input(&Run::image, "image", "what the network shall see")
      .param(&Run::model, "model", "name of the model, as model.list gives it")
      .param(&Run::memory, "memory", "for values between layers, at most")
      .in(0.05, 1024)
      .unit("GiB")
      .param(&Run::noise, "noise",
             "standard deviation of the noise, in the image's units, for models that want it; estimated from "
             "the image where not given")
      .in(1e-12, 1e12)
      .unit("1")
      .output(&Run::result, "result", "the network's output, one channel a map")
      .output(&Run::labels, "labels", "the likeliest class, on the image's grid")
      .cites("oneDNN, https://github.com/oneapi-src/oneDNN")
      .example("--image brain.nii.gz --model brain --result scores.nii.gz --labels tissues.nii.gz",
               {"exists scores.nii.gz", "exists tissues.nii.gz"})
      .run(run);
}

}  // namespace sg::model

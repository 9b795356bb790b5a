#include <fmt/format.h>

#include "core/error.h"
#include "model/library.h"
#include "model/operations.h"
#include "op/declare.h"

namespace sg::model {
namespace {

/// Rounding differs between instruction sets by about 1e-5 of the deviation after tens of layers.
constexpr double tolerance = 1e-3;

struct Verify {
  std::string model;
  std::string sha256;
  double difference = 0;
  bool passed = false;
};

void run(Verify& v, const Context& context) {
  const Model model = load_model(v.model);  // checks the SHA-256 and every weight
  v.sha256 = model.card.weights.sha256;
  context.progress(0.5);
  v.difference = check_difference(model);
  v.passed = v.difference <= tolerance;
  if (!v.passed)
    throw Error(
        ErrorCode::invalid_input,
        fmt::format(
            "\"{}\" gives other results here than its card says: {:.2g} deviations apart, expected at "
            "most {:.2g}",
            v.model, v.difference, tolerance),
        "model");
}

}  // namespace

op::Operation verify_operation() {
  return op::Declare<Verify>("model.verify", "Checks that a model is whole and computes here what it should.")
      .description(
          "Reads the weights, compares their SHA-256 with the card's, holds every tensor against the "
          "network's "
          "description, runs the network on the card's fixed random input and compares mean, deviation, "
          "first and last "
          "value of the result with those the card keeps. Fails where any of this does.")
      .param(&Verify::model, "model", "name of the model, as model.list gives it")
      .positional()
      .output(&Verify::passed, "passed", "all of it holds")
      .output(&Verify::sha256, "sha256", "of the weights")
      .output(&Verify::difference, "difference", "largest difference of the check's figures, in deviations")
      .unit("1")
      .cites("safetensors, https://github.com/huggingface/safetensors")
      .example("brain", {"passed == true", "difference < 0.001"})
      .run(run);
}

}  // namespace sg::model

#include "app/operations.h"

#include "evaluation/operations.h"
#include "image/operations.h"
#include "model/operations.h"
#include "registration/operations.h"
#include "ultrasound/operations.h"

namespace sg::app {

std::vector<op::Operation> operations() {
  return {
      image::info_operation(),
      image::convert_operation(),
      image::resample_operation(),
      image::view_operation(),
      image::simulate_acquisition_operation(),
      image::segment_brain_operation(),
      registration::affine_operation(),
      registration::apply_operation(),
      registration::evaluate_operation(),
      evaluation::overlap_operation(),
      ultrasound::benchmark_operation(),
      ultrasound::despeckle_operation(),
      ultrasound::estimate_speckle_operation(),
      ultrasound::envelope_operation(),
      ultrasound::compress_operation(),
      ultrasound::scan_convert_operation(),
      ultrasound::simulate_bmode_operation(),
      model::list_operation(),
      model::info_operation(),
      model::verify_operation(),
      model::run_operation(),
      model::pack_training_operation(),
      model::training_report_operation(),
  };
}

std::vector<Module> modules() {
  return {{"image", "look at, convert, resample, segment and simulate images"},
          {"registration", "align images and move them through transforms"},
          {"evaluation", "measure how well a result agrees with a reference"},
          {"ultrasound", "despeckle and measure ultrasound images"},
          {"model", "trained networks: what there is, what they are, run them"}};
}

}  // namespace sg::app

#pragma once
#include "op/operation.h"

namespace sg::image {

op::Operation info_operation();                  // image.info
op::Operation convert_operation();               // image.convert
op::Operation resample_operation();              // image.resample
op::Operation view_operation();                  // image.view
op::Operation simulate_acquisition_operation();  // image.simulate_acquisition
op::Operation segment_brain_operation();         // image.segment_brain

}  // namespace sg::image

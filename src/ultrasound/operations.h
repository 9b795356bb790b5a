#pragma once
#include "op/operation.h"

namespace sg::ultrasound {

op::Operation despeckle_operation();         // ultrasound.despeckle
op::Operation estimate_speckle_operation();  // ultrasound.estimate_speckle

op::Operation simulate_bmode_operation();  // ultrasound.simulate_bmode

}  // namespace sg::ultrasound

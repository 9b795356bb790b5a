#pragma once
#include "op/operation.h"

namespace sg::ultrasound {

op::Operation benchmark_operation();         // ultrasound.benchmark
op::Operation despeckle_operation();         // ultrasound.despeckle
op::Operation estimate_speckle_operation();  // ultrasound.estimate_speckle

op::Operation envelope_operation();      // ultrasound.envelope
op::Operation compress_operation();      // ultrasound.compress
op::Operation scan_convert_operation();  // ultrasound.scan_convert

op::Operation simulate_bmode_operation();  // ultrasound.simulate_bmode

}  // namespace sg::ultrasound

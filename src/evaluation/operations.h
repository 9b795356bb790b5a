#pragma once
#include "op/operation.h"

namespace sg::evaluation {

op::Operation overlap_operation();  // evaluation.overlap

}  // namespace sg::evaluation

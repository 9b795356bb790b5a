#pragma once
#include "op/operation.h"

namespace sg::registration {

op::Operation affine_operation();
op::Operation apply_operation();
op::Operation evaluate_operation();

}  // namespace sg::registration

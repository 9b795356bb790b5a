#pragma once
#include "op/operation.h"

namespace sg::model {

op::Operation list_operation();    // model.list
op::Operation info_operation();    // model.info
op::Operation verify_operation();  // model.verify
op::Operation run_operation();     // model.run

}  // namespace sg::model

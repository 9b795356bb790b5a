#pragma once
#include "op/operation.h"

namespace sg::model {

op::Operation list_operation();             // model.list
op::Operation info_operation();             // model.info
op::Operation verify_operation();           // model.verify
op::Operation run_operation();              // model.run
op::Operation pack_training_operation();    // model.pack_training
op::Operation training_report_operation();  // model.training_report

}  // namespace sg::model

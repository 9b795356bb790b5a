#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/table.h"
#include "report/report.h"

namespace sg::model {

/// A measure of the validations, one value each.
struct ValidationCurve {
  std::string name;
  std::vector<double> values;
};

/// What the log of a training says, drawn from the columns of its metrics.jsonl.
struct TrainingCurves {
  std::vector<double> steps, loss, rate, seconds;  // one a step; rate and seconds NaN where the log has none
  std::vector<double> smoothed;                    // loss, see smoothed_loss
  std::vector<double> validated;                   // the steps with a validation
  std::vector<ValidationCurve> validations;        // the loss first, if there is one
};

/// Reads the columns step, loss, learning_rate, seconds and those that begin with "validation.". A step that
/// stands twice (a training taken up again from an older checkpoint) counts as it was done last. Throws
/// invalid_input for a table without step and loss, or steps that are no whole numbers from 1.
TrainingCurves training_curves(const Table& log);

/// Exponential mean without the bias of its beginning: mᵢ = d·mᵢ₋₁ + (1−d)·xᵢ, over 1 − dⁱ, with
/// d = 1 − 1/max(n/50, 1), n values; NaN are passed over (Kingma & Ba 2015, arXiv:1412.6980, eq. 3).
std::vector<double> smoothed_loss(const std::vector<double>& loss);

/// Curves of loss, validation and learning rate, as a page.
report::Report training_page(const TrainingCurves& curves);

}  // namespace sg::model

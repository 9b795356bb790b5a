#pragma once
#include <string>

#include "op/operation.h"

namespace sg::op {

/// The operation as a command-line module description of the Slicer Execution Model
/// (https://www.slicer.org/wiki/Documentation/Nightly/Developers/SlicerExecutionModel): element order as in
/// ModuleDescriptionParser, one group each for inputs, parameters, outputs. Kinds without a counterpart
/// (signals, tables, documents, reports, pictures) become <file>; outputs that are written out are left away,
/// for the model returns values by a file of its own.
std::string slicer_xml(const Operation& operation);

}  // namespace sg::op

#pragma once
#include "registration/affine.h"
#include "report/report.h"

namespace sg::registration {

/// What registration.affine found, to be looked at: figures, pictures before and after, course of the loss,
/// decomposition. `seconds`: how long the alignment took.
report::Report affine_report(const Volume<float>& fixed, const Volume<float>& moving,
                             const AffineResult& result, double seconds, const Context& context = {});

}  // namespace sg::registration

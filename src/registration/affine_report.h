#pragma once
#include "registration/affine.h"
#include "report/report.h"

namespace sg::registration {

/// What registration.affine found, to be looked at: figures, pictures before and after, course of the loss,
/// decomposition.
report::Report affine_report(const Volume<float>& fixed, const Volume<float>& moving, const AffineResult& result,
                             const Context& context = {});

}  // namespace sg::registration

#pragma once
#include "core/regions.h"

namespace sg::detail {

/// Throws invalid_input unless there is exactly one channel.
void require_mask(const Mask& mask);
/// 1 where `mask` is 0; throws as require_mask.
Mask complement(const Mask& mask);

}  // namespace sg::detail

#pragma once
#include "core/volume.h"

namespace sg {

/// Grey values of a picture: the one channel there is, or the luma 0.299·R + 0.587·G + 0.114·B of three
/// (ITU-R BT.601), in the picture's own range. A second or fourth channel is transparency and passed over.
/// Throws invalid_input for a series in time and for more than four channels.
Volume<float> grey_of(const AnyVolume& picture);

}  // namespace sg

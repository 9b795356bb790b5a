#pragma once
#include <optional>

#include "ultrasound/frame.h"

/// The parts of frame_of; see there.
namespace sg::ultrasound {

/// Darkest grey value and the span of what can be reached.
struct GreyRange {
  double low = 0, span = 255;
};

/// The sector within a rectangle; none if nothing looks like one. `black` is the grey value up to which a
/// 5×5 mean counts as black.
std::optional<Mask> find_sector(const Volume<float>& grey, const Region& within, double black,
                                const Context& context = {});

/// Text, calipers and marks inside the sector.
Mask find_graphics(const Volume<float>& grey, const Mask& sector, GreyRange range,
                   const Context& context = {});

}  // namespace sg::ultrasound

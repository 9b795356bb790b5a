#pragma once
#include <vector>

#include "core/table.h"
#include "ultrasound/despeckle.h"

/// Regions that a reader drew, measured before and after.
namespace sg::ultrasound {

/// x, y, width, height of each → boxes in a picture of that size. Throws invalid_input at "regions" for
/// numbers left over and boxes that are empty or not within the picture.
std::vector<Box> given_regions(const std::vector<int>& numbers, std::int64_t width, std::int64_t height);

/// box_table of the middle frame, with width and height of each box and the mean of the image's own values
/// (grey levels; of all colours) before and after.
Table region_table(const Image& before, const Despeckled& result);

}  // namespace sg::ultrasound

#pragma once
#include <string>

#include "report/report.h"
#include "ultrasound/despeckle.h"

namespace sg::ultrasound {

/// The middle of what was filtered: which of the frames, and its slice in a volume that was filtered whole.
struct Middle {
  std::size_t frame;
  std::int64_t slice;
};
Middle middle_of(const Despeckled& result);

/// What the filter did to one frame, for readers and programs.
struct FrameFigures {
  double looks = 0, correlation_x = 0, correlation_y = 0;
  RatioStatistics ratio;  // within the tissue
};
FrameFigures figures_of(const DespeckledFrame& frame);
/// A row a box: place, equivalent number of looks before and after, gCNR against the first box before and
/// after, mean of the ratio.
Table box_table(const DespeckledFrame& frame);

/// Before and after with a slider, ratio picture, figures, course of the diffusion. The middle frame of a
/// series.
report::Report despeckle_page(const Image& before, const Despeckled& result, const std::string& method);

}  // namespace sg::ultrasound

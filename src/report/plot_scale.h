#pragma once
#include <optional>
#include <string>
#include <vector>

#include "report/plot.h"

namespace sg::report {

/// Maps values of an axis to pixels.
struct Scale {
  double low = 0, high = 1;  // values at the ends
  double from = 0, to = 1;   // pixels at the ends
  bool log = false;
  std::vector<double> ticks = {};

  double at(double value) const;
  std::string label(double tick) const;
};

/// The axis over low…high (grown to whole steps) with ticks; fixed ends of `encoding` stay. low > high (no
/// data) gives 0…1. Throws invalid_input for fixed ends that are not in order, or ≤ 0 on a log axis.
Scale make_scale(double low, double high, const Encoding& encoding, int tick_count);

/// The nearest of 1, 2 or 5 times a power of ten; length > 0.
double round_step(double length);

/// Pixels that `text` takes at `size` px: 0.56 em a character, 1 em for CJK.
double text_width(const std::string& text, double size);

}  // namespace sg::report

#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "core/context.h"
#include "core/regions.h"
#include "core/volume.h"

namespace sg::ultrasound {

/// Where the samples of scan lines lie in a picture: lines are the columns of an image (x), depth runs down
/// them (y). Linear: parallel lines. Convex: lines fan out of an apex `radius` above the middle of the
/// probe's face.
struct ScanLines {
  bool convex = false;
  std::int64_t count = 0, samples = 0;
  double step = 1;                 // mm between samples along a line
  double spread = 1;               // between neighbouring lines: mm (linear) or radians (convex)
  double radius = 0;               // mm from the apex to the first sample, convex
  std::array<double, 2> centre{};  // of the face: first sample, between the middle lines; mm from the centre
                                   // of the picture's first pixel

  double angle(double line) const { return (line - 0.5 * static_cast<double>(count - 1)) * spread; }
  /// Distance of neighbouring lines at a depth, mm.
  double gap(double depth) const { return convex ? spread * (radius + depth) : spread; }
  /// Place in the picture, mm.
  std::array<double, 2> place(double line, double depth) const;
  /// The line and sample (fractional) that lie at a place in mm; none beyond the outermost.
  std::optional<std::array<double, 2>> at(double x, double y) const;
};

/// How lines are stored. Plus sequences say it in two or three letters (metadata
/// "UltrasoundImageOrientation"): where the first axis runs, then the second: F far, N near, M the marked
/// side, U the other.
struct LineOrder {
  bool along_x = false;     // samples of a line along x, lines one below the other; else lines are columns
  bool from_depth = false;  // the last sample is the one at the probe
  bool mirrored = false;    // the first line is the last one seen from the marked side
};
/// As the file says; nothing said: lines are columns that begin at the probe.
LineOrder line_order_of(const Image& image);
/// The lines as columns with the probe on top, so that x counts lines and y depth; spacing goes with its
/// axis. Slices and frames one by one.
Volume<float> columns_of(const Volume<float>& lines, const LineOrder& order);

/// Linear interpolation at a fractional column and row, border values continued.
double interpolated(const Volume<float>& image, double column, double row);

/// The lines as a picture on `grid` (2-D; its spacing counts, its place does not), slices and frames one by
/// one: linear interpolation between samples and lines, 0 beyond the outermost. `sector`, if given, becomes
/// 1 where lines are. Throws invalid_input unless the image has lines.count columns and lines.samples rows,
/// and the geometry is usable (two lines and two samples; step, spread and, convex, radius + depth positive
/// and finite; lines within 180°). O(pixels).
Volume<float> scan_convert(const Volume<float>& image, const ScanLines& lines, const Grid& grid,
                           Mask* sector = nullptr, const Context& context = {});

}  // namespace sg::ultrasound

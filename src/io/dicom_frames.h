#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/volume.h"
#include "io/dicom_pixels.h"

namespace sg::io {

/// What tells apart images of the same place, in the order it is tried.
enum class FrameKey { segment, temporal, trigger, echo, b_value, acquisition, acquisition_time, dimensions };
constexpr std::size_t frame_key_count = 8;

/// One image of an object, where it lies and how its values are to be read. Vectors in mm LPS.
struct FrameInfo {
  std::size_t object = 0;  // which file
  std::int64_t frame = 0;  // which frame of it
  std::optional<Vec3> position;
  std::optional<std::array<Vec3, 2>> axes;  // unit vectors along a row (x) and down a column (y)
  std::optional<Vec3> spacing;              // z = slice spacing the file states, 0 if none
  double slope = 1, intercept = 0;
  std::array<std::optional<double>, frame_key_count>
      keys;  // by FrameKey; seconds for trigger and acquisition_time
};

/// What a multi-frame object without positions counts along its frames.
enum class FrameAxis { slices, time, other };

/// An object's images and what holds for all of them.
struct ObjectInfo {
  std::string name;  // for messages
  PixelFormat format;
  std::string modality, series_uid, sop_class, sop_instance;
  std::vector<FrameInfo> frames;
  FrameAxis frame_axis = FrameAxis::slices;
  double time_step = 0;  // s
  bool segmentation = false;
  std::vector<std::string> warnings;
};

/// Reads them from a parsed file. Throws invalid_input for values that are there but unusable (spacing ≤ 0,
/// axes that are no axes, not finite).
ObjectInfo object_info(const DicomFile& file, const std::string& name);

/// Images in order, z fastest, then the outer axis, on their grid.
struct FrameStack {
  Grid grid;  // size x and y included
  std::int64_t outer_size = 1;
  OuterAxis outer = OuterAxis::none;
  double time_step = 0;
  std::vector<const FrameInfo*>
      order;  // slices · outer_size; nullptr = empty (segmentations leave slices out)
  std::vector<std::string> warnings;
};

/// Orders the images of one series; `objects` must outlive the result. Throws invalid_input when they do not
/// form a stack: the message says which images and why.
FrameStack stack_frames(const std::vector<ObjectInfo>& objects);

}  // namespace sg::io

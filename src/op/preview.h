#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/volume.h"
#include "op/json.h"
#include "op/operation.h"

/// What an operation would make of a part of one frame, without files, record or run: for those who look on
/// while they change parameters.
namespace sg::op {

/// Pixels [x, x + width) × [y, y + height) of one frame; frames are counted through the slices of the first
/// time point, then those of the next.
struct Window {
  std::int64_t frame = 0, x = 0, y = 0;
  std::int64_t width = 0, height = 0;  // 0: up to the border
};
/// From {"frame", "x", "y", "width", "height"}, any of them left out. Throws invalid_input at "region".
Window window_from(const Json& json);

std::int64_t frames_of(const Image& image);
/// The window with both sizes filled in. Throws invalid_input at "region" if it is not within the image.
Window within(const Image& image, Window window);
/// That part as a 2-D image in its place in space, with all its colours. What the metadata says of places in
/// pixels is kept for whole frames only.
Image part_of(const Image& image, const Window& window);

struct Preview {
  std::vector<std::pair<std::string, Image>> images;  // the outputs asked for
  Json values = Json::object();                       // the outputs that are shown
  Json units = Json::object();
  double seconds = 0;  // of the operation itself
};
/// Runs an operation that says `previews` on an image as it is. Throws as op::run does, and invalid_input at
/// "outputs" for one that is no image; none = the first that is.
Preview preview(const Operation& operation, Image image, const Json& parameters,
                std::vector<std::string> outputs, const Context& context);

}  // namespace sg::op

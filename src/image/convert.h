#pragma once
#include <cstdint>
#include <optional>

#include "core/volume.h"

namespace sg::image {

/// How voxels are stored; automatic = as they are.
enum class ScalarType { automatic, uint8, int8, uint16, int16, uint32, int32, float32, float64 };

struct Converted {
  Image image;                    // metadata kept, warnings dropped
  std::int64_t clamped = 0;       // values outside the new type's range, set to its nearest end
  std::int64_t not_a_number = 0;  // set to 0 in whole-number types
  std::int64_t rounded = 0;       // values with a fraction in whole-number types
};
/// The same image in another scalar type, value by value: rounded to nearest (ties to even), clamped,
/// counted.
Converted convert(const Image& image, ScalarType type);

/// One time point or channel (from 0) of an image that has such an axis. Throws invalid_input naming how many
/// there are.
Image select(const Image& image, OuterAxis axis, std::int64_t index);

}  // namespace sg::image

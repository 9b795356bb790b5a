#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/volume.h"

namespace sg::ultrasound {

/// Width and height that an image must have at least: in less, speckle cannot be told from structure.
constexpr std::int64_t least_side = 16;

/// What values an operation takes.
enum class Values { displayed, intensity, amplitude };

/// Looks at an image before anything is computed from it. Throws invalid_input (field "image") for one that
/// is empty, narrower or lower than `least_side`, for values that are not finite and, unless displayed,
/// negative ones: the message names the first such value, where it is and its frame. Returns what should be
/// known of the rest, as plain sentences: values that look clipped (2 % of them and more at the largest, in
/// pictures 10 % at white). O(values).
std::vector<std::string> look_at_input(const Image& image, Values values);

/// How the values of a displayed picture become the grey values 0…255 that all else reckons with:
/// grey = (value − low)·factor.
struct GreyScale {
  double low = 0, factor = 1;
  std::string warning;  // where it had to be guessed
  bool identity() const { return low == 0 && factor == 1; }
};
/// 8 bits, and values within 0…255 that reach above 1: as they are. Else the bits that a file says were
/// stored (metadata "BitsStored"), where the values are not rescaled; else from the least to the greatest
/// value, with a warning. The image must be finite.
GreyScale grey_scale_of(const Image& image);
AnyVolume grey_by(const GreyScale& scale, const AnyVolume& picture);

/// 1 while intensities (or amplitudes) are of a usual size; else the power of two that brings their mean near
/// 100, so that squares neither overflow nor vanish. For finite values of 0 or more.
double usual_scale_of(const Volume<float>& values);
/// Values, or the squares of amplitudes, on their usual scale.
Volume<float> intensity_of(const Volume<float>& values, bool amplitude);

/// Whether each channel is one value.
bool is_constant_frame(const AnyVolume& frame);

/// Each different text once, in the order of first appearance, with "frames 2 to 4, 7: " before it if it was
/// said of some frames only. Texts that differ in their numbers only count as one, of which the first stands
/// for all. warnings[k] are those of frame k.
std::vector<std::string> merged_warnings(const std::vector<std::vector<std::string>>& warnings);

}  // namespace sg::ultrasound

#include "ultrasound/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <type_traits>

#include "core/error.h"

namespace sg::ultrasound {
namespace {

/// Where value number `i` lies, for a message.
template <class T>
std::string place_of(const Volume<T>& voxels, std::int64_t i) {
  const auto& size = voxels.grid().size;
  const std::int64_t each = voxels.grid().voxel_count(), at = i % each;
  std::string text = fmt::format("pixel ({}, {}{})", at % size[0], at / size[0] % size[1],
                                 voxels.grid().is_2d() ? "" : fmt::format(", {}", at / (size[0] * size[1])));
  if (voxels.channels() > 1)
    text += fmt::format(" of {} {}", voxels.outer() == OuterAxis::time ? "frame" : "channel", i / each + 1);
  return text;
}

[[noreturn]] void refuse(const std::string& text) { throw Error(ErrorCode::invalid_input, text, "image"); }

template <class T>
void require_values(const Volume<T>& voxels, Values values) {
  const char* expected = values == Values::displayed   ? "finite grey values"
                         : values == Values::amplitude ? "finite amplitudes of 0 or more"
                                                       : "finite intensities of 0 or more";
  for (std::int64_t i = 0; i < voxels.size(); ++i) {
    const auto value = static_cast<double>(voxels.data()[i]);
    if (std::isfinite(value) && (value >= 0 || values == Values::displayed)) continue;
    refuse(fmt::format("{} is {}, expected {}{}", place_of(voxels, i), value, expected,
                       std::isfinite(value) ? " (a picture as displayed has the domain bmode)" : ""));
  }
}

/// Share of the values at `limit`.
template <class T>
double share_at(const Volume<T>& voxels, T limit) {
  const auto count = std::count(voxels.values().begin(), voxels.values().end(), limit);
  return static_cast<double>(count) / static_cast<double>(voxels.size());
}

template <class T>
void look_for_clipping(const Volume<T>& voxels, Values values, std::vector<std::string>& warnings) {
  const auto [least, greatest] = std::minmax_element(voxels.values().begin(), voxels.values().end());
  const T high = *greatest;
  if (*least == high) return;
  const bool picture = values == Values::displayed;
  if (picture && !(std::is_same_v<T, std::uint8_t> && static_cast<double>(high) == 255)) return;
  const double share = share_at(voxels, high);
  if (share < (picture ? 0.1 : 0.02)) return;
  warnings.push_back(fmt::format(
      "{:.0f} % of the values are {:g}, the largest there is: clipped speckle comes out too dark, and the "
      "ratio image is wrong there",
      100 * share, static_cast<double>(high)));
}

std::string without_numbers(std::string text) {
  std::erase_if(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return text;
}

std::optional<int> stored_bits(const Image& image) {
  const auto bits = image.metadata.find("BitsStored");
  const auto slope = image.metadata.find("RescaleSlope"), shift = image.metadata.find("RescaleIntercept");
  if (bits == image.metadata.end()) return {};
  if (slope != image.metadata.end() && std::atof(slope->second.c_str()) != 1) return {};
  if (shift != image.metadata.end() && std::atof(shift->second.c_str()) != 0) return {};
  int number = 0;
  const char* end = bits->second.data() + bits->second.size();
  const auto [at, error] = std::from_chars(bits->second.data(), end, number);
  if (error != std::errc() || at != end || number < 1 || number > 16) return {};
  return number;
}

}  // namespace

std::vector<std::string> look_at_input(const Image& image, Values values) {
  const Grid& grid = grid_of(image.voxels);
  if (std::visit([](const auto& voxels) { return voxels.empty(); }, image.voxels))
    refuse("the image has no pixels");
  if (grid.size[0] < least_side || grid.size[1] < least_side)
    refuse(
        fmt::format("the image is {}×{} pixels, expected {}×{} or more: in less, speckle cannot be told "
                    "from structure",
                    grid.size[0], grid.size[1], least_side, least_side));
  std::vector<std::string> warnings;
  std::visit(
      [&](const auto& voxels) {
        require_values(voxels, values);
        look_for_clipping(voxels, values, warnings);
      },
      image.voxels);
  return warnings;
}

GreyScale grey_scale_of(const Image& image) {
  if (std::holds_alternative<Volume<std::uint8_t>>(image.voxels)) return {};
  const auto [low, high] = std::visit(
      [](const auto& voxels) {
        const auto [least, greatest] = std::minmax_element(voxels.values().begin(), voxels.values().end());
        return std::pair{static_cast<double>(*least), static_cast<double>(*greatest)};
      },
      image.voxels);
  if (const auto bits = stored_bits(image)) {
    const double white = std::ldexp(1.0, *bits) - 1;
    if (low >= 0 && high <= white) return {0, 255 / white, ""};
  }
  if ((low >= 0 && high > 1 && high <= 255) || low == high) return {};
  return {low, 255 / (high - low),
          fmt::format("the values of the picture go from {:g} to {:g} and nothing says which are black and "
                      "white: these two were taken for grey 0 and 255, which the dynamic range depends on",
                      low, high)};
}

AnyVolume grey_by(const GreyScale& scale, const AnyVolume& picture) {
  Volume<float> grey = converted_to<float>(picture);
  for (float& value : grey.values())
    value = static_cast<float>((static_cast<double>(value) - scale.low) * scale.factor);
  return grey;
}

double usual_scale_of(const Volume<float>& values) {
  double sum = 0;
  for (const float value : values.values()) sum += value;
  const double mean = sum / static_cast<double>(std::max<std::int64_t>(1, values.size()));
  const bool usual = mean == 0 || (mean > 1e-3 && mean < 1e6);
  return usual ? 1 : std::exp2(std::round(std::log2(100 / mean)));
}

Volume<float> intensity_of(const Volume<float>& values, bool amplitude) {
  Volume<float> intensity = values.clone();
  const double scale = usual_scale_of(values);
  for (float& value : intensity.values()) {
    value = static_cast<float>(value * scale);
    if (amplitude) value *= value;
  }
  return intensity;
}

bool is_constant_frame(const AnyVolume& frame) {
  return std::visit(
      [](const auto& voxels) {
        for (std::int64_t c = 0; c < voxels.channels(); ++c) {
          const auto channel = voxels.channel(c);
          if (std::any_of(channel.begin(), channel.end(), [&](auto value) { return value != channel[0]; }))
            return false;
        }
        return true;
      },
      frame);
}

std::vector<std::string> merged_warnings(const std::vector<std::vector<std::string>>& warnings) {
  std::vector<std::string> texts, merged;
  const auto holds = [](const std::vector<std::string>& list, const std::string& text) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& other) {
      return without_numbers(other) == without_numbers(text);
    });
  };
  for (const auto& frame : warnings)
    for (const std::string& text : frame)
      if (!holds(texts, text)) texts.push_back(text);
  for (const std::string& text : texts) {
    const auto said = [&](std::size_t k) { return k < warnings.size() && holds(warnings[k], text); };
    std::string list;
    std::size_t count = 0;
    for (std::size_t k = 0; k < warnings.size(); ++k) {
      if (!said(k)) continue;
      std::size_t last = k;
      while (said(last + 1)) ++last;
      count += last - k + 1;
      list += fmt::format("{}{}{}", list.empty() ? "" : ", ", k + 1,
                          last > k ? fmt::format(" to {}", last + 1) : "");
      k = last;
    }
    merged.push_back(
        count == warnings.size() ? text : fmt::format("frame{} {}: {}", count > 1 ? "s" : "", list, text));
  }
  return merged;
}

}  // namespace sg::ultrasound

#include "image/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace sg::image {

namespace {

template <class To>
To convert_value(double value, Converted& counts) {
  if constexpr (std::is_same_v<To, double>) {
    return value;
  } else if constexpr (std::is_same_v<To, float>) {
    const bool beyond =
        std::isfinite(value) && std::abs(value) > static_cast<double>(std::numeric_limits<float>::max());
    if (!beyond) return static_cast<float>(value);
    ++counts.clamped;
    return std::copysign(std::numeric_limits<float>::max(), static_cast<float>(value > 0 ? 1 : -1));
  } else {
    if (std::isnan(value)) return ++counts.not_a_number, To{0};
    const double whole = std::nearbyint(value);
    constexpr double low = static_cast<double>(std::numeric_limits<To>::lowest());
    constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
    if (whole < low || whole > high) {
      ++counts.clamped;
    } else if (whole != value) {
      ++counts.rounded;
    }
    return static_cast<To>(std::clamp(whole, low, high));
  }
}

template <class To>
void convert_to(const AnyVolume& voxels, Converted& result) {
  std::visit(
      [&](const auto& source) {
        Volume<To> target(source.grid(), source.channels(), source.outer());
        target.set_time_step(source.time_step());
        for (std::int64_t i = 0; i < source.size(); ++i) {
          target.data()[i] = convert_value<To>(static_cast<double>(source.data()[i]), result);
        }
        result.image.voxels = std::move(target);
      },
      voxels);
}

AnyVolume clone(const AnyVolume& voxels) {
  return std::visit([](const auto& v) -> AnyVolume { return v.clone(); }, voxels);
}

}  // namespace

Converted convert(const Image& image, ScalarType type) {
  Converted result;
  result.image.format = image.format;
  result.image.metadata = image.metadata;
  result.image.source = image.source;
  switch (type) {
    case ScalarType::automatic: result.image.voxels = clone(image.voxels); break;
    case ScalarType::uint8: convert_to<std::uint8_t>(image.voxels, result); break;
    case ScalarType::int8: convert_to<std::int8_t>(image.voxels, result); break;
    case ScalarType::uint16: convert_to<std::uint16_t>(image.voxels, result); break;
    case ScalarType::int16: convert_to<std::int16_t>(image.voxels, result); break;
    case ScalarType::uint32: convert_to<std::uint32_t>(image.voxels, result); break;
    case ScalarType::int32: convert_to<std::int32_t>(image.voxels, result); break;
    case ScalarType::float32: convert_to<float>(image.voxels, result); break;
    case ScalarType::float64: convert_to<double>(image.voxels, result); break;
  }
  return result;
}

Image select(const Image& image, OuterAxis axis, std::int64_t index) {
  Image result;
  result.format = image.format;
  result.metadata = image.metadata;
  result.source = image.source;
  std::visit(
      [&](const auto& source) {
        using Same = std::remove_cvref_t<decltype(source)>;
        const char* what = axis == OuterAxis::time ? "time point" : "channel";
        const std::int64_t count = source.outer() == axis ? source.channels() : 1;
        if (index < 0 || index >= count) {
          throw Error(ErrorCode::invalid_input,
                      fmt::format("{} {} does not exist, expected 0 to {}: the image has {}", what, index,
                                  count - 1, count),
                      axis == OuterAxis::time ? "time_point" : "channel");
        }
        if (source.outer() != axis) {
          result.voxels = source.clone();
          return;
        }
        Same target(source.grid());
        std::ranges::copy(source.channel(index), target.data());
        result.voxels = std::move(target);
      },
      image.voxels);
  return result;
}

}  // namespace sg::image

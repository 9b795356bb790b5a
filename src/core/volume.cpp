#include "core/volume.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "core/error.h"

namespace sg {

template <class T>
Buffer<T>::Buffer(std::int64_t count) : size_(count) {
  constexpr std::int64_t limit = std::int64_t{1} << 40;  // bytes
  const bool fits = count >= 0 && count <= limit / static_cast<std::int64_t>(sizeof(T));
  // calloc gets large blocks from the system already zero: 64 MiB then cost nothing until their pages are
  // touched.
  const std::size_t bytes = fits ? static_cast<std::size_t>(count) * sizeof(T) + 128 : 0;
  void* block = fits ? std::calloc(bytes, 1) : nullptr;
  if (block == nullptr) {
    throw Error(ErrorCode::resource,
                fmt::format("not enough memory for {} values of {} bytes", count, sizeof(T)));
  }
  void* start = block;
  std::size_t space = bytes;
  std::align(64, 1, start, space);
  data_ = {static_cast<T*>(start), Free{block}};
}

template <class T>
Buffer<T> Buffer<T>::clone() const {
  if (!data_) return {};
  Buffer copy(size_);
  std::memcpy(copy.data(), data(), static_cast<std::size_t>(size_) * sizeof(T));
  return copy;
}

template <class T>
Volume<T>::Volume(const Grid& grid, std::int64_t channels, OuterAxis outer)
    : grid_(grid),
      channels_(channels),
      outer_(channels > 1 && outer == OuterAxis::none ? OuterAxis::channel : outer) {
  grid.validate();
  constexpr std::int64_t limit = std::int64_t{1} << 40;
  if (channels < 1 || channels > limit / grid.voxel_count()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} channels of {} are not usable, expected ≥ 1 and at most 2^40 values",
                            channels, grid.describe()));
  }
  buffer_ = Buffer<T>(grid.voxel_count() * channels);
}

template <class T>
Volume<T> Volume<T>::clone() const {
  Volume copy;
  copy.grid_ = grid_;
  copy.channels_ = channels_;
  copy.outer_ = outer_;
  copy.time_step_ = time_step_;
  copy.buffer_ = buffer_.clone();
  return copy;
}

template <class T>
void Volume<T>::set_grid(const Grid& grid) {
  grid.validate();
  if (grid.size != grid_.size) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("grid {} does not fit a volume of {}", grid.describe(), grid_.describe()));
  }
  grid_ = grid;
}

template class Buffer<float>;
template class Volume<std::uint8_t>;
template class Volume<std::int8_t>;
template class Volume<std::uint16_t>;
template class Volume<std::int16_t>;
template class Volume<std::uint32_t>;
template class Volume<std::int32_t>;
template class Volume<float>;
template class Volume<double>;

std::string scalar_name(const AnyVolume& volume) {
  static constexpr const char* names[] = {"uint8",  "int8",  "uint16",  "int16",
                                          "uint32", "int32", "float32", "float64"};
  return names[volume.index()];
}

const Grid& grid_of(const AnyVolume& volume) {
  return std::visit([](const auto& v) -> const Grid& { return v.grid(); }, volume);
}

std::int64_t channels_of(const AnyVolume& volume) {
  return std::visit([](const auto& v) { return v.channels(); }, volume);
}

namespace {

template <class To, class From>
To convert_value(From value) {
  if constexpr (std::is_floating_point_v<To> || std::is_same_v<To, From>) {
    return static_cast<To>(value);
  } else {
    const double v = static_cast<double>(value);
    if (std::isnan(v)) return 0;
    constexpr double low = static_cast<double>(std::numeric_limits<To>::lowest());
    constexpr double high = static_cast<double>(std::numeric_limits<To>::max());
    return static_cast<To>(std::nearbyint(v < low ? low : v > high ? high : v));
  }
}

}  // namespace

template <class T>
Volume<T> converted_to(const AnyVolume& volume) {
  return std::visit(
      [](const auto& source) {
        Volume<T> result(source.grid(), source.channels(), source.outer());
        result.set_time_step(source.time_step());
        const auto* in = source.data();
        T* out = result.data();
        for (std::int64_t i = 0; i < source.size(); ++i) out[i] = convert_value<T>(in[i]);
        return result;
      },
      volume);
}

template Volume<std::uint8_t> converted_to<std::uint8_t>(const AnyVolume&);
template Volume<std::int8_t> converted_to<std::int8_t>(const AnyVolume&);
template Volume<std::int16_t> converted_to<std::int16_t>(const AnyVolume&);
template Volume<std::uint16_t> converted_to<std::uint16_t>(const AnyVolume&);
template Volume<std::uint32_t> converted_to<std::uint32_t>(const AnyVolume&);
template Volume<std::int32_t> converted_to<std::int32_t>(const AnyVolume&);
template Volume<float> converted_to<float>(const AnyVolume&);
template Volume<double> converted_to<double>(const AnyVolume&);

}  // namespace sg

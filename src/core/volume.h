#pragma once
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/geometry.h"

namespace sg {

/// A block of trivially copyable values, 64-byte aligned with at least 64 readable bytes after its end, so
/// that vector kernels may over-read. Move-only; zero-filled on construction. Throws Error{resource} if
/// memory is short.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::int64_t count);
  Buffer clone() const;
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::int64_t size() const { return size_; }

 private:
  struct Free {
    void* block = nullptr;  // what calloc gave; the values start at its first multiple of 64
    void operator()(T*) const { std::free(block); }
  };
  std::unique_ptr<T[], Free> data_;
  std::int64_t size_ = 0;
};

/// What the outermost axis of a volume counts.
enum class OuterAxis { none, channel, time };

/// Voxels on a grid, x fastest: `[C,Z,Y,X]` where C is an explicit outer axis (colour or feature channels, or
/// time points). A 2-D image has size z = 1. Move-only; `clone` copies.
template <class T>
class Volume {
 public:
  Volume() = default;
  /// All voxels 0. Throws invalid_input for a bad grid or channels < 1, resource if memory is short.
  explicit Volume(const Grid& grid, std::int64_t channels = 1, OuterAxis outer = OuterAxis::none);
  Volume clone() const;

  const Grid& grid() const { return grid_; }
  /// Moves the same voxels to another place in space; the size must stay.
  void set_grid(const Grid& grid);
  std::int64_t channels() const { return channels_; }
  OuterAxis outer() const { return outer_; }
  double time_step() const {
    return time_step_;
  }  // seconds between time points; 0 if unknown or not a series
  void set_time_step(double seconds) { time_step_ = seconds; }

  bool empty() const { return buffer_.size() == 0; }
  std::int64_t size() const { return buffer_.size(); }  // values, all channels
  T* data() { return buffer_.data(); }
  const T* data() const { return buffer_.data(); }
  std::span<T> values() { return {data(), static_cast<std::size_t>(size())}; }
  std::span<const T> values() const { return {data(), static_cast<std::size_t>(size())}; }
  std::span<T> channel(std::int64_t c) {
    return values().subspan(static_cast<std::size_t>(c * grid_.voxel_count()),
                            static_cast<std::size_t>(grid_.voxel_count()));
  }
  std::span<const T> channel(std::int64_t c) const {
    return values().subspan(static_cast<std::size_t>(c * grid_.voxel_count()),
                            static_cast<std::size_t>(grid_.voxel_count()));
  }
  std::int64_t offset(std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c = 0) const {
    return ((c * grid_.size[2] + z) * grid_.size[1] + y) * grid_.size[0] + x;
  }
  T& at(std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c = 0) {
    return data()[offset(x, y, z, c)];
  }
  const T& at(std::int64_t x, std::int64_t y, std::int64_t z, std::int64_t c = 0) const {
    return data()[offset(x, y, z, c)];
  }

 private:
  Grid grid_;
  std::int64_t channels_ = 0;
  OuterAxis outer_ = OuterAxis::none;
  double time_step_ = 0;
  Buffer<T> buffer_;
};

extern template class Buffer<float>;
extern template class Volume<std::uint8_t>;
extern template class Volume<std::int8_t>;
extern template class Volume<std::uint16_t>;
extern template class Volume<std::int16_t>;
extern template class Volume<std::uint32_t>;
extern template class Volume<std::int32_t>;
extern template class Volume<float>;
extern template class Volume<double>;

/// A volume of any of the scalar types files hold (64-bit integers are read as double).
using AnyVolume =
    std::variant<Volume<std::uint8_t>, Volume<std::int8_t>, Volume<std::uint16_t>, Volume<std::int16_t>,
                 Volume<std::uint32_t>, Volume<std::int32_t>, Volume<float>, Volume<double>>;

/// "uint8", "int16", "float32", … the name of the scalar type.
std::string scalar_name(const AnyVolume& volume);
const Grid& grid_of(const AnyVolume& volume);
std::int64_t channels_of(const AnyVolume& volume);
/// Converts value by value; integers are rounded to nearest and clamped to the target's range, NaN becomes 0
/// there.
template <class T>
Volume<T> converted_to(const AnyVolume& volume);
extern template Volume<std::uint8_t> converted_to<std::uint8_t>(const AnyVolume&);
extern template Volume<std::int8_t> converted_to<std::int8_t>(const AnyVolume&);
extern template Volume<std::int16_t> converted_to<std::int16_t>(const AnyVolume&);
extern template Volume<std::uint16_t> converted_to<std::uint16_t>(const AnyVolume&);
extern template Volume<std::uint32_t> converted_to<std::uint32_t>(const AnyVolume&);
extern template Volume<std::int32_t> converted_to<std::int32_t>(const AnyVolume&);
extern template Volume<float> converted_to<float>(const AnyVolume&);
extern template Volume<double> converted_to<double>(const AnyVolume&);

/// What the file of an image says in its own terms, for writers of the same format: who was imaged, on which
/// device, in which study. It may name a patient, so it is never shown, logged or written in another format.
struct SourceHeader {
  std::vector<std::uint8_t> bytes;  // encoded as the format wants it
  Grid grid;                        // as read: what is bound to pixels holds as long as this does
};

/// An image as it stands in a file: voxels in their stored type after rescaling, and what else the file says.
struct Image {
  AnyVolume voxels;
  std::string format;                           // "NIfTI-1", "DICOM", …; "" if made in memory
  std::map<std::string, std::string> metadata;  // field's own names, e.g. "Modality", "intent_name"
  std::vector<std::string> warnings;  // what a reader should know: irregular spacing, repaired header
  std::shared_ptr<const SourceHeader> source;  // DICOM only; operations pass it on with the metadata
};

/// Whole-number labels on a grid; 0 is background. `names` may be empty or partial.
struct LabelMap {
  Volume<std::int32_t> voxels;
  std::map<std::int32_t, std::string> names;
};

}  // namespace sg

#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.h"
#include "core/volume.h"
#include "io/files.h"

namespace sg::io {

// What the image formats share: scalar types in files, and voxels between file order and Volume order.

enum class Scalar : std::uint8_t { u8, i8, u16, i16, u32, i32, u64, i64, f32, f64 };
std::size_t size_of(Scalar scalar);
std::string_view name_of(Scalar scalar);  // "uint8", …

/// Looks at the voxels of a volume of any type without copying; the volume must outlive it.
class VolumeView {
 public:
  template <class T>
  VolumeView(const Volume<T>& volume)  // implicit, so that writers take any volume
      : grid_(&volume.grid()),
        channels_(volume.channels()),
        outer_(volume.outer()),
        time_step_(volume.time_step()),
        scalar_(scalar_of<T>()),
        bytes_(reinterpret_cast<const std::uint8_t*>(volume.data()),
               static_cast<std::size_t>(volume.size()) * sizeof(T)) {}
  VolumeView(const AnyVolume& volume);

  const Grid& grid() const { return *grid_; }
  std::int64_t channels() const { return channels_; }
  OuterAxis outer() const { return outer_; }
  double time_step() const { return time_step_; }
  Scalar scalar() const { return scalar_; }
  ByteView bytes() const { return bytes_; }

 private:
  template <class T>
  static constexpr Scalar scalar_of() {
    if constexpr (std::is_same_v<T, float>) return Scalar::f32;
    if constexpr (std::is_same_v<T, double>) return Scalar::f64;
    constexpr int log_size = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : 2;
    return static_cast<Scalar>(2 * log_size + (std::is_signed_v<T> ? 1 : 0));
  }

  const Grid* grid_;
  std::int64_t channels_;
  OuterAxis outer_;
  double time_step_;
  Scalar scalar_;
  ByteView bytes_;
};

/// How voxels lie in a file.
struct VoxelLayout {
  Grid grid;
  std::int64_t channels = 1;
  OuterAxis outer = OuterAxis::none;
  double time_step = 0;  // s
  Scalar scalar = Scalar::u8;
  bool big_endian = false;
  bool interleaved = false;  // channels fastest
  double slope = 1, intercept = 0;

  /// Checks the grid. Throws invalid_input above 2^40 values.
  std::uint64_t byte_count() const;
};

/// Voxels in their stored type, 64-bit integers as double; slope · v + intercept as float32 (float64 stays)
/// when that is not the identity. Throws invalid_input naming both lengths when `raw` is shorter than the
/// layout asks for.
AnyVolume decode_voxels(ByteView raw, const VoxelLayout& layout);
/// The same from text: numbers separated by white space or commas.
AnyVolume decode_voxels_text(std::string_view text, const VoxelLayout& layout);

/// Throws invalid_input when `available` stored bytes (compressed ones count 1032-fold) cannot hold `layout`;
/// resource above this machine's memory. To be called before anything of the size a header claims is
/// allocated.
void require_content(const VoxelLayout& layout, double available, bool is_compressed);

/// Voxels in file order, little-endian.
Bytes encode_voxels(const VolumeView& volume, bool interleaved);

/// The grid whose voxel (i, j, k) lies at m · (i, j, k) + origin (LPS, mm). Columns of size-1 axes that are
/// zero are completed with 1 mm; sheared axes are kept; both add to `warnings`. Throws invalid_input for
/// values that are not finite, a zero column (spacing) or dependent columns; `source` names the header
/// fields.
Grid grid_from_matrix(const std::array<std::int64_t, 3>& size, const Mat3& m, LpsPoint origin,
                      const std::string& source, std::vector<std::string>& warnings);
/// Every pair of axes is perpendicular within `tolerance` (cosine).
bool is_orthonormal(const Mat3& direction, double tolerance = 1e-4);

}  // namespace sg::io

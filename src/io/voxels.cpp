#include "io/voxels.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "io/gzip.h"
#include "io/text.h"

namespace sg::io {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class T>
T load(const std::uint8_t* bytes, bool swap) {
  std::uint8_t raw[sizeof(T)];
  std::memcpy(raw, bytes, sizeof(T));
  if (swap) std::reverse(raw, raw + sizeof(T));
  T value;
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

template <class Out>
Volume<Out> make_volume(const VoxelLayout& layout) {
  Volume<Out> volume(layout.grid, layout.channels, layout.outer);
  volume.set_time_step(layout.time_step);
  return volume;
}

/// Calls visit(output index, input index) for every value.
template <class Visit>
void for_each_value(const VoxelLayout& layout, const Visit& visit) {
  const std::int64_t voxels = layout.grid.voxel_count(), channels = layout.channels;
  if (!layout.interleaved || channels == 1) {
    for (std::int64_t i = 0; i < voxels * channels; ++i) visit(i, i);
    return;
  }
  for (std::int64_t i = 0; i < voxels; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) visit(c * voxels + i, i * channels + c);
  }
}

template <class Stored, class Out>
AnyVolume decode_as(ByteView raw, const VoxelLayout& layout) {
  Volume<Out> volume = make_volume<Out>(layout);
  Out* out = volume.data();
  const bool swap = layout.big_endian && sizeof(Stored) > 1;
  const bool scaled = layout.slope != 1 || layout.intercept != 0;
  if constexpr (std::is_same_v<Stored, Out>) {
    if (!swap && !scaled && (!layout.interleaved || layout.channels == 1)) {
      std::memcpy(out, raw.data(), static_cast<std::size_t>(volume.size()) * sizeof(Out));
      return volume;
    }
  }
  const auto value = [&](std::int64_t i) {
    return load<Stored>(raw.data() + static_cast<std::size_t>(i) * sizeof(Stored), swap);
  };
  if (scaled) {
    for_each_value(layout, [&](std::int64_t to, std::int64_t from) {
      out[to] = static_cast<Out>(layout.slope * static_cast<double>(value(from)) + layout.intercept);
    });
  } else {
    for_each_value(layout,
                   [&](std::int64_t to, std::int64_t from) { out[to] = static_cast<Out>(value(from)); });
  }
  return volume;
}

template <class Stored>
AnyVolume decode(ByteView raw, const VoxelLayout& layout) {
  if constexpr (sizeof(Stored) == 8) return decode_as<Stored, double>(raw, layout);
  if (layout.slope != 1 || layout.intercept != 0) return decode_as<Stored, float>(raw, layout);
  if constexpr (sizeof(Stored) < 8) return decode_as<Stored, Stored>(raw, layout);
}

/// Calls visit with a value of the stored type.
template <class Visit>
auto with_scalar(Scalar scalar, const Visit& visit) {
  switch (scalar) {
    case Scalar::u8: return visit(std::uint8_t{});
    case Scalar::i8: return visit(std::int8_t{});
    case Scalar::u16: return visit(std::uint16_t{});
    case Scalar::i16: return visit(std::int16_t{});
    case Scalar::u32: return visit(std::uint32_t{});
    case Scalar::i32: return visit(std::int32_t{});
    case Scalar::u64: return visit(std::uint64_t{});
    case Scalar::i64: return visit(std::int64_t{});
    case Scalar::f32: return visit(float{});
    case Scalar::f64: break;
  }
  return visit(double{});
}

[[noreturn]] void too_short(const VoxelLayout& layout, std::uint64_t expected, const std::string& there) {
  throw Error(
      ErrorCode::invalid_input,
      fmt::format("truncated: {} {} of {}{} need {} bytes, the file holds {}",
                  layout.grid.voxel_count() * layout.channels, name_of(layout.scalar), layout.grid.describe(),
                  layout.channels > 1 ? fmt::format(" × {}", layout.channels) : "", expected, there));
}

}  // namespace

std::size_t size_of(Scalar scalar) {
  return with_scalar(scalar, [](auto value) { return sizeof(value); });
}

std::string_view name_of(Scalar scalar) {
  static constexpr std::string_view names[] = {"uint8", "int8",   "uint16", "int16",   "uint32",
                                               "int32", "uint64", "int64",  "float32", "float64"};
  return names[static_cast<std::size_t>(scalar)];
}

VolumeView::VolumeView(const AnyVolume& volume)
    : VolumeView(std::visit([](const auto& v) { return VolumeView(v); }, volume)) {}

std::uint64_t VoxelLayout::byte_count() const {
  grid.validate();
  constexpr std::int64_t limit = std::int64_t{1} << 40;
  if (channels < 1 || channels > limit / grid.voxel_count()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} values a voxel on {} are not usable, expected 1 to 2^40 in all", channels,
                            grid.describe()));
  }
  return static_cast<std::uint64_t>(grid.voxel_count() * channels) * size_of(scalar);
}

void require_content(const VoxelLayout& layout, double available, bool is_compressed) {
  const std::uint64_t expected = layout.byte_count();
  if (static_cast<double>(expected) > available * (is_compressed ? max_inflation : 1)) {
    too_short(layout, expected, fmt::format("{:.0f}{}", available, is_compressed ? " compressed ones" : ""));
  }
  const bool widened = layout.slope != 1 || layout.intercept != 0;
  require_memory(static_cast<double>(expected) * (is_compressed ? 2 : 1) * (widened ? 2 : 1),
                 fmt::format("an image of {} × {}", layout.grid.describe(), layout.channels));
}

AnyVolume decode_voxels(ByteView raw, const VoxelLayout& layout) {
  const std::uint64_t expected = layout.byte_count();
  if (raw.size() < expected) too_short(layout, expected, fmt::format("{}", raw.size()));
  return with_scalar(layout.scalar, [&](auto stored) { return decode<decltype(stored)>(raw, layout); });
}

AnyVolume decode_voxels_text(std::string_view text, const VoxelLayout& layout) {
  // A number takes a digit and a separator at least.
  const auto count = static_cast<std::uint64_t>(layout.byte_count() / size_of(layout.scalar));
  if (count > text.size() / 2 + 1) too_short(layout, 2 * count - 1, fmt::format("{} of text", text.size()));
  return with_scalar(layout.scalar, [&](auto stored) {
    using Stored = decltype(stored);
    std::vector<Stored> values;
    values.reserve(static_cast<std::size_t>(count));
    const char *at = text.data(), *const end = text.data() + text.size();
    while (values.size() < count) {
      while (at != end && (*at == ',' || (*at >= '\t' && *at <= '\r') || *at == ' ')) ++at;
      Stored value{};
      const auto [next, error] = std::from_chars(at, end, value);
      if (error != std::errc{}) {
        throw Error(ErrorCode::invalid_input,
                    fmt::format("value {} of {} is '{}', expected a {}", values.size() + 1, count,
                                clean_text(std::string_view(at, static_cast<std::size_t>(end - at)), 12),
                                name_of(layout.scalar)));
      }
      values.push_back(value);
      at = next;
    }
    VoxelLayout native = layout;
    native.big_endian = false;
    return decode<Stored>(
        ByteView(reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(Stored)),
        native);
  });
}

Bytes encode_voxels(const VolumeView& volume, bool interleaved) {
  const ByteView in = volume.bytes();
  if (!interleaved || volume.channels() == 1) return {in.begin(), in.end()};
  Bytes out(in.size());
  const auto voxels = static_cast<std::size_t>(volume.grid().voxel_count());
  const auto channels = static_cast<std::size_t>(volume.channels());
  with_scalar(volume.scalar(), [&](auto value) {
    constexpr std::size_t n = sizeof(value);
    for (std::size_t i = 0; i < voxels; ++i) {
      for (std::size_t c = 0; c < channels; ++c) {
        std::memcpy(&out[(i * channels + c) * n], &in[(c * voxels + i) * n], n);
      }
    }
  });
  return out;
}

bool is_orthonormal(const Mat3& direction, double tolerance) {
  const Mat3 gram = transpose(direction) * direction;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      if (!(std::abs(gram[i][static_cast<std::size_t>(j)] - (i == j ? 1 : 0)) <= tolerance)) return false;
    }
  }
  return true;
}

namespace {

void require_finite(const Mat3& m, LpsPoint origin, const std::string& source) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const double value = m[i][static_cast<std::size_t>(j)];
      if (!std::isfinite(value) || std::abs(value) > 1e15) {
        throw Error(ErrorCode::invalid_input,
                    fmt::format("{} holds {} in row {}, column {}, expected a finite number", source, value,
                                i + 1, j + 1));
      }
    }
    const double value = as_vector(origin)[i];
    if (!std::isfinite(value)) {
      throw Error(
          ErrorCode::invalid_input,
          fmt::format("{} gives {} as origin along axis {}, expected a finite number", source, value, i + 1));
    }
  }
}

/// A unit vector perpendicular to the known columns, for an axis of one voxel whose direction the file leaves
/// open.
Vec3 missing_direction(const Mat3& direction, const std::array<bool, 3>& known, int axis) {
  const int next = (axis + 1) % 3, after = (axis + 2) % 3;
  if (known[static_cast<std::size_t>(next)] && known[static_cast<std::size_t>(after)]) {
    const Vec3 normal = cross(direction.column(next), direction.column(after));
    const double length = norm(normal);
    return length > 1e-6 ? (1 / length) * normal : Vec3{};
  }
  // Fewer known: the coordinate axis furthest from those known, made perpendicular to them.
  Vec3 best;
  for (int e = 0; e < 3; ++e) {
    Vec3 candidate;
    candidate[(axis + e) % 3] = 1;
    for (int j = 0; j < 3; ++j) {
      if (known[static_cast<std::size_t>(j)]) {
        candidate = candidate - dot(candidate, direction.column(j)) * direction.column(j);
      }
    }
    if (norm(candidate) > norm(best) + 1e-9) best = candidate;
  }
  return (1 / norm(best)) * best;
}

}  // namespace

Grid grid_from_matrix(const std::array<std::int64_t, 3>& size, const Mat3& m, LpsPoint origin,
                      const std::string& source, std::vector<std::string>& warnings) {
  require_finite(m, origin, source);
  Grid grid{size, {}, origin, m};
  std::array<bool, 3> known{};
  for (int axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const double length = norm(m.column(axis));
    known[a] = length > 0;
    grid.spacing[axis] = known[a] ? length : 1;
    if (!known[a] && size[a] != 1) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} gives a spacing of 0 along axis {} of {} voxels, expected more than 0 mm",
                              source, axis + 1, size[a]));
    }
    for (int row = 0; row < 3; ++row) grid.direction[row][a] = m[row][a] / grid.spacing[axis];
  }
  for (int axis = 0; axis < 3; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    if (known[a]) continue;
    const Vec3 direction = missing_direction(grid.direction, known, axis);
    for (int row = 0; row < 3; ++row) grid.direction[row][a] = direction[row];
    known[a] = true;
    warnings.push_back(fmt::format("{} gives no spacing along axis {}; 1 mm taken", source, axis + 1));
  }
  grid.validate();
  if (!is_orthonormal(grid.direction)) {
    warnings.push_back(fmt::format("{}: the axes are not perpendicular (sheared voxels)", source));
  }
  return grid;
}

}  // namespace sg::io

#include "io/nrrd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/gzip.h"
#include "io/nrrd_header.h"
#include "io/text.h"

namespace sg::io {
namespace {

/// mm a unit, 0 if the unit is not known.
double millimetres(const std::string& unit) {
  const std::string u = lower(unit);
  if (u == "mm" || u == "millimeter" || u == "millimeters" || u == "millimetre") return 1;
  if (u == "cm") return 10;
  if (u == "m" || u == "meter" || u == "metre") return 1000;
  if (u == "um" || u == "µm" || u == "μm" || u == "micron" || u == "microns" || u == "micrometer")
    return 1e-3;
  return 0;
}

double seconds(const std::string& unit) {
  const std::string u = lower(unit);
  return u == "s" || u == "sec" || u == "seconds" ? 1 : u == "ms" || u == "msec" ? 1e-3 : 0;
}

bool is_domain(const std::string& kind) {
  return kind.empty() || kind == "???" || kind == "none" || kind == "domain" || kind == "space" ||
         kind == "time";
}

/// Which axes of the array are x, y, z and which one, if any, is the outer axis of the volume.
struct Roles {
  std::vector<std::size_t> space;
  std::optional<std::size_t> outer;
};

[[noreturn]] void unsupported_axes(const NrrdHeader& h) {
  std::string text;
  for (const NrrdAxis& axis : h.axes)
    text += fmt::format(" {}:{}", axis.kind.empty() ? "?" : axis.kind, axis.size);
  throw Error(
      ErrorCode::unsupported_format,
      fmt::format("NRRD axes {} are not read; expected two or three of space, and one more first or last for "
                  "channels or time",
                  clean_text(text, 160)));
}

Roles roles_of(const NrrdHeader& h) {
  const bool placed =
      std::any_of(h.axes.begin(), h.axes.end(), [](const NrrdAxis& a) { return !a.direction.empty(); });
  Roles roles;
  for (std::size_t i = 0; i < h.axes.size(); ++i) {
    const NrrdAxis& axis = h.axes[i];
    if (axis.kind == "complex" || axis.kind == "2-vector complex") unsupported_axes(h);
    const bool is_space = placed ? !axis.direction.empty() : is_domain(axis.kind);
    if (is_space && roles.space.size() < 3 && axis.kind != "time") {
      roles.space.push_back(i);
    } else if (!roles.outer) {
      roles.outer = i;
    } else {
      unsupported_axes(h);
    }
  }
  const bool at_an_end = !roles.outer || *roles.outer == 0 || *roles.outer == h.axes.size() - 1;
  if (roles.space.size() < 2 || !at_an_end) unsupported_axes(h);
  return roles;
}

/// Rows of the file's space in LPS.
Vec3 to_lps_signs(const NrrdHeader& h, std::vector<std::string>& warnings) {
  const std::string& s = h.space;
  const auto is = [&](std::string_view name, std::string_view letters) {
    return s == name || s == letters || s == std::string(name) + "-time" || s == std::string(letters) + "t";
  };
  if (is("left-posterior-superior", "lps")) return {1, 1, 1};
  if (is("right-anterior-superior", "ras")) return {-1, -1, 1};
  if (is("left-anterior-superior", "las")) return {1, -1, 1};
  warnings.push_back(
      s.empty() ? "NRRD names no anatomical space; its axes are taken as left, posterior, superior"
                : fmt::format("NRRD space '{}' is not anatomical; taken as left, posterior, superior",
                              clean_text(s, 40)));
  return {1, 1, 1};
}

Vec3 space_scale(const NrrdHeader& h, std::vector<std::string>& warnings) {
  Vec3 scale{1, 1, 1};
  for (std::size_t i = 0; i < std::min<std::size_t>(3, h.space_units.size()); ++i) {
    const double mm = millimetres(h.space_units[i]);
    if (mm > 0) {
      scale[static_cast<int>(i)] = mm;
    } else {
      warnings.push_back(fmt::format("NRRD space unit '{}' is not known; mm taken", h.space_units[i]));
    }
  }
  return scale;
}

Grid placed_grid(const NrrdHeader& h, const Roles& roles, std::vector<std::string>& warnings) {
  const Vec3 signs = to_lps_signs(h, warnings), scale = space_scale(h, warnings);
  const int rows = std::min(3, h.space_dimension);
  std::array<std::int64_t, 3> size{1, 1, 1};
  Mat3 m{};
  m[0][0] = m[1][1] = m[2][2] = 0;
  for (std::size_t a = 0; a < roles.space.size(); ++a) {
    const NrrdAxis& axis = h.axes[roles.space[a]];
    size[a] = axis.size;
    for (int row = 0; row < rows; ++row) {
      m[row][a] = signs[row] * scale[row] * axis.direction[static_cast<std::size_t>(row)];
    }
  }
  if (roles.space.size() == 2) {
    Vec3 normal{0, 0, 1};
    if (rows == 3) {
      const Vec3 product = cross(m.column(0), m.column(1));
      const double length = norm(product);
      if (length > 0 && std::isfinite(length)) normal = (1 / length) * product;
    }
    for (int row = 0; row < 3; ++row) m[row][2] = normal[row];
  }
  Vec3 origin;
  for (int row = 0; row < std::min(rows, static_cast<int>(h.origin.size())); ++row) {
    origin[row] = signs[row] * scale[row] * h.origin[static_cast<std::size_t>(row)];
  }
  return grid_from_matrix(size, m, as_point(origin), "NRRD space directions", warnings);
}

/// Spacing and first sample position from "spacings" or from minimum and maximum.
std::pair<double, double> along_axis(const NrrdAxis& axis, std::size_t index,
                                     std::vector<std::string>& warnings) {
  double spacing = axis.spacing;
  const auto intervals = static_cast<double>(axis.is_cell ? axis.size : axis.size - 1);
  if (std::isnan(spacing) && !std::isnan(axis.minimum) && !std::isnan(axis.maximum) && intervals > 0) {
    spacing = (axis.maximum - axis.minimum) / intervals;
  }
  if (std::isnan(spacing)) {
    warnings.push_back(fmt::format("NRRD gives no spacing for axis {}; 1 mm taken", index + 1));
    spacing = 1;
  }
  double first = 0;
  if (!std::isnan(axis.minimum)) first = axis.minimum + (axis.is_cell ? spacing / 2 : 0);
  const double mm = axis.unit.empty() ? 1 : millimetres(axis.unit);
  if (mm == 0) {
    warnings.push_back(fmt::format("NRRD unit '{}' of axis {} is not known; mm taken", axis.unit, index + 1));
    return {spacing, first};
  }
  return {spacing * mm, first * mm};
}

Grid spaced_grid(const NrrdHeader& h, const Roles& roles, std::vector<std::string>& warnings) {
  warnings.push_back("NRRD gives no directions; axes taken as left, posterior, superior");
  std::array<std::int64_t, 3> size{1, 1, 1};
  Vec3 spacing{1, 1, 1}, origin;
  for (std::size_t a = 0; a < roles.space.size(); ++a) {
    size[a] = h.axes[roles.space[a]].size;
    std::tie(spacing[static_cast<int>(a)], origin[static_cast<int>(a)]) =
        along_axis(h.axes[roles.space[a]], roles.space[a], warnings);
  }
  return grid_from_matrix(size, Mat3::diagonal(spacing), as_point(origin), "NRRD spacings", warnings);
}

VoxelLayout layout_of(const NrrdHeader& h, std::vector<std::string>& warnings) {
  const Roles roles = roles_of(h);
  VoxelLayout layout;
  const bool placed = !h.axes[roles.space.front()].direction.empty();
  layout.grid = placed ? placed_grid(h, roles, warnings) : spaced_grid(h, roles, warnings);
  layout.scalar = *h.scalar;
  if (!h.big_endian && size_of(layout.scalar) > 1 && h.encoding == "raw") {
    warnings.push_back("NRRD does not say its byte order; little-endian taken");
  }
  layout.big_endian = h.big_endian.value_or(false);
  if (!roles.outer) return layout;
  const NrrdAxis& axis = h.axes[*roles.outer];
  layout.channels = axis.size;
  layout.interleaved = *roles.outer == 0;
  const double unit = axis.unit.empty() ? 1 : seconds(axis.unit);
  const bool is_time = is_domain(axis.kind) ? true : unit > 0 && !axis.unit.empty();
  layout.outer = axis.size == 1 ? OuterAxis::none : is_time ? OuterAxis::time : OuterAxis::channel;
  if (layout.outer == OuterAxis::time) {
    double step = axis.spacing;
    if (axis.direction.size() == 4) step = axis.direction[3];
    layout.time_step = std::isfinite(step) ? std::abs(step) * unit : 0;
  }
  return layout;
}

/// The bytes from where the voxels begin, before decompression.
ByteView stored_data(const NrrdHeader& h, ByteView file) {
  ByteView data = h.data_file.empty() ? file.subspan(std::min(h.length, file.size())) : file;
  for (std::int64_t line = 0; line < h.line_skip; ++line) {
    const std::size_t end = as_text(data).find('\n');
    if (end == std::string_view::npos) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("NRRD asks to skip {} lines, the data has {}", h.line_skip, line));
    }
    data = data.subspan(end + 1);
  }
  return data;
}

ByteView skip_bytes(const NrrdHeader& h, ByteView data, std::uint64_t count) {
  if (h.byte_skip < 0) return data.subspan(data.size() - std::min<std::size_t>(data.size(), count));
  return data.subspan(std::min<std::size_t>(data.size(), static_cast<std::size_t>(h.byte_skip)));
}

AnyVolume read_data(const NrrdHeader& h, const VoxelLayout& layout, ByteView file) {
  const ByteView data = stored_data(h, file);
  const auto there = static_cast<double>(data.size());
  if (h.encoding == "raw") {
    require_content(layout, there, false);
    return decode_voxels(skip_bytes(h, data, layout.byte_count()), layout);
  }
  if (h.encoding == "gzip" || h.encoding == "gz") {
    require_content(layout, there, true);
    // All of it when the voxels are counted from the end.
    const std::uint64_t wanted =
        h.byte_skip < 0 ? UINT64_MAX : static_cast<std::uint64_t>(h.byte_skip) + layout.byte_count();
    const Bytes expanded = decompressed(data, wanted);
    return decode_voxels(skip_bytes(h, expanded, layout.byte_count()), layout);
  }
  if (h.encoding == "txt" || h.encoding == "text" || h.encoding == "ascii") {
    require_content(layout, there * 8, false);  // "1 " may stand for eight bytes
    return decode_voxels_text(as_text(skip_bytes(h, data, data.size())), layout);
  }
  throw Error(
      ErrorCode::unsupported_format,
      fmt::format("NRRD encoding '{}' is not read, expected raw, gzip or text", clean_text(h.encoding, 20)));
}

Bytes fetch_data(const NrrdHeader& h, const FileFetcher& fetch) {
  if (h.data_file.find('%') != std::string::npos || words(h.data_file).front() == "LIST") {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("NRRD data in several files ('{}') is not read, expected one file",
                            clean_text(h.data_file, 80)));
  }
  if (!fetch) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("the NRRD header keeps its data in '{}', which is out of reach here",
                            clean_text(h.data_file, 80)));
  }
  return fetch(h.data_file);
}

}  // namespace

bool looks_like_nrrd(ByteView head) { return as_text(head).starts_with("NRRD000"); }

Image read_nrrd(ByteView file, const FileFetcher& fetch, const Context& context) {
  context.check();
  NrrdHeader h = parse_nrrd_header(file);
  Image image;
  const VoxelLayout layout = layout_of(h, image.warnings);
  Bytes detached;
  if (!h.data_file.empty()) detached = fetch_data(h, fetch);
  image.voxels = read_data(h, layout, h.data_file.empty() ? file : ByteView(detached));
  image.format = "NRRD";
  image.metadata = std::move(h.key_values);
  return image;
}

namespace {

std::string vector_text(Vec3 v) { return fmt::format("({},{},{})", v.x, v.y, v.z); }

std::string type_name(Scalar scalar) {
  return scalar == Scalar::f32 ? "float" : scalar == Scalar::f64 ? "double" : std::string(name_of(scalar));
}

/// A key or value on one line.
std::string one_line(const std::string& text) {
  std::string line;
  for (char c : text) line += c == '\n' || c == '\r' ? ' ' : c;
  return line;
}

}  // namespace

Bytes write_nrrd(const VolumeView& volume, const std::map<std::string, std::string>& metadata,
                 const Context& context) {
  const Grid& grid = volume.grid();
  const bool many = volume.channels() > 1, time = many && volume.outer() == OuterAxis::time;
  const bool interleaved = many && !time;
  const Mat3 m = grid.index_to_lps();
  std::string sizes = fmt::format("{} {} {}", grid.size[0], grid.size[1], grid.size[2]);
  std::string directions =
      fmt::format("{} {} {}", vector_text(m.column(0)), vector_text(m.column(1)), vector_text(m.column(2)));
  std::string kinds = "domain domain domain";
  if (interleaved) {
    sizes = fmt::format("{} {}", volume.channels(), sizes);
    directions = "none " + directions;
    const bool bytes = volume.scalar() == Scalar::u8;
    kinds = (bytes && volume.channels() == 3   ? "RGB-color "
             : bytes && volume.channels() == 4 ? "RGBA-color "
                                               : "vector ") +
            kinds;
  } else if (time) {
    sizes += fmt::format(" {}", volume.channels());
    directions += " none";
    kinds += " list";
  }
  std::string header = fmt::format(
      "NRRD0005\ntype: {}\ndimension: {}\nspace: left-posterior-superior\nsizes: {}\nspace directions: "
      "{}\nkinds: {}\n",
      type_name(volume.scalar()), many ? 4 : 3, sizes, directions, kinds);
  if (time) {
    const double step = volume.time_step();
    header += fmt::format("spacings: nan nan nan {}\nunits: \"\" \"\" \"\" \"s\"\n", step > 0 ? step : 1);
  }
  header +=
      fmt::format("endian: little\nencoding: gzip\nspace origin: {}\n", vector_text(as_vector(grid.origin)));
  for (const auto& [key, value] : metadata) {
    if (key.find_first_of(":\n\r") == std::string::npos && !key.empty()) {
      header += fmt::format("{}:={}\n", key, one_line(value));
    }
  }
  header += "\n";
  Bytes file(header.begin(), header.end());
  const Bytes data = interleaved ? compressed(encode_voxels(volume, true), Envelope::gzip, 1, context)
                                 : compressed(volume.bytes(), Envelope::gzip, 1, context);
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

}  // namespace sg::io

#include "io/nifti.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/gzip.h"
#include "io/nifti_header.h"
#include "io/text.h"

namespace sg::io {
namespace {

NiftiDatatype datatype_of(const NiftiHeader& h) {
  for (const NiftiDatatype& type : nifti_datatypes) {
    if (type.code == h.datatype) return type;
  }
  struct Name {
    int code;
    const char* name;
  };
  constexpr Name known[] = {
      {1, "1-bit"}, {32, "complex64"}, {1536, "float128"}, {1792, "complex128"}, {2048, "complex256"}};
  for (const Name& name : known) {
    if (name.code == h.datatype) {
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format(
              "NIfTI datatype {} ({}) is not read; expected integers, float32, float64, RGB24 or RGBA32",
              h.datatype, name.name));
    }
  }
  throw Error(ErrorCode::invalid_input, fmt::format("NIfTI datatype {} does not exist", h.datatype));
}

void check_dimensions(const NiftiHeader& h) {
  if (h.dim[0] < 1 || h.dim[0] > 7) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("NIfTI dim[0] is {}, expected 1 to 7 dimensions", h.dim[0]));
  }
  for (std::size_t i = 1; i <= static_cast<std::size_t>(h.dim[0]); ++i) {
    if (h.dim[i] < 1) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("NIfTI dim[{}] is {}, expected 1 or more", i, h.dim[i]));
    }
  }
}

std::int64_t dimension(const NiftiHeader& h, std::size_t i) {
  return static_cast<std::int64_t>(i) <= h.dim[0] ? h.dim[i] : 1;
}

/// mm a unit of length of the header.
double millimetres(const NiftiHeader& h, std::vector<std::string>& warnings) {
  switch (h.units & 7) {
    case 0:
    case 2: return 1;
    case 1: return 1000;
    case 3: return 1e-3;
    default:
      warnings.push_back(
          fmt::format("NIfTI xyzt_units has the unknown unit of length {}; mm taken", h.units & 7));
      return 1;
  }
}

double seconds_between(const NiftiHeader& h, std::vector<std::string>& warnings) {
  const double step = std::abs(h.pixdim[4]);
  if (!std::isfinite(step)) {
    warnings.push_back(fmt::format("NIfTI pixdim[4] is {}; the time step is unknown", step));
    return 0;
  }
  switch (h.units & 0x38) {
    case 0:
    case 8: return step;
    case 16: return step * 1e-3;
    case 24: return step * 1e-6;
    default:
      warnings.push_back(
          fmt::format("the fourth NIfTI dimension is not time (xyzt_units {}); no time step", h.units));
      return 0;
  }
}

/// pixdim[1…3] as spacing. Signs carry no meaning there; the reference library drops them too.
std::array<double, 3> pixel_sizes(const NiftiHeader& h, std::vector<std::string>& warnings) {
  std::array<double, 3> sizes{};
  for (std::size_t i = 0; i < 3; ++i) {
    const double value = h.pixdim[i + 1];
    if (!std::isfinite(value)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("NIfTI pixdim[{}] is {}, expected a spacing above 0", i + 1, value));
    }
    if (value < 0)
      warnings.push_back(fmt::format("NIfTI pixdim[{}] is {}; its sign is dropped", i + 1, value));
    sizes[i] = std::abs(value);
  }
  return sizes;
}

/// The rotation of the header's quaternion with qfac, columns = voxel axes in RAS.
Mat3 quaternion_matrix(const NiftiHeader& h) {
  double b = h.quatern[0], c = h.quatern[1], d = h.quatern[2];
  if (!std::isfinite(b) || !std::isfinite(c) || !std::isfinite(d)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("NIfTI quatern is ({}, {}, {}), expected finite numbers", b, c, d));
  }
  const double squared = b * b + c * c + d * d;
  double a = 0;
  // Like the reference library: in float32 a half turn leaves a remainder that is rounding, not rotation.
  if (1 - squared >= 1e-7) {
    a = std::sqrt(1 - squared);
  } else {
    const double length = std::hypot(b, c, d);
    b /= length, c /= length, d /= length;
  }
  const double qfac = h.pixdim[0] < 0 ? -1 : 1;
  return {{{{a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c) * qfac},
            {2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b) * qfac},
            {2 * (b * d - a * c), 2 * (c * d + a * b), (a * a + d * d - b * b - c * c) * qfac}}}};
}

struct Position {
  Mat3 matrix;  // voxel to RAS, header units
  Vec3 origin;
  std::string source;
};

Position from_sform(const NiftiHeader& h) {
  Position p;
  p.source = "NIfTI sform";
  for (int i = 0; i < 3; ++i) {
    const auto& row = h.srow[static_cast<std::size_t>(i)];
    for (std::size_t j = 0; j < 3; ++j) p.matrix[i][j] = row[j];
    p.origin[i] = row[3];
  }
  return p;
}

Position from_qform(const NiftiHeader& h, std::vector<std::string>& warnings) {
  const std::array<double, 3> sizes = pixel_sizes(h, warnings);
  return {quaternion_matrix(h) * Mat3::diagonal({sizes[0], sizes[1], sizes[2]}),
          {h.qoffset[0], h.qoffset[1], h.qoffset[2]},
          "NIfTI qform"};
}

/// How far apart, in header units, the two put the same voxel at most.
double disagreement(const NiftiHeader& h, const Position& a, const Position& b) {
  double most = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    Vec3 index;
    for (unsigned axis = 0; axis < 3; ++axis) {
      if ((corner >> axis & 1U) != 0)
        index[static_cast<int>(axis)] = static_cast<double>(dimension(h, axis + 1) - 1);
    }
    most = std::max(most, norm(a.matrix * index + a.origin - (b.matrix * index + b.origin)));
  }
  return most;
}

Position position_of(const NiftiHeader& h, std::vector<std::string>& warnings) {
  if (h.sform_code > 0) {
    const Position p = from_sform(h);
    // Equal codes claim equal spaces. A qform that cannot even be read says nothing.
    if (h.qform_code == h.sform_code) {
      std::vector<std::string> ignored;
      try {
        const double apart = disagreement(h, p, from_qform(h, ignored));
        const double voxel =
            std::min({norm(p.matrix.column(0)), norm(p.matrix.column(1)), norm(p.matrix.column(2))});
        if (apart > 0.1 * voxel) {
          warnings.push_back(fmt::format(
              "NIfTI sform and qform both claim code {} but put voxels up to {:.4g} apart; sform taken",
              h.sform_code, apart));
        }
      } catch (const Error&) {
        warnings.push_back("the NIfTI qform is not usable; sform taken");
      }
    }
    return p;
  }
  if (h.qform_code > 0) return from_qform(h, warnings);
  const std::array<double, 3> sizes = pixel_sizes(h, warnings);
  warnings.push_back(h.version == 0
                         ? "Analyze 7.5 does not tell left from right; voxel axes taken as right, front, up"
                         : "neither sform nor qform is set; voxel axes taken as right, front, up from 0");
  return {Mat3::diagonal({sizes[0], sizes[1], sizes[2]}), {}, "NIfTI pixdim"};
}

Grid grid_of_header(const NiftiHeader& h, const Position& p, std::vector<std::string>& warnings) {
  const double mm = millimetres(h, warnings);
  // Component by component: a NaN must stay where it is to be named.
  const Vec3 ras_to_lps{-mm, -mm, mm};
  Mat3 matrix;
  Vec3 origin;
  for (int row = 0; row < 3; ++row) {
    for (std::size_t j = 0; j < 3; ++j) matrix[row][j] = ras_to_lps[row] * p.matrix[row][j];
    origin[row] = ras_to_lps[row] * p.origin[row];
  }
  const std::array<std::int64_t, 3> size{dimension(h, 1), dimension(h, 2), dimension(h, 3)};
  Grid grid = grid_from_matrix(size, matrix, as_point(origin), p.source, warnings);
  // Rotated rows in float32 lose the last digits of the spacing that pixdim still has.
  for (int axis = 0; axis < 3; ++axis) {
    const double exact = std::abs(h.pixdim[static_cast<std::size_t>(axis) + 1]) * mm;
    if (std::abs(exact - grid.spacing[axis]) <= 1e-6 * grid.spacing[axis]) grid.spacing[axis] = exact;
  }
  return grid;
}

VoxelLayout layout_of(const NiftiHeader& h, const Position& position, std::vector<std::string>& warnings) {
  check_dimensions(h);
  const NiftiDatatype type = datatype_of(h);
  const std::int64_t times = dimension(h, 4), vectors = dimension(h, 5) * type.channels;
  if (dimension(h, 6) != 1 || dimension(h, 7) != 1 || (times > 1 && vectors > 1)) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "NIfTI dimensions {}×{}×{}×{}×{}×{}×{} of {} values each are not read; expected three, and "
            "either a fourth or a fifth",
            h.dim[1], dimension(h, 2), dimension(h, 3), times, dimension(h, 5), dimension(h, 6),
            dimension(h, 7), type.channels));
  }
  VoxelLayout layout;
  layout.grid = grid_of_header(h, position, warnings);
  layout.scalar = type.scalar;
  layout.big_endian = h.big_endian;
  layout.interleaved = type.channels > 1;
  layout.channels = times > 1 ? times : vectors;
  if (times > 1) {
    const bool vector_intent = h.intent_code == 1006 || h.intent_code == 1007;
    layout.outer = vector_intent ? OuterAxis::channel : OuterAxis::time;
    if (!vector_intent) layout.time_step = seconds_between(h, warnings);
  } else if (vectors > 1) {
    layout.outer = OuterAxis::channel;
  }
  if (h.slope != 0 && std::isfinite(h.slope) && std::isfinite(h.intercept) && type.channels == 1) {
    layout.slope = h.slope;
    layout.intercept = h.intercept;
  } else if (!std::isfinite(h.slope) || !std::isfinite(h.intercept)) {
    warnings.push_back(fmt::format("NIfTI scl_slope {} and scl_inter {} are not used", h.slope, h.intercept));
  }
  return layout;
}

std::uint64_t data_offset(const NiftiHeader& h, std::vector<std::string>& warnings) {
  const double least = !h.single_file ? 0 : h.version == 2 ? 544 : 352;
  if (h.data_offset == 0 && h.single_file) {
    warnings.push_back(fmt::format("NIfTI vox_offset is 0; {} taken", least));
    return static_cast<std::uint64_t>(least);
  }
  if (!(h.data_offset >= least - 4) || h.data_offset > 0x1p50) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("NIfTI vox_offset is {}, expected {} or more", h.data_offset, least));
  }
  return static_cast<std::uint64_t>(h.data_offset);
}

void describe_header(const NiftiHeader& h, const Position& position, bool is_compressed, Image& image) {
  image.format = h.version == 0 ? "Analyze 7.5" : fmt::format("NIfTI-{}", h.version);
  const auto note = [&](const char* key, const std::string& value) {
    if (!value.empty()) image.metadata[key] = value;
  };
  note("descrip", h.description);
  note("intent_name", h.intent_name);
  note("aux_file", h.auxiliary_file);
  if (h.intent_code != 0) note("intent_code", fmt::format("{}", h.intent_code));
  constexpr const char* codes[] = {"",           " (scanner)", " (aligned)", " (Talairach)",
                                   " (MNI 152)", " (template)"};
  const int code = h.sform_code > 0 ? h.sform_code : h.qform_code;
  note("position_from",
       position.source.substr(position.source.rfind(' ') + 1) + (code > 0 && code < 6 ? codes[code] : ""));
  if (h.big_endian) note("byte_order", "big-endian");
  if (is_compressed) note("compression", "gzip");
}

}  // namespace

bool looks_like_nifti(ByteView head) {
  if (head.size() < 4) return false;
  const std::uint8_t le1[] = {0x5C, 1, 0, 0}, be1[] = {0, 0, 1, 0x5C}, le2[] = {0x1C, 2, 0, 0},
                     be2[] = {0, 0, 2, 0x1C};
  for (const auto* start : {le1, be1, le2, be2}) {
    if (std::equal(start, start + 4, head.begin())) return true;
  }
  return false;
}

Image read_nifti(ByteView file, ByteView pair, const Context& context) {
  context.check();
  Bytes expanded_head;
  if (is_gzip(file)) expanded_head = decompressed(file, nifti2_header_size);
  const NiftiHeader h = parse_nifti_header(is_gzip(file) ? ByteView(expanded_head) : file);
  if (!h.single_file && pair.empty()) {
    throw Error(ErrorCode::invalid_input,
                "this NIfTI header keeps its voxels in an .img file beside it, which is "
                "missing or empty");
  }
  Image image;
  check_dimensions(h);
  const Position position = position_of(h, image.warnings);
  const VoxelLayout layout = layout_of(h, position, image.warnings);
  const std::uint64_t offset = data_offset(h, image.warnings);
  const ByteView source = h.single_file ? file : pair;
  const bool zipped = is_gzip(source);
  const double there = static_cast<double>(source.size()) - (zipped ? 0 : static_cast<double>(offset));
  require_content(layout, std::max(0.0, there), zipped);
  Bytes expanded;
  ByteView content = source;
  if (zipped) {
    expanded = decompressed(source, offset + layout.byte_count());
    content = expanded;
  }
  context.check();
  image.voxels = decode_voxels(content.subspan(std::min<std::size_t>(content.size(), offset)), layout);
  describe_header(h, position, zipped, image);
  image.metadata["stored_type"] = name_of(layout.scalar);
  return image;
}

}  // namespace sg::io

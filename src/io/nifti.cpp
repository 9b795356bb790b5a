#include "io/nifti.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "io/gzip.h"
#include "io/nifti_header.h"
#include "io/text.h"

namespace sg::io {
namespace {

struct Datatype {
  int code;
  Scalar scalar;
  int channels;
};
constexpr Datatype datatypes[] = {
    {2, Scalar::u8, 1},    {256, Scalar::i8, 1}, {512, Scalar::u16, 1},  {4, Scalar::i16, 1},
    {768, Scalar::u32, 1}, {8, Scalar::i32, 1},  {1280, Scalar::u64, 1}, {1024, Scalar::i64, 1},
    {16, Scalar::f32, 1},  {64, Scalar::f64, 1}, {128, Scalar::u8, 3},   {2304, Scalar::u8, 4},
};

Datatype datatype_of(const NiftiHeader& h) {
  for (const Datatype& type : datatypes) {
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
  if (squared < 1) {
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

Position position_of(const NiftiHeader& h, std::vector<std::string>& warnings) {
  Position p;
  if (h.sform_code > 0) {
    p.source = "NIfTI sform";
    for (int i = 0; i < 3; ++i) {
      const auto& row = h.srow[static_cast<std::size_t>(i)];
      for (std::size_t j = 0; j < 3; ++j) p.matrix[i][j] = row[j];
      p.origin[i] = row[3];
    }
    return p;
  }
  const std::array<double, 3> sizes = pixel_sizes(h, warnings);
  const Mat3 scale = Mat3::diagonal({sizes[0], sizes[1], sizes[2]});
  if (h.qform_code > 0) {
    p.source = "NIfTI qform";
    p.matrix = quaternion_matrix(h) * scale;
    p.origin = {h.qoffset[0], h.qoffset[1], h.qoffset[2]};
    return p;
  }
  p.source = "NIfTI pixdim";
  p.matrix = scale;
  warnings.push_back(h.version == 0
                         ? "Analyze 7.5 does not tell left from right; voxel axes taken as right, front, up"
                         : "neither sform nor qform is set; voxel axes taken as right, front, up from 0");
  return p;
}

Grid grid_of_header(const NiftiHeader& h, const Position& p, std::vector<std::string>& warnings) {
  const double mm = millimetres(h, warnings);
  const Mat3 ras_to_lps = Mat3::diagonal({-mm, -mm, mm});
  const std::array<std::int64_t, 3> size{dimension(h, 1), dimension(h, 2), dimension(h, 3)};
  Grid grid =
      grid_from_matrix(size, ras_to_lps * p.matrix, as_point(ras_to_lps * p.origin), p.source, warnings);
  // Rotated rows in float32 lose the last digits of the spacing that pixdim still has.
  for (int axis = 0; axis < 3; ++axis) {
    const double exact = std::abs(h.pixdim[static_cast<std::size_t>(axis) + 1]) * mm;
    if (std::abs(exact - grid.spacing[axis]) <= 1e-6 * grid.spacing[axis]) grid.spacing[axis] = exact;
  }
  return grid;
}

VoxelLayout layout_of(const NiftiHeader& h, const Position& position, std::vector<std::string>& warnings) {
  check_dimensions(h);
  const Datatype type = datatype_of(h);
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

namespace {

/// The unit quaternion (b, c, d with a ≥ 0) of a proper rotation.
std::array<double, 3> quaternion_of(const Mat3& r) {
  const double trace = r[0][0] + r[1][1] + r[2][2];
  // Starting from the largest of a, b, c, d keeps the divisor away from 0.
  if (trace > 0) {
    const double a4 = 2 * std::sqrt(1 + trace);
    return {(r[2][1] - r[1][2]) / a4, (r[0][2] - r[2][0]) / a4, (r[1][0] - r[0][1]) / a4};
  }
  int i = r[1][1] > r[0][0] ? 1 : 0;
  if (r[2][2] > r[static_cast<int>(i)][static_cast<std::size_t>(i)]) i = 2;
  const auto u = static_cast<std::size_t>(i), v = (u + 1) % 3, w = (u + 2) % 3;
  const int vi = static_cast<int>(v), wi = static_cast<int>(w);
  const double largest4 = 2 * std::sqrt(std::max(0.0, 1 + r[i][u] - r[vi][v] - r[wi][w]));
  std::array<double, 3> q{};
  q[u] = largest4 / 4;
  q[v] = (r[vi][u] + r[i][v]) / largest4;
  q[w] = (r[wi][u] + r[i][w]) / largest4;
  const double a = (r[wi][v] - r[vi][w]) / largest4;
  if (a < 0) {
    for (double& part : q) part = -part;
  }
  return q;
}

void put_position(const Grid& grid, NiftiHeader& h) {
  const Mat3 lps_to_ras = Mat3::diagonal({-1, -1, 1});
  const Mat3 matrix = lps_to_ras * grid.index_to_lps();
  const Vec3 origin = lps_to_ras * as_vector(grid.origin);
  h.sform_code = 1;
  for (std::size_t i = 0; i < 3; ++i) {
    const int row = static_cast<int>(i);
    for (std::size_t j = 0; j < 3; ++j) h.srow[i][j] = matrix[row][j];
    h.srow[i][3] = origin[row];
    h.pixdim[i + 1] = grid.spacing[row];
  }
  h.pixdim[0] = 1;
  if (!is_orthonormal(grid.direction)) return;
  Mat3 rotation = lps_to_ras * grid.direction;
  if (determinant(rotation) < 0) {
    h.pixdim[0] = -1;
    for (int row = 0; row < 3; ++row) rotation[row][2] = -rotation[row][2];
  }
  h.qform_code = 1;
  h.quatern = quaternion_of(rotation);
  for (std::size_t i = 0; i < 3; ++i) h.qoffset[i] = origin[static_cast<int>(i)];
}

}  // namespace

Bytes write_nifti(const VolumeView& volume, const std::map<std::string, std::string>& metadata) {
  const Grid& grid = volume.grid();
  const auto channels = volume.channels();
  const bool time = volume.outer() == OuterAxis::time;
  const bool colour = !time && volume.scalar() == Scalar::u8 && (channels == 3 || channels == 4);
  const auto text = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  NiftiHeader h;
  h.dim = {3, grid.size[0], grid.size[1], grid.size[2], 1, 1, 1, 1};
  h.pixdim.fill(1);
  if (time) {
    h.dim[0] = 4;
    h.dim[4] = channels;
    h.pixdim[4] = volume.time_step();
  } else if (channels > 1 && !colour) {
    h.dim[0] = 5;
    h.dim[5] = channels;
    h.intent_code = 1007;
  }
  if (*std::max_element(h.dim.begin(), h.dim.end()) > std::numeric_limits<std::int16_t>::max()) h.version = 2;
  for (const Datatype& type : datatypes) {
    if (type.scalar == volume.scalar() && type.channels == (colour ? channels : 1)) {
      h.datatype = type.code;
      h.bits = static_cast<int>(8 * size_of(type.scalar)) * type.channels;
    }
  }
  h.data_offset = h.version == 2 ? 544 : 352;
  h.slope = 1;
  h.units = 2 | 8;
  if (const auto code = parse_integer(text("intent_code")); code && *code > 0 && *code < 32768) {
    h.intent_code = static_cast<int>(*code);
  }
  h.description = text("descrip");
  h.intent_name = text("intent_name");
  h.auxiliary_file = text("aux_file");
  put_position(grid, h);
  Bytes file = format_nifti_header(h);
  const Bytes voxels = encode_voxels(volume, colour);
  file.insert(file.end(), voxels.begin(), voxels.end());
  return file;
}

}  // namespace sg::io

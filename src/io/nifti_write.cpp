#include <algorithm>
#include <cmath>
#include <limits>

#include "io/nifti.h"
#include "io/nifti_header.h"
#include "io/text.h"

namespace sg::io {
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
  for (const NiftiDatatype& type : nifti_datatypes) {
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

#pragma once
#include <array>
#include <string>

#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

/// The fields of a NIfTI-1 or -2 header that this project reads or writes, wide enough for both.
/// Layout: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h and nifti2.h
struct NiftiHeader {
  int version = 1;  // 0 = Analyze 7.5
  bool big_endian = false;
  bool single_file = true;
  std::array<std::int64_t, 8> dim{};  // dim[0] = number of dimensions
  std::array<double, 8> pixdim{};     // pixdim[0] = qfac
  int datatype = 0, bits = 0;
  double data_offset = 0;
  double slope = 0, intercept = 0;
  int units = 0;
  int intent_code = 0;
  int qform_code = 0, sform_code = 0;
  std::array<double, 3> quatern{}, qoffset{};
  std::array<std::array<double, 4>, 3> srow{};
  std::string description, auxiliary_file, intent_name;
};

/// Codes of the datatypes that are read and written.
struct NiftiDatatype {
  int code;
  Scalar scalar;
  int channels;
};
inline constexpr NiftiDatatype nifti_datatypes[] = {
    {2, Scalar::u8, 1},    {256, Scalar::i8, 1}, {512, Scalar::u16, 1},  {4, Scalar::i16, 1},
    {768, Scalar::u32, 1}, {8, Scalar::i32, 1},  {1280, Scalar::u64, 1}, {1024, Scalar::i64, 1},
    {16, Scalar::f32, 1},  {64, Scalar::f64, 1}, {128, Scalar::u8, 3},   {2304, Scalar::u8, 4},
};

constexpr std::size_t nifti1_header_size = 348, nifti2_header_size = 540;

/// Takes the fields as they are; only size, magic and byte order are checked. Throws invalid_input.
NiftiHeader parse_nifti_header(ByteView head);
/// Little-endian, single file, with the four bytes after it that say "no extension": 352 or 544 bytes.
Bytes format_nifti_header(const NiftiHeader& header);

}  // namespace sg::io

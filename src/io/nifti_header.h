#pragma once
#include <array>
#include <string>

#include "io/files.h"

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

constexpr std::size_t nifti1_header_size = 348, nifti2_header_size = 540;

/// Takes the fields as they are; only size, magic and byte order are checked. Throws invalid_input.
NiftiHeader parse_nifti_header(ByteView head);
/// Little-endian, single file, with the four bytes after it that say "no extension": 352 or 544 bytes.
Bytes format_nifti_header(const NiftiHeader& header);

}  // namespace sg::io

#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/geometry.h"
#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

/// One axis of the array as the per-axis fields of the header give it; NaN = not given.
struct NrrdAxis {
  std::int64_t size = 0;
  std::string kind;  // lower case; "" = not given
  std::string unit;
  double spacing = 0, minimum = 0, maximum = 0;
  bool is_cell = true;            // samples are cell-centred between minimum and maximum
  std::vector<double> direction;  // empty = none
};

struct NrrdHeader {
  std::vector<NrrdAxis> axes;
  std::optional<Scalar> scalar;
  std::string encoding;
  std::optional<bool> big_endian;
  std::string space;  // lower case, "" = none
  int space_dimension = 0;
  std::vector<double> origin;
  std::vector<std::string> space_units;
  std::string data_file;  // "" = attached
  std::int64_t line_skip = 0, byte_skip = 0;
  std::map<std::string, std::string> key_values;
  std::size_t length = 0;  // where attached data begins
};

/// Throws invalid_input naming the field, or unsupported_format.
NrrdHeader parse_nrrd_header(ByteView file);

}  // namespace sg::io

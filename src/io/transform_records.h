#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/transform.h"
#include "io/files.h"

namespace sg::io {

/// A transform as ITK files hold it: a class name and two lists of numbers.
struct TransformRecord {
  std::string type;  // "AffineTransform_double_3_3"
  std::vector<double> parameters, fixed;
};

/// ITK text ("#Insight Transform File"). Throws invalid_input naming the line.
std::vector<TransformRecord> parse_transform_text(std::string_view text);
/// ITK MATLAB v4. Throws invalid_input.
std::vector<TransformRecord> parse_transform_matlab(ByteView bytes);
/// HDF5, parsed in a child process: whatever the bytes make the library do stays there. Throws invalid_input,
/// resource (no process can be started).
std::vector<TransformRecord> parse_transform_hdf5(ByteView bytes);

std::string format_transform_text(const std::vector<TransformRecord>& records);
Bytes format_transform_matlab(const TransformRecord& record);
/// `single` stores parameters of displacement fields as 32-bit floats.
Bytes format_transform_hdf5(const std::vector<TransformRecord>& records);

/// The transform that the records of one file mean. Throws invalid_input (a number of parameters that does
/// not fit the type, not finite, singular), unsupported_format (an unknown type, two displacement fields,
/// several transforms outside a composite).
Transform transform_of(const std::vector<TransformRecord>& records);
/// The records that ITK reads as `transform`.
std::vector<TransformRecord> records_of(const Transform& transform);

/// Throws invalid_input, naming the determinant, when the affine cannot be inverted or is not finite.
void require_invertible(const Affine& affine);

}  // namespace sg::io

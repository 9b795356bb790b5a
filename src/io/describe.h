#pragma once
#include <filesystem>
#include <string>

#include "core/context.h"
#include "core/document.h"

namespace sg::io {

/// What a file or DICOM folder is and holds, in words and numbers.
struct Described {
  std::string kind;    // "image", "transform", "mesh", "points", "table" or "signal"
  std::string format;  // "NIfTI-1", "DICOM", "STL", …
  Document properties;
};

/// Describes any file that read_image, read_transform, read_mesh, read_points, read_table or read_signal reads, told
/// apart by content first and extension second; a folder is read as a DICOM series. Images: pixel_type, size, spacing,
/// origin, direction, orientation (patient side each axis runs to, in LPS letters and, as NIfTI programs print it,
/// nifti_orientation), channels or time points, intensities (min, max, mean, sd over finite values, not_finite),
/// file_size, what the file says of itself (never who the patient is), warnings. The voxels are read, so that a cut or
/// damaged file is told. Throws what the readers throw; unsupported_format lists what is read.
Described describe(const std::filesystem::path& path, const Context& context = {});

}  // namespace sg::io

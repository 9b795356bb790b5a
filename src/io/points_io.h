#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/mesh.h"

namespace sg::io {

/// Reads points: .csv/.tsv with a header line that names x, y, z and perhaps name or label (mm LPS; other
/// columns are passed over; as ANTs); .fcsv (3D Slicer markups; CoordinateSystem LPS or RAS, in words or as
/// 1 or 0; RAS where it is missing); .pts/.txt (elastix: "point", count, then x y z a line, mm LPS). Throws
/// not_found, unsupported_format (another extension; elastix "index" and Slicer IJK, which need an image),
/// invalid_input (damaged or not finite; the message names the line).
Points read_points(const std::filesystem::path& path);
Points read_points(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .csv, .tsv, .fcsv (LPS; line breaks in names become spaces) or .pts/.txt (names are lost). Atomic.
/// Throws invalid_input for coordinates not finite, names that are not UTF-8 or not one a point,
/// unsupported_format for another extension.
void write_points(const Points& points, const std::filesystem::path& path);

}  // namespace sg::io

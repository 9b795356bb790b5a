#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/mesh.h"

namespace sg::io {

/// Reads points: .csv/.tsv with columns x, y, z and perhaps name (mm LPS); .fcsv (3D Slicer markups;
/// CoordinateSystem LPS or RAS, in words or as 0/1); .pts/.txt (elastix: "point", count, then x y z a line,
/// mm LPS). Throws not_found, unsupported_format (another extension; elastix "index" files, which need an
/// image), invalid_input (damaged or not finite; the message names the line).
Points read_points(const std::filesystem::path& path);
Points read_points(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .csv, .fcsv (LPS) or .pts/.txt (names are lost there). Atomic.
void write_points(const Points& points, const std::filesystem::path& path);

}  // namespace sg::io

#pragma once
#include <map>
#include <string>

#include "core/context.h"
#include "core/volume.h"
#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

/// Whether the bytes (at least 348, not compressed) begin like a NIfTI-1, NIfTI-2 or Analyze 7.5 header.
bool looks_like_nifti(ByteView head);

/// Reads NIfTI-1 or NIfTI-2, plain or gzip, little- or big-endian, from the bytes of a .nii, or of a .hdr
/// with the bytes of its .img as `pair`; Analyze 7.5 pairs too, with a warning that they do not tell left
/// from right.
///
/// Position: sform if its code > 0, else qform if its code > 0, else pixdim alone (voxel axes run right,
/// front, up from 0, NIfTI's method 1). NIfTI's RAS becomes LPS. Lengths are turned into mm, times into s by
/// xyzt_units. Values: scl_slope · v + scl_inter (slope 0 = none) as float32; integers stay integers where
/// that is the identity; 64-bit integers become float64; RGB24 and RGBA32 become 3 or 4 channels. The fourth
/// dimension is time, the fifth channels. Header extensions are passed over. metadata: "descrip",
/// "intent_name", "intent_code", "aux_file", "stored_type", "position_from", "compression".
///
/// Throws invalid_input (a field is out of range: the message names it; cut off: expected and present bytes),
/// unsupported_format (complex, float128 and 1-bit types; more than five dimensions).
Image read_nifti(ByteView file, ByteView pair = {}, const Context& context = {});

/// The bytes of a .nii: NIfTI-1, or NIfTI-2 when a dimension is above 32767; mm and s; sform (code 1,
/// scanner) always, qform too when the axes are perpendicular. uint8 with 3 or 4 channels becomes RGB24 or
/// RGBA32, other channels the fifth dimension with intent 1007 (vector). Of `metadata`, "descrip",
/// "intent_name", "intent_code" and "aux_file" are written.
Bytes write_nifti(const VolumeView& volume, const std::map<std::string, std::string>& metadata = {});

}  // namespace sg::io

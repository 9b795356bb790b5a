#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/transform.h"

namespace sg::io {

/// What the vectors of a NIfTI displacement file mean.
enum class FieldIntent {
  vector_lps,   // intent 1007 VECTOR, LPS components, as ITK and ANTs write
  dispvect_ras  // intent 1006 DISPVECT, RAS components
};

/// Reads a spatial transform that maps fixed to moving points, mm LPS, from the forms other programs write:
/// - .tfm, .txt: ITK text (affine, rigid, similarity, scale, translation, identity types; 2-D ones leave z
///   alone; composites of them), or a plain 4×4 matrix, RAS (greedy, c3d);
/// - .mat: ITK MATLAB v4, as ANTs writes, or a plain 4×4 matrix, RAS;
/// - .h5, .hdf5: ITK HDF5: the same types, displacement fields, composites of them;
/// - .nii, .nii.gz, .mha, .mhd, .nrrd, .nhdr: a displacement field.
///
/// A composite applies the transform that was added last first. The result is the canonical
/// φ(x) = A(x + u(x)); a field v after an affine is folded in exactly, u(x) = L⁻¹·v(A·x) with L the linear
/// part of A; two fields are refused. Outside its grid a Field takes the nearest border value, ITK displaces
/// by 0: maps agree inside only. FSL's FLIRT matrices look like plain ones but are not RAS: convert them
/// first. HDF5 is parsed in a child process (docs/adr/0002-hdf5.md).
///
/// Throws not_found, invalid_input (damaged, not finite, singular: the message gives the determinant),
/// unsupported_format (a transform type: the message names it).
Transform read_transform(const std::filesystem::path& path);
/// The same from bytes; `name` gives the format by its extension.
Transform read_transform(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes by extension: .tfm .txt .mat for an affine (AffineTransform_double_3_3, centre 0), .h5 .hdf5 for
/// any transform (ITK composite, affine first and displacement second, so that ITK displaces first), an image
/// extension for a pure displacement field. Atomic. Throws unsupported_format when the form cannot hold the
/// transform.
void write_transform(const Transform& transform, const std::filesystem::path& path);

/// A displacement field in mm from .nii(.gz), .mha, .mhd, .nrrd or .h5; converted to LPS components.
Field read_field(const std::filesystem::path& path);
void write_field(const Field& field, const std::filesystem::path& path,
                 FieldIntent intent = FieldIntent::vector_lps);

}  // namespace sg::io

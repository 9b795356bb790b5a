#include "io/transform_io.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "io/files.h"
#include "io/image_io.h"
#include "io/metaimage.h"
#include "io/nifti.h"
#include "io/nrrd.h"
#include "io/text.h"
#include "io/transform_records.h"

namespace sg::io {
namespace {

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

bool is_image(const std::string& extension) {
  return extension == ".nii" || extension == ".nii.gz" || extension == ".mha" || extension == ".mhd" ||
         extension == ".nrrd" || extension == ".nhdr";
}
bool is_hdf5(const std::string& extension) { return extension == ".h5" || extension == ".hdf5"; }

/// A 4×4 matrix in text, RAS to RAS, to LPS: D·M·D with D = diag(−1, −1, 1, 1).
Transform plain_matrix(std::string_view text) {
  std::vector<double> v;
  for (const std::string_view word : words(text)) {
    const std::optional<double> value = parse_number(word);
    if (!value)
      bad(fmt::format("\"{}\" is no number, expected a 4×4 matrix or an ITK transform",
                      clean_text(word, 40)));
    v.push_back(*value);
  }
  if (v.size() != 16) bad(fmt::format("the matrix has {} numbers, expected 16", v.size()));
  if (v[12] != 0 || v[13] != 0 || v[14] != 0 || v[15] != 1) {
    bad(fmt::format("the last row of the matrix is {} {} {} {}, expected 0 0 0 1", v[12], v[13], v[14],
                    v[15]));
  }
  Transform result;
  const double sign[3] = {-1, -1, 1};
  for (int i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      result.affine.matrix[i][j] = sign[i] * sign[j] * v[4 * static_cast<std::size_t>(i) + j];
    }
    result.affine.translation[i] = sign[i] * v[4 * static_cast<std::size_t>(i) + 3];
  }
  require_invertible(result.affine);
  return result;
}

bool is_binary(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size() && i < 512; ++i) {
    if (bytes[i] == 0) return true;
  }
  return false;
}

Field field_from(const Image& image) {
  const Volume<float> values = converted_to<float>(image.voxels);
  const Grid& grid = values.grid();
  const bool flat = values.channels() == 2 && grid.is_2d();
  if (values.channels() != 3 && !flat) {
    bad(fmt::format("a displacement field needs 3 values a voxel, this image has {}", values.channels()));
  }
  const auto intent = image.metadata.find("intent_code");
  const bool ras = intent != image.metadata.end() && intent->second == "1006";
  Field field{Volume<float>(grid, 3)};
  const std::int64_t n = grid.voxel_count();
  for (std::int64_t c = 0; c < values.channels(); ++c) {
    const float sign = ras && c < 2 ? -1.0F : 1.0F;
    const float* in = values.data() + c * n;
    float* out = field.displacement.data() + c * n;
    for (std::int64_t i = 0; i < n; ++i) {
      if (!std::isfinite(in[i])) {
        bad(fmt::format("the displacement at voxel {} is {}, expected a finite number", i, in[i]));
      }
      out[i] = sign * in[i];
    }
  }
  return field;
}

Field image_field(ByteView bytes, const std::string& extension, const FileFetcher& fetch) {
  if (extension.starts_with(".nii")) return field_from(read_nifti(bytes));
  if (extension.starts_with(".mh")) return field_from(read_metaimage(bytes, fetch));
  return field_from(read_nrrd(bytes, fetch));
}

Transform parse(ByteView bytes, const std::string& name, const FileFetcher& fetch) {
  const std::string extension = extension_of(name);
  if (bytes.empty()) bad("the file is empty, expected a transform");
  if (is_image(extension)) return {Affine{}, image_field(bytes, extension, fetch)};
  if (is_hdf5(extension)) return transform_of(parse_transform_hdf5(bytes));
  if (extension != ".tfm" && extension != ".txt" && extension != ".mat") {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format("extension \"{}\" is no transform, expected .tfm, .txt, .mat, .h5, .hdf5, .nii, .nii.gz, "
                    ".mha, .mhd, .nrrd or .nhdr",
                    extension));
  }
  if (is_binary(bytes)) {
    if (extension != ".mat") bad("the file is binary, expected text");
    return transform_of(parse_transform_matlab(bytes));
  }
  const std::string_view text = as_text(bytes);
  const bool itk = text.starts_with("#Insight") || text.find(':') != std::string_view::npos;
  if (itk) return transform_of(parse_transform_text(text));
  return plain_matrix(text);
}

Transform parse_named(ByteView bytes, const std::string& name, const FileFetcher& fetch) {
  try {
    return parse(bytes, name, fetch);
  } catch (const Error& e) {
    throw Error(e.code(), fmt::format("{}: {}", name, e.what()), e.field());
  }
}

}  // namespace

Transform read_transform(const std::filesystem::path& path) {
  return parse_named(read_file(path), path.string(), fetch_beside(path));
}

Transform read_transform(ByteView bytes, const std::string& name) { return parse_named(bytes, name, {}); }

void write_transform(const Transform& transform, const std::filesystem::path& path) {
  const std::string extension = extension_of(path);
  require_invertible(transform.affine);
  if (is_hdf5(extension)) return write_file(path, format_transform_hdf5(records_of(transform)));
  if (is_image(extension)) {
    if (!transform.field || !(transform.affine == Affine{})) {
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format("{} holds a displacement field alone, the transform has an affine: expected .h5",
                      path.filename().string()));
    }
    return write_field(*transform.field, path);
  }
  if (extension != ".tfm" && extension != ".txt" && extension != ".mat") {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format("a transform cannot be written as \"{}\", expected .tfm, .txt, .mat, .h5 or, for a "
                    "displacement field, .nii.gz, .mha or .nrrd",
                    extension));
  }
  if (transform.field) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("{} holds no displacement field, expected .h5", path.filename().string()));
  }
  const std::vector<TransformRecord> records = records_of(transform);
  if (extension == ".mat") return write_file(path, format_transform_matlab(records.front()));
  write_file(path, format_transform_text(records));
}

Field read_field(const std::filesystem::path& path) {
  Transform transform = read_transform(path);
  if (!transform.field || !(transform.affine == Affine{})) {
    bad(fmt::format("{}: not a displacement field alone", path.filename().string()));
  }
  return std::move(*transform.field);
}

void write_field(const Field& field, const std::filesystem::path& path, FieldIntent intent) {
  const std::string extension = extension_of(path);
  const Volume<float>& u = field.displacement;
  if (u.channels() != 3) bad(fmt::format("a displacement field needs 3 channels, this has {}", u.channels()));
  const bool nifti = extension == ".nii" || extension == ".nii.gz";
  if (intent == FieldIntent::dispvect_ras && !nifti) {
    throw Error(ErrorCode::unsupported_format, "RAS displacements are written as .nii or .nii.gz only");
  }
  if (is_hdf5(extension))
    return write_file(path, format_transform_hdf5(records_of({Affine{}, Field{u.clone()}})));
  if (!is_image(extension)) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "a displacement field cannot be written as \"{}\", expected .nii.gz, .nii, .mha, .nrrd or .h5",
            extension));
  }
  if (intent == FieldIntent::vector_lps) return write_image(u, path);
  Image image{u.clone(), "NIfTI-1", {{"intent_code", "1006"}}, {}};
  auto& values = std::get<Volume<float>>(image.voxels);
  for (std::int64_t i = 0; i < 2 * values.grid().voxel_count(); ++i) values.data()[i] *= -1;
  write_image(image, path);
}

}  // namespace sg::io

#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/volume.h"
#include "io/voxels.h"

namespace sg::io {

/// A family of image files, as help texts list it.
struct ImageFormat {
  std::string name;                     // "NIfTI"
  std::vector<std::string> extensions;  // ".nii.gz", ".nii", …; the first is the usual one
  bool writable = false;
};
const std::vector<ImageFormat>& image_formats();

/// The format that the content (or else the extension) of a file shows, "DICOM" for a folder, "" if it is no
/// image known here. Reads a few kilobytes. Throws not_found, forbidden.
std::string probe_image(const std::filesystem::path& path);
/// Whether write_image takes this extension.
bool can_write_image(const std::filesystem::path& path);

/// Reads an image; content decides the format, then the extension. A folder is read as one DICOM series.
/// Voxels keep their stored type (see each format's header for the exceptions); geometry is mm, LPS. Errors
/// name the path: not_found, forbidden, invalid_input (empty, cut off, damaged, contradicting itself),
/// unsupported_format (the message lists what is read), resource.
Image read_image(const std::filesystem::path& path, const Context& context = {});

/// One channel or many, converted to float32. Same errors.
Volume<float> read_volume(const std::filesystem::path& path, const Context& context = {});

/// Reads whole-number labels of a 3-D image of any stored type. Names come from 3D Slicer's segment tags or,
/// beside x.nii.gz, from x.nii.txt with lines "index name [code]", where these exist. Throws also
/// invalid_input naming the first value that is no whole number of 32 bits, and for more than one channel or
/// time point.
LabelMap read_labels(const std::filesystem::path& path, const Context& context = {});

/// Writes an image in the format of the extension; never leaves a partial file under its final name. See the
/// format's header for what it can hold. Throws unsupported_format (extension, or a type or shape the format
/// cannot hold), and what AtomicFile throws.
void write_image(const VolumeView& volume, const std::filesystem::path& path, const Context& context = {});
/// The same, with the metadata if the image came from the same format; as DICOM, with what is known of its
/// source and derivation (dicom_write.h).
void write_image(const Image& image, const std::filesystem::path& path, const Context& context = {});

/// In the smallest of uint8, int16, int32 that holds the labels; names, if any, to the file read_labels looks
/// for.
void write_labels(const LabelMap& labels, const std::filesystem::path& path, const Context& context = {});

}  // namespace sg::io

#pragma once
#include <map>
#include <string>

#include "core/context.h"
#include "core/volume.h"
#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

bool looks_like_metaimage(ByteView head);

/// Reads MetaImage (https://itk.org/Wiki/MetaIO/Documentation): .mha, or .mhd with its data file through
/// `fetch`; raw, zlib-compressed or text data; any byte order; 2 to 4 dimensions (the fourth is time);
/// ElementNumberOfChannels.
///
/// Position: Offset (Position, Origin), TransformMatrix (Rotation, Orientation), of which row j is the
/// direction of index axis j, and ElementSpacing (else ElementSize), mm, LPS as ITK reads and writes it. Keys
/// that are not the format's own become metadata. Throws invalid_input (the message names the key),
/// unsupported_format (LIST and patterns of data files; more than four dimensions; other object types).
Image read_metaimage(ByteView file, const FileFetcher& fetch = {}, const Context& context = {});

/// A .mha (voxels inside, zlib) or, when `data_name` is given, the header of an .mhd whose raw voxels,
/// metaimage_data(volume), belong into the file of that name.
Bytes write_metaimage(const VolumeView& volume, const std::map<std::string, std::string>& metadata = {},
                      const std::string& data_name = "", const Context& context = {});
Bytes metaimage_data(const VolumeView& volume);

}  // namespace sg::io

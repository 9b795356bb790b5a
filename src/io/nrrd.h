#pragma once
#include <map>
#include <string>

#include "core/context.h"
#include "core/volume.h"
#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

bool looks_like_nrrd(ByteView head);

/// Reads NRRD 1 to 5 (http://teem.sourceforge.net/nrrd/format.html), attached or, through `fetch`, with one
/// detached data file; encodings raw, gzip and text; any byte order. Three domain axes at most (two make a
/// 2-D image), and one more axis, first or last, for channels or time.
///
/// Position: "space directions" and "space origin" in LPS, RAS or LAS (or 3D-right-handed, taken as LPS with
/// a warning); else "spacings" or "axis mins"/"axis maxs" along LPS axes from 0. "space units" m, cm, mm, µm
/// are turned into mm. "measurement frame" is passed over. Key/value pairs become metadata. Throws
/// invalid_input (the message names the field), unsupported_format (bzip2, hex, block, several data files).
Image read_nrrd(ByteView file, const FileFetcher& fetch = {}, const Context& context = {});

/// NRRD0005 with gzip data attached; channels are the first axis (interleaved), time the last one. `metadata`
/// is written as key/value pairs.
Bytes write_nrrd(const VolumeView& volume, const std::map<std::string, std::string>& metadata = {},
                 const Context& context = {});

}  // namespace sg::io

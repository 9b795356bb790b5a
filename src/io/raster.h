#pragma once
#include <map>
#include <string>

#include "core/volume.h"
#include "io/files.h"
#include "io/voxels.h"

namespace sg::io {

// Pictures. Rows run along y; voxel (0, 0) is the first stored pixel; direction is the identity and origin 0,
// since pictures know no patient. Pixels are 1 mm unless the file states a metric pixel size (PNG pHYs in
// metres, TIFF and JPEG resolution per centimetre); metadata "pixel_size" says "stated" or "unknown". Dots
// per inch are print settings, not measurements: they are kept as metadata "dots_per_inch" only. Sizes are
// checked against the length of the file before memory is taken. All throw invalid_input (damaged, cut off)
// and unsupported_format (a variant that is not read; a type or shape the format cannot hold), resource.

bool looks_like_png(ByteView head);
bool looks_like_jpeg(ByteView head);
bool looks_like_tiff(ByteView head);

/// 1 to 16 bits; grey, palette (as RGB) and RGB, each with or without alpha: uint8 or uint16, 1 to 4
/// channels.
Image read_png(ByteView file);
/// uint8 or uint16, one slice, 1 to 4 channels (grey, grey+alpha, RGB, RGBA). level 1 (fast) … 9 (small).
Bytes write_png(const VolumeView& volume, const std::map<std::string, std::string>& metadata = {},
                int level = 4);
/// For pictures inside reports: fastest level, no pixel size.
Bytes encode_png(const Volume<std::uint8_t>& picture);

/// 8-bit grey, or colour as RGB (CMYK is converted without a colour profile).
Image read_jpeg(ByteView file);
/// uint8, one slice, 1 or 3 channels. The pixel size is lost.
Bytes write_jpeg(const VolumeView& volume, int quality = 95);

/// 1 to 64-bit integers, float32 and float64; grey (white-is-zero keeps its stored values), palette (as RGB),
/// RGB, with or without alpha, planar or interleaved; strips or tiles; uncompressed, LZW, Deflate, PackBits,
/// JPEG. Pages of equal form become z, the spacing of slices coming from ImageJ's description where present;
/// others are left out with a warning.
Image read_tiff(ByteView file);
/// Any scalar type, slices as pages, 1 to 4 channels; Deflate. Classic TIFF: below 4 GiB.
Bytes write_tiff(const VolumeView& volume, const std::map<std::string, std::string>& metadata = {});

}  // namespace sg::io

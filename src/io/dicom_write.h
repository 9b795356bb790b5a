#pragma once
#include <map>
#include <string>

#include "core/volume.h"
#include "io/voxels.h"

namespace sg::io {

/// A derived image as one DICOM file: explicit little-endian, native pixels. Same image, same bytes.
///
/// Pixels: uint8, uint16 or int16 (stored unsigned, with a rescale intercept of −32768), one channel, or
/// uint8 RGB; slices or time points as frames. A series of volumes, other types and other channels are not
/// held: unsupported_format names what was expected.
///
/// With `image` and its source (DICOM read by read_dicom): patient, study, what was examined, calibration,
/// time and display are kept as the source states them (dicom_carried.h); regions and frame times only while
/// the pixels (frames) are those of the source. Source Image Sequence names the source's instances, its
/// equipment becomes Contributing Equipment. The class is that of the source for ultrasound that fits it,
/// else Secondary Capture, of one frame or multi-frame. Without: a Secondary Capture that states no patient.
///
/// Image Type is DERIVED\SECONDARY; SOP and Series Instance UID are new, made from what is written, so that
/// equal images derived from one series in the same way are one instance of one series. From the metadata:
/// "DerivationDescription", appended to the source's own; "DerivationCode" ("value,scheme,meaning");
/// "ImageComments", appended likewise. Lossy flags stay, and are set for JPEG.
///
/// Places: Image Position and Orientation where the source states them; functional groups for every volume.
/// Pixel Spacing unless it is unknown or the source's regions tell it.
Bytes write_dicom(const VolumeView& volume, const Image* image = nullptr);

}  // namespace sg::io

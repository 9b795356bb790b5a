#pragma once
#include <memory>
#include <span>
#include <vector>

#include "core/volume.h"
#include "io/dicom_dataset.h"
#include "io/dicom_frames.h"

namespace sg::io {

/// The attributes of a source that an image derived from it keeps: patient, study, what was examined and how,
/// calibration, time, display. With them, by their representation, the attributes that occur in the sequences
/// among them. Private attributes, overlays, icons and everything unnamed here stay behind.
std::span<const DicomTag> carried_tags();

/// What a derived image needs of its source: the carried attributes, the identity of every instance as Source
/// Image Sequence (0008,2112), and Lossy Image Compression "01" if the pixels were coded so.
std::shared_ptr<const SourceHeader> source_header(const DicomFile& first,
                                                  const std::vector<ObjectInfo>& objects, const Grid& grid);

}  // namespace sg::io

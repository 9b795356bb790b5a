#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/context.h"
#include "core/volume.h"

namespace sg::io {

/// One series of a folder, and what can be said of it without decoding pixels.
struct DicomSeries {
  std::string uid;              // SeriesInstanceUID
  std::string description;      // SeriesDescription
  std::string modality;         // "CT", "MR", …
  std::string sop_class;        // "CT Image Storage", …
  std::string transfer_syntax;  // name of the first instance's encoding
  std::int64_t instances = 0;   // files
  std::int64_t frames = 0;      // images in them all; 0 for objects without pixels
  std::vector<std::filesystem::path> files;
};

/// Reads a DICOM image: one file (that file only), or a folder that holds one series (files directly in it).
///
/// Geometry, mm LPS. Slices and frames are ordered by their position along the slice normal n = row × column,
/// n · ImagePositionPatient ascending, never by instance number. Distances of neighbours that differ from the
/// median by more than 1 % and 0.01 mm give a warning that names the gaps and how far slices are misplaced;
/// the spacing is then the median. A gantry tilt stays in the third column of the direction (with a warning),
/// so every voxel lies where it was measured. In-plane spacing comes from PixelSpacing, else
/// ImagerPixelSpacing, else the ultrasound region calibration, else 1 mm with a warning. Enhanced multi-frame
/// objects take position, orientation, spacing and rescale from their functional groups, dose grids from
/// GridFrameOffsetVector, nuclear tomograms from SpacingBetweenSlices.
///
/// Outer axis. Several images a position become time when TemporalPosition, TriggerTime, AcquisitionNumber or
/// AcquisitionTime tells them apart, channels when segment number, EchoTime, b-value or the frame's dimension
/// index does; else they are an error. Frames without positions are time in cine objects (FrameTime,
/// FrameTimeVector, CineRate; ultrasound, angiography, endoscopy), else lie along z as stored. Slices that a
/// segmentation leaves out are 0.
///
/// Values. Stored value · RescaleSlope + RescaleIntercept; dose grids · DoseGridScaling. The scalar type is
/// the stored one when every result is a whole number that fits, else the smallest integer that holds them,
/// else float32. Colour (RGB, YBR_*, PALETTE COLOR) becomes three channels RGB. MONOCHROME1 keeps its stored
/// values (high = dark) and says so in metadata "PhotometricInterpretation".
///
/// Encodings: implicit, explicit, big-endian, deflated; RLE; JPEG baseline, extended, lossless; JPEG-LS; JPEG
/// 2000; with or without preamble and meta header. `metadata` holds technical attributes only, nothing that
/// names a patient; what a derived image is to keep of its source, patient included, stands in `source`
/// (dicom_carried.h).
///
/// metadata "UltrasoundRegions" lists the Sequence of Ultrasound Regions (0018,6011), 64 at most, separated
/// by semicolons, each "x0,y0,x1,y1,dx,dy,unit of x,unit of y,format,type": first and last column and row
/// (inclusive, from 0), the physical step of one column and of one row in those units ("cm", "s", "cm/s", …),
/// spatial format ("2D", "M-mode", "spectral", "waveform", "graphics", "none"), data type ("tissue", "colour
/// flow", "PW Doppler", "CW Doppler", "none"); a code without a name stands as its number. A region without
/// bounds is left out.
///
/// Throws not_found (no such path), invalid_input (not DICOM, truncated, inconsistent; several series in the
/// folder: the message lists them), unsupported_format (no image: the message names the SOP class; an
/// encoding: its UID).
Image read_dicom(const std::filesystem::path& file_or_directory, const Context& context = {});

/// The same from the bytes of one file; `name` is how messages call it.
Image read_dicom(std::span<const std::uint8_t> bytes, const std::string& name, const Context& context = {});

/// The series among the files directly in `directory`, in order of first file name; files that are not DICOM
/// are passed over. Throws not_found if it is not a folder.
std::vector<DicomSeries> list_series(const std::filesystem::path& directory, const Context& context = {});

/// Whether the bytes look like DICOM: "DICM" after 128 bytes, or a plausible first element of group 2 or 8.
bool looks_like_dicom(std::span<const std::uint8_t> bytes);

}  // namespace sg::io

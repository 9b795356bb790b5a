#include "io/dicom.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/parallel.h"
#include "io/dicom_assembly.h"
#include "io/dicom_carried.h"
#include "io/dicom_tags.h"
#include "io/dicom_uids.h"
#include "io/files.h"
#include "io/text.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

/// The text of a code, or the code itself where the table has none.
template <std::size_t n>
std::string named(const std::array<const char*, n>& names, std::optional<std::int64_t> code) {
  const std::int64_t value = code.value_or(0);
  const bool known = value >= 0 && value < static_cast<std::int64_t>(n);
  return known ? names[static_cast<std::size_t>(value)] : std::to_string(value);
}

/// The regions of an ultrasound picture as dicom.h describes them; "" if there are none.
std::string ultrasound_regions(const DicomDataset& d) {
  // PS3.3 C.8.5.5.1: units (.15), spatial formats (.1), data types (.2)
  static constexpr std::array units{"none", "percent", "dB",    "cm",  "s",     "Hz",    "dB/s",
                                    "cm/s", "cm2",     "cm2/s", "cm3", "cm3/s", "degree"};
  static constexpr std::array formats{"none", "2D", "M-mode", "spectral", "waveform", "graphics"};
  static constexpr std::array types{"none", "tissue", "colour flow", "PW Doppler", "CW Doppler"};
  constexpr std::size_t most = 64;  // scanners write a handful; the text must not grow with a hostile file
  std::string text;
  const std::vector<DicomDataset> regions = d.items(tag::ultrasound_regions);
  for (std::size_t i = 0; i < std::min(most, regions.size()); ++i) {
    const DicomDataset& r = regions[i];
    const auto x0 = r.integer(tag::region_min_x), y0 = r.integer(tag::region_min_y),
               x1 = r.integer(tag::region_max_x), y1 = r.integer(tag::region_max_y);
    if (!x0 || !y0 || !x1 || !y1) continue;
    text += fmt::format(
        "{}{},{},{},{},{:g},{:g},{},{},{},{}", text.empty() ? "" : ";", *x0, *y0, *x1, *y1,
        r.number(tag::physical_delta_x).value_or(0), r.number(tag::physical_delta_y).value_or(0),
        named(units, r.integer(tag::physical_units_x)), named(units, r.integer(tag::physical_units_y)),
        named(formats, r.integer(tag::region_spatial_format)),
        named(types, r.integer(tag::region_data_type)));
  }
  return text;
}

std::map<std::string, std::string> technical_metadata(const DicomFile& file) {
  struct Named {
    const char* name;
    const DicomTag& tag;
  };
  static constexpr Named wanted[] = {{"Modality", tag::modality},
                                     {"BodyPartExamined", tag::body_part_examined},
                                     {"SeriesDescription", tag::series_description},
                                     {"Manufacturer", tag::manufacturer},
                                     {"ManufacturerModelName", tag::manufacturer_model_name},
                                     {"PhotometricInterpretation", tag::photometric_interpretation},
                                     {"RescaleSlope", tag::rescale_slope},
                                     {"RescaleIntercept", tag::rescale_intercept},
                                     {"RescaleType", tag::rescale_type},
                                     {"WindowCenter", tag::window_center},
                                     {"WindowWidth", tag::window_width},
                                     {"SliceThickness", tag::slice_thickness},
                                     {"SpacingBetweenSlices", tag::spacing_between_slices},
                                     {"ConvolutionKernel", tag::convolution_kernel},
                                     {"KVP", tag::kvp},
                                     {"EchoTime", tag::echo_time},
                                     {"RepetitionTime", tag::repetition_time},
                                     {"InversionTime", tag::inversion_time},
                                     {"FlipAngle", tag::flip_angle},
                                     {"MagneticFieldStrength", tag::magnetic_field_strength},
                                     {"NumberOfFrames", tag::number_of_frames},
                                     {"FrameTime", tag::frame_time},
                                     {"CineRate", tag::cine_rate},
                                     {"DoseUnits", tag::dose_units},
                                     {"DerivationDescription", tag::derivation_description}};
  static constexpr Named whole[] = {{"Rows", tag::rows},
                                    {"Columns", tag::columns},
                                    {"BitsAllocated", tag::bits_allocated},
                                    {"BitsStored", tag::bits_stored},
                                    {"PixelRepresentation", tag::pixel_representation},
                                    {"SamplesPerPixel", tag::samples_per_pixel}};
  std::map<std::string, std::string> metadata;
  const DicomDataset& d = file.dataset;
  const std::string character_set = d.text(tag::specific_character_set);
  for (const auto& [name, tag] : wanted) {
    const std::string text = clean_text(to_utf8(d.text(tag), character_set), 256);
    if (!text.empty()) metadata[name] = text;
  }
  for (const auto& [name, tag] : whole) {
    if (const auto value = d.integer(tag)) metadata[name] = std::to_string(*value);
  }
  if (const std::string regions = ultrasound_regions(d); !regions.empty())
    metadata["UltrasoundRegions"] = regions;
  metadata["TransferSyntax"] = uid_name(file.transfer_syntax);
  const std::string sop_class = d.text(tag::sop_class_uid);
  if (!sop_class.empty()) metadata["SOPClass"] = bare_uid_name(sop_class);
  return metadata;
}

Image assemble(const DicomSource& source, std::vector<ObjectInfo>& objects, const Context& context) {
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (FrameInfo& frame : objects[i].frames) frame.object = i;
  }
  FrameStack stack = stack_frames(objects);
  Image image;
  image.format = "DICOM";
  image.voxels = assemble_voxels(source, objects, stack, context);
  with_file(source, 0, [&](const DicomFile& file) {
    image.metadata = technical_metadata(file);
    image.source = source_header(file, objects, stack.grid);
  });
  if (objects.size() > 1) image.metadata["Instances"] = std::to_string(objects.size());
  std::set<std::string> said;
  for (const ObjectInfo& object : objects) {
    for (const std::string& warning : object.warnings) {
      if (said.insert(warning).second) image.warnings.push_back(warning);
    }
  }
  image.warnings.insert(image.warnings.end(), stack.warnings.begin(), stack.warnings.end());
  return image;
}

/// The files directly in a folder that look like DICOM, by name; DICOMDIR is an index, no object.
std::vector<fs::path> dicom_files(const fs::path& directory) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error) {
    throw Error(ErrorCode::not_found,
                fmt::format("folder {} cannot be read: {}", directory.string(), error.message()));
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : entries) {
    if (!entry.is_regular_file(error) || entry.path().filename() == "DICOMDIR") continue;
    if (looks_like_dicom(read_head(entry.path(), 1024))) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string describe(const DicomSeries& s) {
  return fmt::format("\"{}\" ({}, {} images, first file {})", s.description,
                     s.modality.empty() ? "no modality" : s.modality, s.frames,
                     s.files.front().filename().string());
}

}  // namespace

Image read_dicom(std::span<const std::uint8_t> bytes, const std::string& name, const Context& context) {
  try {
    const DicomSource source{bytes, {}};
    std::vector<ObjectInfo> objects;
    objects.push_back(object_info(parse_dicom(bytes), name));
    return assemble(source, objects, context);
  } catch (const Error& e) {
    if (e.code() == ErrorCode::cancelled) throw;
    throw Error(e.code(), fmt::format("{}: {}", name, e.what()), e.field());
  }
}

std::vector<DicomSeries> list_series(const fs::path& directory, const Context& context) {
  const std::vector<fs::path> files = dicom_files(directory);
  std::vector<DicomSeries> rows(files.size());
  parallel_for(
      static_cast<std::int64_t>(files.size()),
      [&](std::int64_t begin, std::int64_t end) {
        for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
          try {
            const Bytes bytes = read_file(files[i]);
            const DicomFile file = parse_dicom(bytes);
            const DicomDataset& d = file.dataset;
            const bool pixels = d.has(tag::rows) && d.has(tag::columns);
            rows[i] = {
                d.text(tag::series_instance_uid),
                clean_text(to_utf8(d.text(tag::series_description), d.text(tag::specific_character_set)),
                           256),
                clean_text(d.text(tag::modality), 16),
                bare_uid_name(d.text(tag::sop_class_uid)),
                bare_uid_name(file.transfer_syntax),
                1,
                pixels ? std::clamp<std::int64_t>(d.integer(tag::number_of_frames).value_or(1), 1, 1 << 20)
                       : 0,
                {files[i]}};
          } catch (const Error&) {
            rows[i].instances =
                0;  // not DICOM after all, or damaged: read_dicom on the file says what is wrong
          }
        }
      },
      context);
  std::vector<DicomSeries> series;
  for (DicomSeries& row : rows) {
    if (row.instances == 0) continue;
    const auto found = std::find_if(series.begin(), series.end(), [&](const DicomSeries& s) {
      return s.uid == row.uid && s.sop_class == row.sop_class;
    });
    if (found == series.end()) {
      series.push_back(std::move(row));
    } else {
      ++found->instances;
      found->frames += row.frames;
      found->files.push_back(row.files.front());
    }
  }
  return series;
}

Image read_dicom(const fs::path& path, const Context& context) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return read_dicom(read_file(path), path.string(), context);
  std::vector<DicomSeries> all = list_series(path, context.part(0, 0.3, "looking through the folder"));
  std::vector<DicomSeries> images;
  for (DicomSeries& s : all) {
    if (s.frames > 0) images.push_back(std::move(s));
  }
  if (images.empty()) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("folder {} holds no DICOM image directly in it", path.string()));
  }
  if (images.size() > 1) {
    std::string list;
    for (std::size_t i = 0; i < images.size() && i < 8; ++i)
      list += (i > 0 ? ", " : "") + describe(images[i]);
    throw Error(
        ErrorCode::invalid_input,
        fmt::format(
            "folder {} holds {} series, expected one: {}{}; name one file, or a folder with one series",
            path.string(), images.size(), list, images.size() > 8 ? ", …" : ""));
  }
  const DicomSource source{{}, images.front().files};
  std::vector<ObjectInfo> objects(source.paths.size());
  parallel_for(static_cast<std::int64_t>(objects.size()), [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const std::string name = source.paths[i].filename().string();
      try {
        with_file(source, i, [&](const DicomFile& file) { objects[i] = object_info(file, name); });
      } catch (const Error& e) {
        throw Error(e.code(), fmt::format("{}: {}", name, e.what()), e.field());
      }
    }
  });
  return assemble(source, objects, context.part(0.3, 1));
}

}  // namespace sg::io

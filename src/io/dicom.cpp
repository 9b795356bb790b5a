#include "io/dicom.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/parallel.h"
#include "io/dicom_frames.h"
#include "io/dicom_tags.h"
#include "io/dicom_uids.h"
#include "io/files.h"
#include "io/text.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

/// Where the files of an image come from: one in memory, or paths.
struct Source {
  std::span<const std::uint8_t> bytes;
  std::vector<fs::path> paths;
};

/// Calls use(file) with the parsed object; its bytes live as long as the call.
template <class Use>
void with_file(const Source& source, std::size_t object, Use use) {
  if (source.paths.empty()) return use(parse_dicom(source.bytes));
  const Bytes bytes = read_file(source.paths[object]);
  use(parse_dicom(bytes));
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
                                     {"DoseUnits", tag::dose_units}};
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
  metadata["TransferSyntax"] = uid_name(file.transfer_syntax);
  const std::string sop_class = d.text(tag::sop_class_uid);
  if (!sop_class.empty()) metadata["SOPClass"] = bare_uid_name(sop_class);
  return metadata;
}

/// Whether v → slope · v + intercept turns whole numbers into whole numbers (within double's reach).
bool keeps_integers(const FrameInfo& frame) {
  const auto whole = [](double v) { return v == std::floor(v) && std::abs(v) < 1e9; };
  return whole(frame.slope) && whole(frame.intercept);
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

AnyVolume smallest_integer_volume(const Range& range, const Grid& grid, std::int64_t channels,
                                  OuterAxis outer) {
  const auto fits = [&]<class T>(T) {
    return range.low >= std::numeric_limits<T>::lowest() && range.high <= std::numeric_limits<T>::max();
  };
  if (fits(std::int16_t{})) return Volume<std::int16_t>(grid, channels, outer);
  if (fits(std::uint16_t{})) return Volume<std::uint16_t>(grid, channels, outer);
  if (fits(std::int32_t{})) return Volume<std::int32_t>(grid, channels, outer);
  if (fits(std::uint32_t{})) return Volume<std::uint32_t>(grid, channels, outer);
  return Volume<double>(grid, channels, outer);
}

AnyVolume stored_volume(int bits, bool is_signed, const Grid& grid, std::int64_t channels, OuterAxis outer) {
  if (bits <= 8) {
    if (is_signed) return Volume<std::int8_t>(grid, channels, outer);
    return Volume<std::uint8_t>(grid, channels, outer);
  }
  if (bits <= 16) {
    if (is_signed) return Volume<std::int16_t>(grid, channels, outer);
    return Volume<std::uint16_t>(grid, channels, outer);
  }
  if (is_signed) return Volume<std::int32_t>(grid, channels, outer);
  return Volume<std::uint32_t>(grid, channels, outer);
}

/// Assembles the voxels of a stack. Where images of colour follow each other in time there is one outer axis
/// too few: they are laid along z instead.
class Assembly {
 public:
  Assembly(const Source& source, const std::vector<ObjectInfo>& objects, FrameStack& stack)
      : source_(source), objects_(objects), stack_(stack), format_(objects.front().format) {}

  AnyVolume voxels(const Context& context) {
    with_file(source_, 0, [&](const DicomFile& file) {
      const FrameDecoder decoder(file, format_);
      colors_ = decoder.channels();
      bits_ = decoder.bits();
      is_signed_ = decoder.is_signed();
    });
    const bool series_of_color = colors_ > 1 && stack_.outer_size > 1;
    if (series_of_color) {
      if (stack_.grid.size[2] > 1) {
        throw Error(ErrorCode::unsupported_format,
                    "colour images at several positions and times are not read");
      }
      stack_.warnings.push_back("colour images in time are laid along z, 1 mm apart");
      stack_.grid.size[2] = stack_.outer_size;
      stack_.grid.spacing.z = 1;
      stack_.outer_size = 1;
      stack_.outer = OuterAxis::none;
    }
    channels_ = colors_ > 1 ? colors_ : stack_.outer_size;
    outer_ = colors_ > 1 ? OuterAxis::channel : stack_.outer;
    if (format_.floating) return floating(context.part(0, 1, "reading frames"));
    AnyVolume stored = stored_volume(bits_, is_signed_, stack_.grid, channels_, outer_);
    std::visit([&](auto& volume) { fill(volume, context.part(0, 1, "reading frames")); }, stored);
    AnyVolume result = rescaled(std::move(stored));
    std::visit([&](auto& volume) { volume.set_time_step(stack_.time_step); }, result);
    return result;
  }

 private:
  /// Calls use(place in the stack, decoder, frame) for every image; files are opened once each, side by side.
  template <class Use>
  void for_each_frame(const Context& context, Use use) {
    std::vector<std::vector<std::size_t>> places(objects_.size());
    for (std::size_t i = 0; i < stack_.order.size(); ++i) {
      if (stack_.order[i] != nullptr) places[stack_.order[i]->object].push_back(i);
    }
    const auto count = [](std::size_t n) { return static_cast<std::int64_t>(n); };
    const auto run = [&](const FrameDecoder& decoder, const std::vector<std::size_t>& of, std::int64_t i) {
      const std::size_t place = of[static_cast<std::size_t>(i)];
      use(place, decoder, *stack_.order[place]);
    };
    const auto one_object = [&](std::size_t object, const Context& progress) {
      with_file(source_, object, [&](const DicomFile& file) {
        const FrameDecoder decoder(file, objects_[object].format);
        parallel_for(
            count(places[object].size()),
            [&](std::int64_t begin, std::int64_t end) {
              for (std::int64_t i = begin; i < end; ++i) run(decoder, places[object], i);
            },
            progress);
      });
    };
    if (objects_.size() == 1) return one_object(0, context);
    parallel_for(
        count(objects_.size()),
        [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t o = begin; o < end; ++o) {
            try {
              one_object(static_cast<std::size_t>(o), context.silent());
            } catch (const Error& e) {
              throw Error(e.code(),
                          fmt::format("{}: {}", objects_[static_cast<std::size_t>(o)].name, e.what()));
            }
          }
        },
        context);
  }

  std::int64_t offset(std::size_t place) const {
    const std::int64_t pixels = format_.pixels(), slices = stack_.grid.size[2];
    const auto i = static_cast<std::int64_t>(place);
    return colors_ > 1 ? i * pixels : (i / slices * slices + i % slices) * pixels;
  }

  template <class T>
  void fill(Volume<T>& volume, const Context& context) {
    const std::int64_t pixels = format_.pixels(), plane = volume.grid().voxel_count();
    for_each_frame(context, [&](std::size_t place, const FrameDecoder& decoder, const FrameInfo& frame) {
      std::vector<std::int32_t> values(static_cast<std::size_t>(pixels * colors_));
      decoder.decode(frame.frame, std::span(values));
      for (std::int64_t c = 0; c < colors_; ++c) {
        T* out = volume.data() + c * plane + offset(place);
        const std::int32_t* in = values.data() + c * pixels;
        for (std::int64_t i = 0; i < pixels; ++i) out[i] = static_cast<T>(in[i]);
      }
    });
  }

  AnyVolume floating(const Context& context) {
    Volume<double> wide(stack_.grid, channels_, outer_);
    for_each_frame(context, [&](std::size_t place, const FrameDecoder& decoder, const FrameInfo& frame) {
      const std::span<double> out(wide.data() + offset(place), static_cast<std::size_t>(format_.pixels()));
      decoder.decode(frame.frame, out);
      for (double& v : out) v = frame.slope * v + frame.intercept;
    });
    wide.set_time_step(stack_.time_step);
    if (format_.allocated == 64) return wide;
    return converted_to<float>(AnyVolume(std::move(wide)));
  }

  AnyVolume rescaled(AnyVolume stored) {
    bool identity = true, whole = true;
    for (const FrameInfo* f : stack_.order) {
      if (f == nullptr || colors_ > 1) continue;
      identity = identity && f->slope == 1 && f->intercept == 0;
      whole = whole && keeps_integers(*f);
    }
    if (identity) return stored;
    return std::visit(
        [&](const auto& in) -> AnyVolume {
          AnyVolume result;
          if (whole) {
            result = smallest_integer_volume(range_after(in), stack_.grid, channels_, outer_);
          } else {
            result = Volume<float>(stack_.grid, channels_, outer_);
          }
          std::visit([&](auto& out) { rescale(in, out); }, result);
          return result;
        },
        stored);
  }

  template <class T>
  Range range_after(const Volume<T>& in) const {
    Range range;
    for (std::size_t place = 0; place < stack_.order.size(); ++place) {
      const FrameInfo* f = stack_.order[place];
      if (f == nullptr) continue;
      const T* p = in.data() + offset(place);
      const auto [low, high] = std::minmax_element(p, p + format_.pixels());
      for (const double v : {f->slope * *low + f->intercept, f->slope * *high + f->intercept}) {
        range.low = std::min(range.low, v);
        range.high = std::max(range.high, v);
      }
    }
    return range;
  }

  template <class T, class U>
  void rescale(const Volume<T>& in, Volume<U>& out) const {
    for (std::size_t place = 0; place < stack_.order.size(); ++place) {
      const FrameInfo* f = stack_.order[place];
      if (f == nullptr) continue;
      const T* from = in.data() + offset(place);
      U* to = out.data() + offset(place);
      for (std::int64_t i = 0; i < format_.pixels(); ++i)
        to[i] = static_cast<U>(f->slope * from[i] + f->intercept);
    }
  }

  const Source& source_;
  const std::vector<ObjectInfo>& objects_;
  FrameStack& stack_;
  const PixelFormat format_;
  int colors_ = 1, bits_ = 16;
  bool is_signed_ = false;
  std::int64_t channels_ = 1;
  OuterAxis outer_ = OuterAxis::none;
};

Image assemble(const Source& source, std::vector<ObjectInfo>& objects, const Context& context) {
  for (std::size_t i = 0; i < objects.size(); ++i) {
    for (FrameInfo& frame : objects[i].frames) frame.object = i;
  }
  FrameStack stack = stack_frames(objects);
  Image image;
  image.format = "DICOM";
  image.voxels = Assembly(source, objects, stack).voxels(context);
  with_file(source, 0, [&](const DicomFile& file) { image.metadata = technical_metadata(file); });
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
    const Source source{bytes, {}};
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
  if (!fs::is_directory(path, error)) return read_dicom(read_file(path), path.filename().string(), context);
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
  const Source source{{}, images.front().files};
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

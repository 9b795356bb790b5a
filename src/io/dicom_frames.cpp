#include "io/dicom_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

constexpr const char* enhanced_segmentation = "1.2.840.10008.5.1.4.1.1.66.4";

[[noreturn]] void bad(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

void set_key(FrameInfo& frame, FrameKey key, std::optional<double> value, double scale = 1) {
  if (value) frame.keys[static_cast<std::size_t>(key)] = *value * scale;
}

/// Seconds since midnight of a DICOM time "hhmmss.ffffff".
std::optional<double> seconds(const std::string& time) {
  if (time.size() < 6 ||
      !std::all_of(time.begin(), time.begin() + 6, [](char c) { return c >= '0' && c <= '9'; })) {
    return {};
  }
  const auto two = [&](std::size_t i) { return (time[i] - '0') * 10 + (time[i + 1] - '0'); };
  double result = two(0) * 3600.0 + two(2) * 60.0 + two(4), unit = 0.1;
  for (std::size_t i = 7; i < time.size() && time[i] >= '0' && time[i] <= '9'; ++i, unit /= 10) {
    result += (time[i] - '0') * unit;
  }
  return result;
}

void read_axes(FrameInfo& frame, const DicomDataset& d) {
  const std::vector<double> v = d.numbers(tag::image_orientation);
  if (v.size() != 6) return;
  const Vec3 x{v[0], v[1], v[2]}, y{v[3], v[4], v[5]};
  const double nx = norm(x), ny = norm(y);
  if (nx == 0 && ny == 0) return;  // some ultrasound writers fill in zeros
  if (!(std::abs(nx - 1) < 0.05 && std::abs(ny - 1) < 0.05 && std::abs(dot(x, y)) < 0.05)) {
    bad(fmt::format(
        "ImageOrientationPatient {}\\{}\\{}\\{}\\{}\\{} is unusable, expected two perpendicular unit vectors",
        v[0], v[1], v[2], v[3], v[4], v[5]));
  }
  const Vec3 unit_x = (1 / nx) * x;
  const Vec3 across = y - dot(unit_x, y) * unit_x;
  frame.axes = {unit_x, (1 / norm(across)) * across};
}

void read_spacing(FrameInfo& frame, const DicomDataset& d, const DicomTag& tag) {
  // Two zeros are how some radiography writers say that the spacing is not known.
  if (const std::vector<double> s = d.numbers(tag); s.size() >= 2 && (s[0] != 0 || s[1] != 0)) {
    if (!(s[0] > 0) || !(s[1] > 0))
      bad(fmt::format("pixel spacing {}\\{} mm is unusable, expected each > 0", s[0], s[1]));
    frame.spacing = Vec3{s[1], s[0], frame.spacing ? frame.spacing->z : 0};  // DICOM gives rows first
  }
  if (!frame.spacing) return;
  const double thickness = d.number(tag::slice_thickness).value_or(0);
  const double between = std::abs(d.number(tag::spacing_between_slices).value_or(0));
  if (between > 0 || thickness > 0) frame.spacing->z = between > 0 ? between : thickness;
}

void read_rescale(FrameInfo& frame, const DicomDataset& d) {
  if (const auto slope = d.number(tag::rescale_slope)) frame.slope = *slope;
  if (const auto intercept = d.number(tag::rescale_intercept)) frame.intercept = *intercept;
  if (frame.slope == 0) bad("RescaleSlope is 0, expected another number");
  if (std::abs(frame.slope) > 1e20 || std::abs(frame.intercept) > 1e20) {
    bad(fmt::format("rescale {:.3g} · v + {:.3g} is out of range, expected factors below 1e20", frame.slope,
                    frame.intercept));
  }
}

/// Attributes as they stand at the top of a classic object; enhanced ones keep the same in functional groups.
void read_plain(FrameInfo& frame, const DicomDataset& d) {
  if (const auto p = d.vector(tag::image_position)) frame.position = *p;
  read_axes(frame, d);
  if (d.has(tag::pixel_spacing)) {
    read_spacing(frame, d, tag::pixel_spacing);
  } else {
    read_spacing(frame, d, tag::imager_pixel_spacing);
  }
  read_rescale(frame, d);
  if (const auto dose = d.number(tag::dose_grid_scaling)) {
    if (!(*dose > 0) || *dose > 1e20)
      bad(fmt::format("DoseGridScaling is {}, expected > 0 and below 1e20", *dose));
    frame.slope = *dose;
  }
  set_key(frame, FrameKey::temporal, d.number(tag::temporal_position));
  set_key(frame, FrameKey::trigger, d.number(tag::trigger_time), 1e-3);
  set_key(frame, FrameKey::echo, d.number(tag::echo_time));
  set_key(frame, FrameKey::b_value, d.number(tag::diffusion_b_value));
  set_key(frame, FrameKey::acquisition, d.number(tag::acquisition_number));
  const auto acquired = seconds(d.text(tag::acquisition_time));
  set_key(frame, FrameKey::acquisition_time, acquired ? acquired : seconds(d.text(tag::content_time)));
}

void read_groups(FrameInfo& frame, const DicomDataset& groups) {
  if (const auto p = groups.item(tag::plane_position).vector(tag::image_position)) frame.position = *p;
  read_axes(frame, groups.item(tag::plane_orientation));
  read_spacing(frame, groups.item(tag::pixel_measures), tag::pixel_spacing);
  read_rescale(frame, groups.item(tag::pixel_value_transformation));
  const DicomDataset content = groups.item(tag::frame_content);
  set_key(frame, FrameKey::segment,
          groups.item(tag::segment_identification).number(tag::referenced_segment_number));
  set_key(frame, FrameKey::temporal, content.number(tag::temporal_position_index));
  set_key(frame, FrameKey::trigger, groups.item(tag::cardiac_synchronization).number(tag::trigger_delay_time),
          1e-3);
  set_key(frame, FrameKey::echo, groups.item(tag::mr_echo).number(tag::effective_echo_time));
  set_key(frame, FrameKey::b_value, groups.item(tag::mr_diffusion).number(tag::diffusion_b_value));
  // The frame's own place among all dimensions: sorts whatever is left, 12 bits a dimension.
  double rank = 0;
  for (const double value : content.numbers(tag::dimension_index_values)) rank = rank * 4096 + value;
  if (rank > 0) set_key(frame, FrameKey::dimensions, rank);
}

/// Frames of a dose grid lie at offsets along the normal.
void place_dose_frames(std::vector<FrameInfo>& frames, const DicomDataset& d) {
  std::vector<double> offsets = d.numbers(tag::grid_frame_offset_vector);
  const FrameInfo& first = frames.front();
  if (offsets.size() != frames.size() || !first.position || !first.axes) {
    bad(fmt::format("GridFrameOffsetVector has {} values for {} frames, or the position is missing",
                    offsets.size(), frames.size()));
  }
  const Vec3 origin = *first.position, normal = cross((*first.axes)[0], (*first.axes)[1]);
  // PS3.3 C.8.8.3.2: offsets are relative (first 0), or absolute z coordinates (first = position z).
  const double base = offsets.front();
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const double along = base == 0 ? offsets[i] : (offsets[i] - base) * (normal.z < 0 ? -1 : 1);
    frames[i].position = origin + along * normal;
  }
}

/// The calibration of the largest 2-D region with lengths in cm.
std::optional<Vec3> ultrasound_spacing(const DicomDataset& d, std::vector<std::string>& warnings) {
  std::optional<Vec3> best;
  double best_area = -1;
  for (const DicomDataset& region : d.items(tag::ultrasound_regions)) {
    constexpr int centimetres = 3;
    if (region.integer(tag::physical_units_x) != centimetres ||
        region.integer(tag::physical_units_y) != centimetres) {
      continue;
    }
    const double dx = 10 * std::abs(region.number(tag::physical_delta_x).value_or(0));
    const double dy = 10 * std::abs(region.number(tag::physical_delta_y).value_or(0));
    if (!(dx > 0) || !(dy > 0)) continue;
    const auto side = [&](const DicomTag& low, const DicomTag& high) {
      return region.number(high).value_or(0) - region.number(low).value_or(0);
    };
    const double area =
        side(tag::region_min_x, tag::region_max_x) * side(tag::region_min_y, tag::region_max_y);
    if (best && (std::abs(best->x - dx) > 0.01 * dx || std::abs(best->y - dy) > 0.01 * dy)) {
      warnings.push_back("the ultrasound regions have different calibrations, that of the largest is used");
    }
    if (area > best_area) {
      best = Vec3{dx, dy, 0};
      best_area = area;
    }
  }
  return best;
}

void read_frame_axis(ObjectInfo& object, const DicomDataset& d) {
  const std::string& m = object.modality;
  object.frame_axis = FrameAxis::slices;
  if (const auto step = d.number(tag::frame_time); step && *step > 0) {
    object.time_step = *step / 1000;
  } else if (const auto steps = d.numbers(tag::frame_time_vector); steps.size() > 1 && steps[1] > 0) {
    object.time_step = steps[1] / 1000;
  } else if (const auto rate = d.number(tag::cine_rate); rate && *rate > 0) {
    object.time_step = 1 / *rate;
  }
  if (object.time_step > 0 || m == "US" || m == "XA" || m == "RF" || m == "ES" || m == "IVUS") {
    object.frame_axis = FrameAxis::time;
  } else if (m == "NM" && !d.has(tag::slice_vector) && !d.has(tag::spacing_between_slices)) {
    object.frame_axis = FrameAxis::other;
  }
  if (const auto step = d.number(tag::temporal_resolution); object.time_step == 0 && step && *step > 0) {
    object.time_step = *step / 1000;
  }
}

/// Nuclear tomograms give the first slice's place and the distance.
void place_even_frames(ObjectInfo& object, const DicomDataset& d) {
  const auto step = d.number(tag::spacing_between_slices);
  FrameInfo& first = object.frames.front();
  if (object.frame_axis != FrameAxis::slices || !step || *step == 0 || !first.position || !first.axes) return;
  const Vec3 normal = cross((*first.axes)[0], (*first.axes)[1]);
  for (std::size_t i = 1; i < object.frames.size(); ++i) {
    object.frames[i].position = *first.position + static_cast<double>(i) * *step * normal;
  }
}

}  // namespace

ObjectInfo object_info(const DicomFile& file, const std::string& name) {
  const DicomDataset& d = file.dataset;
  ObjectInfo object;
  object.name = name;
  object.format = pixel_format(file);
  object.modality = d.text(tag::modality);
  object.series_uid = d.text(tag::series_instance_uid);
  object.sop_class = d.text(tag::sop_class_uid);
  object.sop_instance = d.text(tag::sop_instance_uid);
  object.segmentation = object.sop_class == enhanced_segmentation;
  object.warnings = file.warnings;
  if (d.has(tag::modality_lut))
    object.warnings.push_back("the modality lookup table is not applied, values are the stored ones");

  FrameInfo shared;
  read_plain(shared, d);
  const DicomDataset detector = d.item(tag::detector_information);
  if (!shared.position) shared.position = detector.vector(tag::image_position);
  if (!shared.axes) read_axes(shared, detector);
  if (d.has(tag::shared_functional_groups)) read_groups(shared, d.item(tag::shared_functional_groups));
  const std::vector<DicomDataset> groups = d.items(tag::per_frame_functional_groups);
  if (!groups.empty() && static_cast<std::int64_t>(groups.size()) < object.format.frames) {
    bad(fmt::format("{} per-frame functional groups for {} frames", groups.size(), object.format.frames));
  }
  if (static_cast<std::int64_t>(groups.size()) > object.format.frames) {
    object.warnings.push_back(
        fmt::format("{} per-frame functional groups for {} frames, the last ones are not used", groups.size(),
                    object.format.frames));
  }
  if (!shared.spacing && groups.empty()) {
    shared.spacing = ultrasound_spacing(d, object.warnings);
  }
  // A claim of millions of frames costs memory only once the pixel data are there to back it.
  static_cast<void>(FrameDecoder(file, object.format));
  for (std::int64_t i = 0; i < object.format.frames; ++i) {
    FrameInfo frame = shared;
    frame.frame = i;
    if (!groups.empty()) read_groups(frame, groups[static_cast<std::size_t>(i)]);
    object.frames.push_back(frame);
  }
  read_frame_axis(object, d);
  if (object.format.frames > 1 && groups.empty()) {
    for (std::size_t i = 1; i < object.frames.size(); ++i) object.frames[i].position.reset();
    if (d.has(tag::grid_frame_offset_vector)) {
      place_dose_frames(object.frames, d);
    } else {
      place_even_frames(object, d);
    }
  }
  return object;
}

}  // namespace sg::io

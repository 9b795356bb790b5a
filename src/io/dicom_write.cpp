#include "io/dicom_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/sha256.h"
#include "io/dicom_carried.h"
#include "io/dicom_elements.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

constexpr const char* explicit_little = "1.2.840.10008.1.2.1";
constexpr const char* us_image = "1.2.840.10008.5.1.4.1.1.6.1";
constexpr const char* us_multiframe = "1.2.840.10008.5.1.4.1.1.3.1";
constexpr const char* capture = "1.2.840.10008.5.1.4.1.1.7";
constexpr const char* capture_bytes = "1.2.840.10008.5.1.4.1.1.7.2";
constexpr const char* capture_words = "1.2.840.10008.5.1.4.1.1.7.3";
constexpr const char* capture_colour = "1.2.840.10008.5.1.4.1.1.7.4";

/// 2.25. and a UUID of version 8 (RFC 9562) made from a hash, as one decimal number (PS3.5 B.2).
std::string uid_from(const std::string& hash) {
  std::array<unsigned, 16> bytes{};
  for (std::size_t i = 0; i < 16; ++i)
    bytes[i] = static_cast<unsigned>(std::stoul(hash.substr(2 * i, 2), nullptr, 16));
  bytes[6] = (bytes[6] & 0x0F) | 0x80;
  bytes[8] = (bytes[8] & 0x3F) | 0x80;
  std::string digits;
  bool some = true;
  while (some) {
    unsigned rest = 0;
    some = false;
    for (unsigned& byte : bytes) {
      const unsigned value = rest * 256 + byte;
      byte = value / 10;
      rest = value % 10;
      some = some || byte != 0;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + rest));
  }
  return "2.25." + digits;
}

std::string hash_of(const std::string& kind, const Bytes& bytes) {
  Sha256 hash;
  const auto* text = reinterpret_cast<const std::uint8_t*>(kind.c_str());
  hash.update({text, kind.size() + 1});
  hash.update(bytes);
  return hash.hex();
}

/// What is to be written, taken apart.
struct Content {
  const VolumeView& volume;
  const Image* image;
  DicomDataset source;  // empty without one
  bool same_pixels = false;
  std::int64_t frames = 1;
  bool colour = false, words = false, shifted = false;

  bool from_source() const { return !source.empty(); }
  std::string said(const std::string& key) const {
    if (image == nullptr) return "";
    const auto found = image->metadata.find(key);
    return found == image->metadata.end() ? "" : found->second;
  }
};

void require_held(const VolumeView& volume) {
  const Grid& grid = volume.grid();
  const Scalar scalar = volume.scalar();
  const bool grey = volume.channels() == 1 || volume.outer() == OuterAxis::time;
  const bool colour = volume.channels() == 3 && volume.outer() == OuterAxis::channel && scalar == Scalar::u8;
  if (volume.outer() == OuterAxis::time && grid.size[2] > 1)
    throw Error(ErrorCode::unsupported_format,
                fmt::format("DICOM files hold one axis of frames, the image has {} time points of {} slices",
                            volume.channels(), grid.size[2]));
  if (!grey && !colour)
    throw Error(ErrorCode::unsupported_format,
                fmt::format("DICOM holds one channel, or three of uint8 as colour; the image has {} of {}",
                            volume.channels(), name_of(scalar)));
  if (grey && scalar != Scalar::u8 && scalar != Scalar::u16 && scalar != Scalar::i16)
    throw Error(ErrorCode::unsupported_format,
                fmt::format("DICOM holds uint8, uint16 and int16, the image is {}", name_of(scalar)));
  if (grid.size[0] > 0xFFFF || grid.size[1] > 0xFFFF)
    throw Error(ErrorCode::unsupported_format,
                fmt::format("DICOM holds 65535×65535 pixels at most, the image is {}", grid.describe()));
}

Content content_of(const VolumeView& volume, const Image* image) {
  require_held(volume);
  Content c{volume, image};
  c.colour = volume.channels() == 3 && volume.outer() == OuterAxis::channel;
  c.frames = volume.outer() == OuterAxis::time ? volume.channels() : volume.grid().size[2];
  c.words = size_of(volume.scalar()) == 2;
  if (volume.scalar() == Scalar::i16) {
    const ByteView bytes = volume.bytes();
    for (std::size_t i = 1; i < bytes.size() && !c.shifted; i += 2) c.shifted = (bytes[i] & 0x80) != 0;
  }
  if (image != nullptr && image->source) {
    c.source = DicomDataset(image->source->bytes, {false, false});
    c.same_pixels = volume.grid() == image->source->grid;
  }
  return c;
}

/// Little-endian, RGB pixel by pixel; signed values moved up by 32768.
Bytes pixels_of(const Content& c) {
  Bytes pixels = encode_voxels(c.volume, c.colour);
  if (c.shifted)
    for (std::size_t i = 1; i < pixels.size(); i += 2) pixels[i] ^= 0x80;
  return pixels;
}

std::string class_of(const Content& c) {
  const std::string source = c.source.text(tag::sop_class_uid);
  const bool ultrasound = source == us_image || source == us_multiframe;
  const bool inverted = c.source.text(tag::photometric_interpretation) == "MONOCHROME1";
  const bool series = c.volume.outer() == OuterAxis::time || c.frames == 1;
  if (ultrasound && !c.words && !inverted && series) return c.frames > 1 ? us_multiframe : us_image;
  if (c.frames == 1) return capture;
  return c.colour ? capture_colour : c.words ? capture_words : capture_bytes;
}

/// `addition` after what the source says, unless that says it already.
std::string extended(const std::string& source, const std::string& addition, std::size_t most) {
  std::string text = source;
  if (text.find(addition) == std::string::npos) text += (text.empty() ? "" : "; ") + addition;
  if (text.size() <= most) return text;
  text.resize(most);  // at the start of a character of UTF-8
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
  return text;
}

/// Our own texts in ASCII, since the source's character set need not hold more; no backslash, which parts
/// values.
std::string ascii(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80)
      result += byte == '\\' ? '/' : text[i];
    else if ((byte & 0xC0) == 0xC0)  // the first byte of a character
      result += text.compare(i, 2, "×") == 0 ? 'x' : '?';
  }
  return result;
}

DicomElements code(const std::string& value, const std::string& scheme, const std::string& meaning) {
  DicomElements item;
  item.text(tag::code_value, value);
  item.text(tag::coding_scheme, scheme);
  item.text(tag::code_meaning, meaning);
  return item;
}

void put_identity(DicomElements& out, const Content& c) {
  for (const DicomTag& each : carried_tags()) out.copy(c.source, each, carried_tags());
  if (!c.from_source()) out.text(tag::specific_character_set, "ISO_IR 192");
  // Attributes that must be there but may be empty
  for (const DicomTag& each :
       {tag::study_date, tag::study_time, tag::accession_number, tag::referring_physician, tag::patient_name,
        tag::patient_id, tag::patient_birth_date, tag::patient_sex, tag::study_id, tag::laterality,
        tag::patient_orientation})
    if (!out.has(each)) out.text(each, "");
  out.text(tag::series_number, "");  // of the source, whose other images have it
  out.text(tag::instance_number, c.from_source() ? c.source.text(tag::instance_number) : "1");
  if (!out.has(tag::modality)) out.text(tag::modality, "OT");
  const std::string series = c.source.text(tag::series_description);
  out.text(tag::series_description, extended(series.substr(0, 54), "derived", 64));
}

void put_equipment(DicomElements& out, const Content& c) {
  std::vector<DicomElements> contributors;
  DicomElements source;
  for (const DicomTag& each :
       {tag::manufacturer, tag::institution_name, tag::station_name, tag::manufacturer_model_name,
        tag::device_serial_number, tag::software_versions}) {
    source.copy(c.source, each, carried_tags());
    out.erase(each);
  }
  out.text(tag::manufacturer, "Shaoguang");
  out.text(tag::manufacturer_model_name, "Shaoguang");
  if (source.empty()) return;
  if (!source.has(tag::manufacturer)) source.text(tag::manufacturer, "");
  source.sequence(tag::purpose_of_reference_code, {code("109101", "DCM", "Acquisition Equipment")});
  contributors.push_back(source);
  out.sequence(tag::contributing_equipment, contributors);
}

void put_derivation(DicomElements& out, const Content& c) {
  std::vector<std::string> type = c.source.texts(tag::image_type);
  std::string text = "DERIVED\\SECONDARY";
  for (std::size_t i = 2; i < type.size(); ++i) text += "\\" + type[i];
  out.text(tag::image_type, text);
  const std::string said = ascii(c.said("DerivationDescription"));
  out.text(tag::derivation_description, extended(c.source.text(tag::derivation_description),
                                                 said.empty() ? "Written by Shaoguang" : said, 1024));
  const std::string derivation = c.said("DerivationCode");
  const std::size_t first = derivation.find(','), second = derivation.find(',', first + 1);
  if (first != std::string::npos && second != std::string::npos)
    out.sequence(tag::derivation_code,
                 {code(derivation.substr(0, first), derivation.substr(first + 1, second - first - 1),
                       derivation.substr(second + 1))});
  if (const std::string comment = ascii(c.said("ImageComments")); !comment.empty())
    out.text(tag::image_comments, extended(c.source.text(tag::image_comments), comment, 10240));
  std::vector<DicomElements> instances;
  for (const DicomDataset& source : c.source.items(tag::source_image)) {
    DicomElements& instance = instances.emplace_back();
    instance.copy(source, tag::referenced_sop_class_uid, {});
    instance.copy(source, tag::referenced_sop_instance_uid, {});
    instance.sequence(tag::purpose_of_reference_code,
                      {code("121322", "DCM", "Source image for image processing operation")});
  }
  if (!instances.empty()) out.sequence(tag::source_image, instances);
  if (c.image != nullptr && c.image->format.starts_with("JPEG")) {
    out.text(tag::lossy_image_compression, "01");
    out.text(tag::lossy_image_method, "ISO_10918_1");
  }
}

/// Column `a` of the direction: where axis a points.
std::array<double, 3> axis(const Grid& grid, int a) {
  return {grid.direction[0][a], grid.direction[1][a], grid.direction[2][a]};
}

void put_orientation(DicomElements& out, const Grid& grid) {
  const auto x = axis(grid, 0), y = axis(grid, 1);
  const std::array<double, 6> cosines{x[0], x[1], x[2], y[0], y[1], y[2]};
  out.numbers(tag::image_orientation, cosines);
}

void put_position(DicomElements& out, const Grid& grid, std::int64_t slice) {
  const auto z = axis(grid, 2);
  const double along = static_cast<double>(slice) * grid.spacing.z;
  const std::array<double, 3> position{grid.origin.x + along * z[0], grid.origin.y + along * z[1],
                                       grid.origin.z + along * z[2]};
  out.numbers(tag::image_position, position);
}

void put_spacing(DicomElements& out, const Grid& grid) {
  const std::array<double, 2> spacing{grid.spacing.y, grid.spacing.x};  // between rows, between columns
  out.numbers(tag::pixel_spacing, spacing);
}

/// Whether the spacing is to be written: it is known, and nothing else in the file tells it.
bool tells_spacing(const Content& c) {
  const bool stated = c.source.has(tag::pixel_spacing) || c.source.has(tag::shared_functional_groups);
  const bool calibrated = c.source.has(tag::ultrasound_regions) || c.source.has(tag::imager_pixel_spacing);
  if (c.from_source()) return stated || (calibrated && !c.same_pixels);
  const Vec3& spacing = c.volume.grid().spacing;
  if (c.image == nullptr) return spacing.x != 1 || spacing.y != 1;
  return c.said("pixel_size") != "unknown";
}

void put_geometry(DicomElements& out, const Content& c) {
  const Grid& grid = c.volume.grid();
  const bool placed = c.source.has(tag::image_position) && c.source.has(tag::image_orientation);
  for (const DicomTag& each :
       {tag::image_position, tag::image_orientation, tag::pixel_spacing, tag::spacing_between_slices})
    out.erase(each);
  if (!c.same_pixels)
    for (const DicomTag& each :
         {tag::ultrasound_regions, tag::imager_pixel_spacing, tag::pixel_aspect_ratio, tag::slice_thickness})
      out.erase(each);
  if (grid.size[2] > 1) {  // a volume: every slice has its place
    DicomElements shared, measures, orientation;
    put_spacing(measures, grid);
    measures.number(tag::slice_thickness, grid.spacing.z);
    measures.number(tag::spacing_between_slices, grid.spacing.z);
    put_orientation(orientation, grid);
    shared.sequence(tag::pixel_measures, {measures});
    shared.sequence(tag::plane_orientation, {orientation});
    std::vector<DicomElements> each;
    for (std::int64_t z = 0; z < grid.size[2]; ++z) {
      DicomElements position;
      put_position(position, grid, z);
      each.emplace_back().sequence(tag::plane_position, {position});
    }
    // With functional groups a date is asked for: the nearest that the source states.
    for (const auto& [date, time] :
         {std::pair{tag::acquisition_date, tag::acquisition_time}, {tag::study_date, tag::study_time}})
      if (out.value(tag::content_date).empty() && !out.value(date).empty()) {
        out.text(tag::content_date, out.value(date));
        if (!out.value(time).empty()) out.text(tag::content_time, out.value(time));
      }
    out.sequence(tag::shared_functional_groups, {shared});
    out.sequence(tag::per_frame_functional_groups, each);
  } else {
    if (tells_spacing(c)) put_spacing(out, grid);
    if (placed) {
      put_position(out, grid, 0);
      put_orientation(out, grid);
    }
  }
  if (!out.has(tag::frame_of_reference_uid) && (placed || grid.size[2] > 1))
    out.text(tag::frame_of_reference_uid, uid_from(hash_of("frame of reference", out.encoded())));
  if (out.has(tag::frame_of_reference_uid) && !out.has(tag::position_reference_indicator))
    out.text(tag::position_reference_indicator, "");
}

void put_frames(DicomElements& out, const Content& c) {
  const bool time = c.volume.outer() == OuterAxis::time && c.volume.time_step() > 0;
  const std::int64_t before = c.source.integer(tag::number_of_frames).value_or(1);
  const bool same = c.frames > 1 && time && before == c.frames && c.source.has(tag::frame_increment_pointer);
  if (!same)
    for (const DicomTag& each : {tag::frame_time, tag::frame_time_vector, tag::cine_rate,
                                 tag::frame_increment_pointer, tag::number_of_frames})
      out.erase(each);
  if (c.frames == 1) return;
  out.number(tag::number_of_frames, static_cast<double>(c.frames));
  if (same) return;
  if (time) {
    out.number(tag::frame_time, 1000 * c.volume.time_step());
    return out.bytes(tag::frame_increment_pointer, {0x18, 0x00, 0x63, 0x10});
  }
  std::vector<double> pages;
  for (std::int64_t frame = 1; frame <= std::min<std::int64_t>(c.frames, 10000); ++frame)
    pages.push_back(static_cast<double>(frame));
  out.numbers(tag::page_number_vector, pages);
  out.bytes(tag::frame_increment_pointer, {0x18, 0x00, 0x01, 0x20});
}

/// Bits that the values take: those of the source where they still suffice, since they say what is white.
int stored_bits(const Content& c, const Bytes& pixels) {
  if (!c.words) return 8;
  const auto stated = c.source.integer(tag::bits_stored).value_or(16);
  if (c.shifted || stated < 9 || stated > 16) return 16;
  for (std::size_t i = 1; i < pixels.size(); i += 2)
    if ((pixels[i] >> (stated - 8)) != 0) return 16;
  return static_cast<int>(stated);
}

void put_pixel_format(DicomElements& out, const Content& c, const Bytes& pixels) {
  const Grid& grid = c.volume.grid();
  const int stored = stored_bits(c, pixels);
  const bool inverted = c.source.text(tag::photometric_interpretation) == "MONOCHROME1";
  out.number(tag::samples_per_pixel, c.colour ? 3 : 1);
  out.text(tag::photometric_interpretation, c.colour ? "RGB" : inverted ? "MONOCHROME1" : "MONOCHROME2");
  if (c.colour) out.number(tag::planar_configuration, 0);
  out.number(tag::rows, static_cast<double>(grid.size[1]));
  out.number(tag::columns, static_cast<double>(grid.size[0]));
  out.number(tag::bits_allocated, c.words ? 16 : 8);
  out.number(tag::bits_stored, stored);
  out.number(tag::high_bit, stored - 1);
  out.number(tag::pixel_representation, 0);
  const std::string sop_class = class_of(c);
  const bool capture_frames = sop_class == capture_bytes || sop_class == capture_words;
  out.erase(tag::rescale_type);
  if (c.shifted || capture_frames) {
    out.number(tag::rescale_intercept, c.shifted ? -32768 : 0);
    out.number(tag::rescale_slope, 1);
    const std::string type = c.source.text(tag::rescale_type);
    out.text(tag::rescale_type, type.empty() ? "US" : type);  // unspecified
  }
  if (capture_frames) out.text(tag::presentation_lut_shape, inverted ? "INVERSE" : "IDENTITY");
  // Multi-frame captures must say it; where nobody knows, whoever passes the picture on should look.
  if (sop_class != us_image && sop_class != us_multiframe) {
    out.text(tag::conversion_type, "WSD");
    if (c.frames > 1 && !out.has(tag::burned_in_annotation)) out.text(tag::burned_in_annotation, "YES");
  }
}

void put_uids(DicomElements& out, const Content& c, const Bytes& pixels) {
  out.text(tag::sop_class_uid, class_of(c));
  const std::string series = c.source.text(tag::series_instance_uid) + "|" + c.said("DerivationDescription");
  out.erase(tag::series_instance_uid);
  out.erase(tag::sop_instance_uid);
  Bytes all = out.encoded();
  all.insert(all.end(), pixels.begin(), pixels.end());
  if (!out.has(tag::study_instance_uid)) out.text(tag::study_instance_uid, uid_from(hash_of("study", all)));
  out.text(tag::sop_instance_uid, uid_from(hash_of("instance", all)));
  out.text(tag::series_instance_uid,
           uid_from(c.from_source() ? hash_of("series|" + series, {}) : hash_of("series", all)));
}

/// Preamble, file meta information (PS3.10 7.1), data set.
Bytes file_of(const DicomElements& dataset, const std::string& sop_class, const std::string& instance) {
  DicomElements meta;
  meta.bytes(tag::file_meta_version, {0, 1});
  meta.text(tag::media_sop_class, sop_class);
  meta.text(tag::media_sop_instance, instance);
  meta.text(tag::transfer_syntax_uid, explicit_little);
  meta.text(tag::implementation_class_uid, uid_from(hash_of("Shaoguang", {})));
  meta.text(tag::implementation_version, "SHAOGUANG");
  DicomElements length;
  length.number(tag::file_meta_length, static_cast<double>(meta.encoded().size()));
  Bytes file(128);
  for (const char letter : {'D', 'I', 'C', 'M'}) file.push_back(static_cast<std::uint8_t>(letter));
  for (const DicomElements* part : std::initializer_list<const DicomElements*>{&length, &meta, &dataset}) {
    const Bytes bytes = part->encoded();
    file.insert(file.end(), bytes.begin(), bytes.end());
  }
  return file;
}

}  // namespace

Bytes write_dicom(const VolumeView& volume, const Image* image) {
  const Content c = content_of(volume, image);
  Bytes pixels = pixels_of(c);
  DicomElements out;
  put_identity(out, c);
  put_equipment(out, c);
  put_derivation(out, c);
  put_frames(out, c);
  put_geometry(out, c);
  put_pixel_format(out, c, pixels);
  put_uids(out, c, pixels);
  const std::string instance = out.value(tag::sop_instance_uid);
  DicomTag data = tag::pixel_data;
  std::memcpy(data.vr, c.words ? "OW" : "OB", sizeof data.vr);
  out.bytes(data, std::move(pixels));
  return file_of(out, class_of(c), instance);
}

}  // namespace sg::io

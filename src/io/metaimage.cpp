#include "io/metaimage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "core/error.h"
#include "io/gzip.h"
#include "io/text.h"

namespace sg::io {
namespace {

struct TypeName {
  Scalar scalar;
  std::string_view name;
};
// The first name of a type is the one written; MET_LONG has four bytes in files.
constexpr TypeName types[] = {
    {Scalar::u8, "MET_UCHAR"},      {Scalar::i8, "MET_CHAR"},   {Scalar::u16, "MET_USHORT"},
    {Scalar::i16, "MET_SHORT"},     {Scalar::u32, "MET_UINT"},  {Scalar::i32, "MET_INT"},
    {Scalar::u32, "MET_ULONG"},     {Scalar::i32, "MET_LONG"},  {Scalar::u64, "MET_ULONG_LONG"},
    {Scalar::i64, "MET_LONG_LONG"}, {Scalar::f32, "MET_FLOAT"}, {Scalar::f64, "MET_DOUBLE"},
    {Scalar::u8, "MET_ASCII_CHAR"},
};

[[noreturn]] void bad_key(const std::string& key, std::string_view value, const std::string& expected) {
  throw Error(ErrorCode::invalid_input,
              fmt::format("MetaImage {} is '{}', expected {}", key, clean_text(value, 80), expected));
}

/// The "Key = Value" lines up to ElementDataFile, and where the data begins.
class Header {
 public:
  explicit Header(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = text.substr(at, end - at);
      at = std::min(text.size(), end + 1);
      const std::size_t equals = line.find('=');
      const std::string key(trimmed(line.substr(0, equals)));
      if (equals == std::string_view::npos) {
        if (key.empty()) continue;
        throw Error(ErrorCode::invalid_input,
                    fmt::format("MetaImage header line '{}' is not 'Key = Value'", clean_text(line, 60)));
      }
      values_[key] = trimmed(line.substr(equals + 1));
      if (key == "ElementDataFile") {
        length_ = at;
        return;
      }
    }
    throw Error(ErrorCode::invalid_input, "the MetaImage header has no ElementDataFile line");
  }

  /// The value of the first of these names that is there.
  const std::string* find(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      used_.insert(name);
      if (const auto found = values_.find(name); found != values_.end()) {
        for (const char* other : names) used_.insert(other);
        return &found->second;
      }
    }
    return nullptr;
  }
  bool is_true(std::initializer_list<const char*> names) {
    const std::string* value = find(names);
    return value != nullptr && !value->empty() &&
           (value->front() == 'T' || value->front() == 't' || value->front() == '1');
  }
  std::optional<long long> whole(const char* name) {
    const std::string* value = find({name});
    if (value == nullptr) return std::nullopt;
    const auto number = parse_integer(*value);
    if (!number) bad_key(name, *value, "a whole number");
    return number;
  }
  /// Exactly `count` numbers, or nothing if the key is absent.
  std::vector<double> numbers(std::initializer_list<const char*> names, std::size_t count) {
    const std::string* value = find(names);
    std::vector<double> result;
    if (value == nullptr) return result;
    for (const std::string_view word : words(*value)) {
      const auto number = parse_number(word);
      if (!number) bad_key(*names.begin(), *value, "numbers");
      result.push_back(*number);
    }
    if (result.size() != count) bad_key(*names.begin(), *value, fmt::format("{} numbers", count));
    return result;
  }
  std::map<std::string, std::string> unused() const {
    std::map<std::string, std::string> rest;
    for (const auto& [key, value] : values_) {
      if (!used_.contains(key)) rest[clean_text(key, 256)] = clean_text(value);
    }
    return rest;
  }
  std::size_t length() const { return length_; }

 private:
  std::map<std::string, std::string> values_;
  std::set<std::string> used_;
  std::size_t length_ = 0;
};

/// mm a unit of DistanceUnits.
double unit_of(Header& header, std::vector<std::string>& warnings) {
  const std::string* unit = header.find({"DistanceUnits"});
  if (unit == nullptr || *unit == "?" || *unit == "mm") return 1;
  if (*unit == "um") return 1e-3;
  if (*unit == "cm") return 10;
  warnings.push_back(
      fmt::format("MetaImage DistanceUnits '{}' is not known; mm taken", clean_text(*unit, 20)));
  return 1;
}

Grid grid_of_header(Header& header, std::size_t dimensions, const std::vector<double>& sizes,
                    std::vector<std::string>& warnings) {
  const double mm = unit_of(header, warnings);
  std::vector<double> spacing = header.numbers({"ElementSpacing"}, dimensions);
  const std::vector<double> extent = header.numbers({"ElementSize"}, dimensions);
  if (spacing.empty()) spacing = extent;
  if (spacing.empty()) {
    warnings.push_back("MetaImage gives no ElementSpacing; 1 mm taken");
    spacing.assign(dimensions, 1);
  }
  const std::vector<double> offset = header.numbers({"Offset", "Position", "Origin"}, dimensions);
  const std::vector<double> rotation =
      header.numbers({"TransformMatrix", "Rotation", "Orientation"}, dimensions * dimensions);
  header.find({"CenterOfRotation"});
  header.find({"AnatomicalOrientation"});
  std::array<std::int64_t, 3> size{1, 1, 1};
  Mat3 m;
  Vec3 origin;
  for (std::size_t axis = 0; axis < std::min<std::size_t>(3, dimensions); ++axis) {
    size[axis] = static_cast<std::int64_t>(sizes[axis]);
    if (!std::isfinite(spacing[axis]) || spacing[axis] == 0) {
      bad_key("ElementSpacing", fmt::format("{}", spacing[axis]), "each more than 0 mm");
    }
    if (!offset.empty()) origin[static_cast<int>(axis)] = mm * offset[axis];
    for (std::size_t row = 0; row < std::min<std::size_t>(3, dimensions); ++row) {
      const double cosine = rotation.empty() ? (row == axis ? 1 : 0) : rotation[axis * dimensions + row];
      m[static_cast<int>(row)][axis] = mm * spacing[axis] * cosine;
    }
  }
  return grid_from_matrix(size, m, as_point(origin), "MetaImage TransformMatrix and ElementSpacing",
                          warnings);
}

Scalar scalar_of(Header& header) {
  const std::string* text = header.find({"ElementType"});
  if (text == nullptr) throw Error(ErrorCode::invalid_input, "the MetaImage header has no ElementType");
  std::string_view name = *text;
  if (name.ends_with("_ARRAY")) name.remove_suffix(6);
  for (const TypeName& type : types) {
    if (type.name == name) return type.scalar;
  }
  bad_key("ElementType", *text, "a type such as MET_SHORT");
}

void check_object(Header& header) {
  const std::string* type = header.find({"ObjectType"});
  if (type != nullptr && *type != "Image") {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("MetaImage ObjectType '{}' is not read, expected Image", clean_text(*type, 40)));
  }
}

VoxelLayout layout_of(Header& header, std::vector<std::string>& warnings) {
  check_object(header);
  const auto dimensions = header.whole("NDims");
  if (!dimensions) throw Error(ErrorCode::invalid_input, "the MetaImage header has no NDims");
  if (*dimensions < 2 || *dimensions > 4) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("MetaImage with NDims = {} is not read, expected 2 to 4", *dimensions));
  }
  const auto n = static_cast<std::size_t>(*dimensions);
  const std::vector<double> sizes = header.numbers({"DimSize"}, n);
  if (sizes.empty()) throw Error(ErrorCode::invalid_input, "the MetaImage header has no DimSize");
  for (double size : sizes) {
    if (!(size >= 1 && size <= 0x1p40) || size != std::floor(size)) {
      bad_key("DimSize", *header.find({"DimSize"}), "whole numbers of 1 or more");
    }
  }
  VoxelLayout layout;
  layout.grid = grid_of_header(header, n, sizes, warnings);
  layout.scalar = scalar_of(header);
  layout.big_endian = header.is_true({"BinaryDataByteOrderMSB", "ElementByteOrderMSB"});
  layout.channels = header.whole("ElementNumberOfChannels").value_or(1);
  layout.outer = layout.channels > 1 ? OuterAxis::channel : OuterAxis::none;
  layout.interleaved = true;
  if (n == 4 && sizes[3] > 1) {
    if (layout.channels != 1) {
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format("MetaImage with {} time points of {} channels is not read, expected one or the other",
                      sizes[3], layout.channels));
    }
    layout.channels = static_cast<std::int64_t>(sizes[3]);
    layout.outer = OuterAxis::time;
    layout.interleaved = false;
    const std::vector<double> spacing = header.numbers({"ElementSpacing"}, n);
    if (!spacing.empty() && std::isfinite(spacing[3])) layout.time_step = std::abs(spacing[3]);
  }
  return layout;
}

struct DataPlace {
  std::string file;  // "" = after the header
  bool is_compressed = false, is_text = false;
  std::int64_t skip = 0;
};

DataPlace place_of(Header& header) {
  DataPlace place;
  const std::string& name = *header.find({"ElementDataFile"});
  if (name.empty()) bad_key("ElementDataFile", name, "LOCAL or a file name");
  if (name.starts_with("LIST") || name.find('%') != std::string::npos) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "MetaImage data in several files (ElementDataFile = {}) is not read, expected LOCAL or one file",
            clean_text(name, 80)));
  }
  if (lower(name) != "local") place.file = name;
  place.is_compressed = header.is_true({"CompressedData"});
  const std::string* binary = header.find({"BinaryData"});
  place.is_text = binary != nullptr && !header.is_true({"BinaryData"});
  place.skip = header.whole("HeaderSize").value_or(0);
  if (place.skip < -1) bad_key("HeaderSize", fmt::format("{}", place.skip), "-1 or more");
  for (const char* passed_over :
       {"CompressedDataSize", "ElementMin", "ElementMax", "ObjectSubType", "ID", "ParentID"}) {
    header.find({passed_over});
  }
  return place;
}

AnyVolume read_data(const DataPlace& place, const VoxelLayout& layout, ByteView data) {
  const auto there = static_cast<double>(data.size());
  if (place.is_text) {
    require_content(layout, there * 8, false);  // "1 " may stand for eight bytes
    return decode_voxels_text(as_text(data), layout);
  }
  require_content(layout, there, place.is_compressed);
  const std::uint64_t count = layout.byte_count();
  const auto skip = static_cast<std::size_t>(std::max<std::int64_t>(0, place.skip));
  if (place.is_compressed) {
    const Bytes expanded = decompressed(data, count + skip);
    return decode_voxels(ByteView(expanded).subspan(std::min(skip, expanded.size())), layout);
  }
  if (place.skip < 0) data = data.subspan(data.size() - count);
  return decode_voxels(data.subspan(std::min(skip, data.size())), layout);
}

}  // namespace

bool looks_like_metaimage(ByteView head) {
  const std::string_view text = as_text(head);
  const std::string_view key = trimmed(text.substr(0, std::min(text.find('='), std::size_t{40})));
  if (key == "NDims" || key == "ObjectType") return true;
  return (key == "Comment" || key == "ObjectSubType") && text.find("NDims") != std::string_view::npos;
}

Image read_metaimage(ByteView file, const FileFetcher& fetch, const Context& context) {
  context.check();
  Header header(as_text(file));
  Image image;
  const VoxelLayout layout = layout_of(header, image.warnings);
  const DataPlace place = place_of(header);
  if (place.file.empty()) {
    image.voxels = read_data(place, layout, file.subspan(header.length()));
  } else if (fetch) {
    image.voxels = read_data(place, layout, fetch(place.file));
  } else {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("the MetaImage header keeps its data in '{}', which is out of reach here",
                            clean_text(place.file, 80)));
  }
  image.format = "MetaImage";
  image.metadata = header.unused();
  if (place.is_compressed) image.metadata["compression"] = "zlib";
  return image;
}

Bytes metaimage_data(const VolumeView& volume) {
  return encode_voxels(volume, volume.outer() != OuterAxis::time);
}

Bytes write_metaimage(const VolumeView& volume, const std::map<std::string, std::string>& metadata,
                      const std::string& data_name, const Context& context) {
  const Grid& grid = volume.grid();
  const bool time = volume.outer() == OuterAxis::time && volume.channels() > 1;
  const std::size_t n = time ? 4 : 3;
  std::vector<double> matrix(n * n), offset(n), spacing(n, 1);
  std::vector<std::int64_t> sizes(grid.size.begin(), grid.size.end());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t row = 0; row < 3; ++row)
      matrix[axis * n + row] = grid.direction[static_cast<int>(row)][axis];
    offset[axis] = as_vector(grid.origin)[static_cast<int>(axis)];
    spacing[axis] = grid.spacing[static_cast<int>(axis)];
  }
  if (time) {
    matrix[15] = 1;
    sizes.push_back(volume.channels());
    if (volume.time_step() > 0) spacing[3] = volume.time_step();
  }
  const bool local = data_name.empty();
  const Bytes data = local ? compressed(metaimage_data(volume), Envelope::zlib, 1, context) : Bytes();
  std::string text =
      fmt::format("ObjectType = Image\nNDims = {}\nBinaryData = True\nBinaryDataByteOrderMSB = False\n", n);
  text += local ? fmt::format("CompressedData = True\nCompressedDataSize = {}\n", data.size())
                : "CompressedData = False\n";
  text += fmt::format(
      "TransformMatrix = {}\nOffset = {}\nCenterOfRotation = {}\nElementSpacing = {}\nDimSize = {}\n",
      fmt::join(matrix, " "), fmt::join(offset, " "), fmt::join(std::vector<int>(n), " "),
      fmt::join(spacing, " "), fmt::join(sizes, " "));
  for (const auto& [key, value] : metadata) {
    const bool plain = !key.empty() && key.find_first_of("=\n\r") == std::string::npos &&
                       value.find_first_of("\n\r") == std::string::npos;
    if (plain && key != "compression") text += fmt::format("{} = {}\n", key, value);
  }
  if (!time && volume.channels() > 1)
    text += fmt::format("ElementNumberOfChannels = {}\n", volume.channels());
  const auto* type = std::find_if(std::begin(types), std::end(types),
                                  [&](const TypeName& t) { return t.scalar == volume.scalar(); });
  text += fmt::format("ElementType = {}\nElementDataFile = {}\n", type->name, local ? "LOCAL" : data_name);
  Bytes file(text.begin(), text.end());
  file.insert(file.end(), data.begin(), data.end());
  return file;
}

}  // namespace sg::io

#include <fmt/format.h>

#include <type_traits>

#include "core/error.h"
#include "io/audio.h"
#include "io/describe.h"
#include "io/files.h"
#include "io/image_folder.h"
#include "io/image_io.h"
#include "io/mesh_io.h"
#include "io/points_io.h"
#include "io/table_io.h"
#include "io/transform_io.h"
#include "op/json.h"
#include "op/value_type.h"
#include "report/report.h"

namespace sg::op {
namespace {

namespace fs = std::filesystem;

/// The table of a type from its reader and writer, which may take a context as last argument; null = there is
/// none.
template <class V, auto read, auto write>
ValueType file_type(Kind kind) {
  ValueType type;
  type.kind = kind;
  if constexpr (!std::is_null_pointer_v<decltype(read)>)
    type.load = [](void* value, const fs::path& file, const Context& context) {
      if constexpr (std::is_invocable_v<decltype(read), const fs::path&, const Context&>)
        *static_cast<V*>(value) = read(file, context);
      else
        *static_cast<V*>(value) = read(file);
    };
  if constexpr (!std::is_null_pointer_v<decltype(write)>)
    type.save = [](const void* value, const fs::path& file, const Context& context) {
      if constexpr (std::is_invocable_v<decltype(write), const V&, const fs::path&, const Context&>)
        write(*static_cast<const V*>(value), file, context);
      else
        write(*static_cast<const V*>(value), file);
    };
  return type;
}

template <class V>
Shape shape_of(const Volume<V>& volume) {
  return {volume.grid(), volume.channels(), volume.outer()};
}
Shape shape_of(const Image& image) {
  return std::visit([](const auto& voxels) { return shape_of(voxels); }, image.voxels);
}
Shape shape_of(const LabelMap& labels) { return shape_of(labels.voxels); }

template <class V>
Image image_of(const Volume<V>& volume) {
  return {.voxels = volume.clone(), .format = "", .metadata = {}, .warnings = {}};
}
Image image_of(const LabelMap& labels) { return image_of(labels.voxels); }
Image image_of(const Image& image) {
  AnyVolume voxels = std::visit([](const auto& volume) -> AnyVolume { return volume.clone(); }, image.voxels);
  return {std::move(voxels), image.format, image.metadata, image.warnings};
}

template <class V>
void take_image(Volume<V>& volume, Image image) {
  volume = converted_to<V>(image.voxels);
}
void take_image(LabelMap& labels, Image image) { labels = {converted_to<std::int32_t>(image.voxels), {}}; }
void take_image(Image& own, Image image) { own = std::move(image); }

template <class V, auto read, auto write>
ValueType volume_type(Kind kind) {
  ValueType type = file_type<V, read, write>(kind);
  type.shape = [](const void* value) { return shape_of(*static_cast<const V*>(value)); };
  type.to_image = [](const void* value) { return image_of(*static_cast<const V*>(value)); };
  type.from_image = [](void* value, Image image) { take_image(*static_cast<V*>(value), std::move(image)); };
  return type;
}

template <class V>
void write_voxels(const V& image, const fs::path& file, const Context& context) {
  io::write_image(image, file, context);
}
Volume<std::uint8_t> read_picture(const fs::path& file, const Context& context) {
  return converted_to<std::uint8_t>(io::read_image(file, context).voxels);
}
void write_whole_transform(const Transform& transform, const fs::path& file) {
  io::write_transform(transform, file);
}
void write_displacement(const Field& field, const fs::path& file) { io::write_field(field, file); }
void write_sound(const Signal& signal, const fs::path& file) { io::write_signal(signal, file); }
io::ImageFolder open_images(const fs::path& path) { return io::ImageFolder::open(path); }
Transform read_whole_transform(const fs::path& file) { return io::read_transform(file); }
Mesh read_surface(const fs::path& file) { return io::read_mesh(file); }
Points read_landmarks(const fs::path& file) { return io::read_points(file); }
Table read_rows(const fs::path& file) { return io::read_table(file); }
Signal read_sound(const fs::path& file) { return io::read_signal(file); }

void write_document(const Document& document, const fs::path& file) {
  io::write_file(file, dump(to_json(document), 2) + "\n");
}
Document read_document(const fs::path& file) {
  const io::Bytes bytes = io::read_file(file, 256 << 20);
  const Json json = parse_json(std::string(bytes.begin(), bytes.end()), file.string());
  if (!json.is_object())
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} holds {}, expected one JSON object", file.string(), json.type_name()));
  return to_document(json);
}
void write_report(const report::Report& report, const fs::path& file) { io::write_file(file, report.html()); }

template <class V>
ValueType shown(ValueType type) {
  type.to_json = [](const void* value) { return to_json(*static_cast<const V*>(value)); };
  return type;
}

template <class Accept>
std::vector<std::string> image_endings(const Accept& accept) {
  std::vector<std::string> endings;
  for (const io::ImageFormat& format : io::image_formats())
    for (const std::string& ending : format.extensions)
      if (accept(ending)) endings.push_back(ending);
  return endings;
}

}  // namespace

const std::vector<std::string>& readable_endings(Kind kind) {
  static const std::vector<std::string> none, meshes{".stl", ".obj", ".glb", ".gltf"},
      points{".csv", ".tsv", ".fcsv", ".pts", ".txt"}, tables{".csv", ".tsv", ".tab", ".jsonl"},
      documents{".json"}, tensors{".safetensors"}, signals{".wav", ".flac", ".aiff", ".au", ".ogg"},
      transforms{".tfm", ".txt", ".mat", ".h5", ".hdf5", ".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd"},
      fields{".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd", ".h5", ".hdf5"},
      images = image_endings([](const std::string&) { return true; });
  switch (kind) {
    case Kind::volume:
    case Kind::labels:
    case Kind::picture: return images;
    case Kind::transform: return transforms;
    case Kind::field: return fields;
    case Kind::mesh: return meshes;
    case Kind::points: return points;
    case Kind::table: return tables;
    case Kind::signal: return signals;
    case Kind::document: return documents;
    case Kind::tensors: return tensors;
    default: return none;
  }
}

const std::vector<std::string>& writable_endings(Kind kind) {
  static const std::vector<std::string> points{".csv", ".fcsv", ".pts", ".txt"},
      tables{".csv", ".tsv", ".tab"}, signals{".wav", ".flac"},
      transforms{".tfm", ".txt", ".mat", ".h5", ".hdf5", ".nii.gz", ".nii", ".nrrd", ".mha", ".mhd"},
      fields{".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".h5", ".hdf5"}, pictures{".png"}, reports{".html"},
      images = image_endings([](const std::string&ending) { return io::can_write_image("x" + ending); }),
      labels = image_endings([](const std::string&ending) {  // JPEG would blend them, DICOM show them as grey
        return io::can_write_image("x" + ending) && !ending.starts_with(".jp") && ending != ".dcm";
      });
  switch (kind) {
    case Kind::volume: return images;
    case Kind::labels: return labels;
    case Kind::transform: return transforms;
    case Kind::field: return fields;
    case Kind::points: return points;
    case Kind::table: return tables;
    case Kind::signal: return signals;
    case Kind::picture: return pictures;
    case Kind::report: return reports;
    default: return readable_endings(kind);
  }
}

template <>
const ValueType& value_type<Image>() {
  static const ValueType type = volume_type<Image, io::read_image, write_voxels<Image>>(Kind::volume);
  return type;
}
template <>
const ValueType& value_type<Volume<float>>() {
  static const ValueType type =
      volume_type<Volume<float>, io::read_volume, write_voxels<Volume<float>>>(Kind::volume);
  return type;
}
template <>
const ValueType& value_type<Volume<std::uint8_t>>() {
  static const ValueType type =
      volume_type<Volume<std::uint8_t>, read_picture, write_voxels<Volume<std::uint8_t>>>(Kind::picture);
  return type;
}
template <>
const ValueType& value_type<LabelMap>() {
  static const ValueType type = volume_type<LabelMap, io::read_labels, io::write_labels>(Kind::labels);
  return type;
}
template <>
const ValueType& value_type<Transform>() {
  static const ValueType type =
      file_type<Transform, read_whole_transform, write_whole_transform>(Kind::transform);
  return type;
}
template <>
const ValueType& value_type<Field>() {
  static const ValueType type = file_type<Field, io::read_field, write_displacement>(Kind::field);
  return type;
}
template <>
const ValueType& value_type<Mesh>() {
  static const ValueType type = file_type<Mesh, read_surface, io::write_mesh>(Kind::mesh);
  return type;
}
template <>
const ValueType& value_type<Points>() {
  static const ValueType type = file_type<Points, read_landmarks, io::write_points>(Kind::points);
  return type;
}
template <>
const ValueType& value_type<Table>() {
  static const ValueType type = shown<Table>(file_type<Table, read_rows, io::write_table>(Kind::table));
  return type;
}
template <>
const ValueType& value_type<Signal>() {
  static const ValueType type = file_type<Signal, read_sound, write_sound>(Kind::signal);
  return type;
}
template <>
const ValueType& value_type<Document>() {
  static const ValueType type =
      shown<Document>(file_type<Document, read_document, write_document>(Kind::document));
  return type;
}
template <>
const ValueType& value_type<io::ImageFolder>() {
  static const ValueType type = file_type<io::ImageFolder, open_images, nullptr>(Kind::images);
  return type;
}
template <>
const ValueType& value_type<io::Described>() {
  static const ValueType type = file_type<io::Described, io::describe, nullptr>(Kind::any);
  return type;
}
template <>
const ValueType& value_type<report::Report>() {
  static const ValueType type = file_type<report::Report, nullptr, write_report>(Kind::report);
  return type;
}

}  // namespace sg::op

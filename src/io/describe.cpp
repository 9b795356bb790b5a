#include "io/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "core/error.h"
#include "core/parallel.h"
#include "io/audio.h"
#include "io/dicom.h"
#include "io/files.h"
#include "io/image_io.h"
#include "io/mesh_io.h"
#include "io/points_io.h"
#include "io/table_io.h"
#include "io/text.h"
#include "io/transform_io.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

std::vector<double> components(Vec3 v) { return {v.x, v.y, v.z}; }

void add_grid(Document& d, const Grid& grid) {
  const std::size_t axes = grid.is_2d() ? 2 : 3;
  std::vector<double> size(grid.size.begin(), grid.size.begin() + static_cast<std::ptrdiff_t>(axes));
  std::vector<double> spacing = components(grid.spacing);
  spacing.resize(axes);
  d.properties.push_back({"size", std::move(size), "voxels"});
  d.properties.push_back({"spacing", std::move(spacing), "mm"});
  d.properties.push_back(
      {"origin", std::vector<double>{grid.origin.x, grid.origin.y, grid.origin.z}, "mm, LPS"});
  std::vector<double> direction;
  for (int r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) direction.push_back(grid.direction[r][c] + 0.0);  // −0 reads oddly
  }
  d.properties.push_back({"direction", std::move(direction), "row-major"});
  d.properties.push_back({"orientation", grid.orientation(), ""});
}

struct Intensities {
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();
  double mean = 0, squares = 0;  // squares = Σ (v − mean)²
  std::int64_t count = 0;        // finite values

  /// Chan, Golub & LeVeque 1979: no cancellation for values far from 0.
  void merge(const Intensities& other) {
    if (other.count == 0) return;
    min = std::min(min, other.min);
    max = std::max(max, other.max);
    const auto n = static_cast<double>(count), m = static_cast<double>(other.count);
    const double apart = other.mean - mean;
    mean += apart * m / (n + m);
    squares += other.squares + apart * apart * n * m / (n + m);
    count += other.count;
  }
};

template <class T>
Intensities measure(std::span<const T> values) {
  Intensities all;
  // A first estimate of the mean is all that the shifted sums need.
  double shift = 0, sum = 0, squares = 0;
  for (const T value : values) {
    const auto v = static_cast<double>(value);
    if (!std::isfinite(v)) continue;
    if (all.count == 0) shift = v;
    all.min = std::min(all.min, v);
    all.max = std::max(all.max, v);
    sum += v - shift;
    squares += (v - shift) * (v - shift);
    ++all.count;
  }
  if (all.count == 0) return all;
  const auto n = static_cast<double>(all.count);
  all.mean = shift + sum / n;
  all.squares = std::max(0.0, squares - sum * sum / n);
  return all;
}

/// In slabs of fixed size, so that the sums do not depend on the thread count.
template <class T>
Intensities measure(const Volume<T>& volume) {
  constexpr std::size_t slab = 1 << 16;
  const std::span<const T> values = volume.values();
  std::vector<Intensities> partial((values.size() + slab - 1) / slab);
  parallel_for(static_cast<std::int64_t>(partial.size()), [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      partial[i] = measure(values.subspan(i * slab, std::min(slab, values.size() - i * slab)));
    }
  });
  Intensities all;
  for (const Intensities& part : partial) all.merge(part);
  return all;
}

void add_intensities(Document& d, const AnyVolume& voxels) {
  const Intensities in = std::visit([](const auto& v) { return measure(v); }, voxels);
  if (in.count > 0) {
    d.properties.push_back({"min", in.min, ""});
    d.properties.push_back({"max", in.max, ""});
    d.properties.push_back({"mean", in.mean, ""});
    const double sd = in.count > 1 ? std::sqrt(in.squares / static_cast<double>(in.count - 1)) : 0.0;
    d.properties.push_back({"sd", sd, ""});
  }
  const std::int64_t all = std::visit([](const auto& v) { return v.size(); }, voxels);
  d.properties.push_back({"not_finite", all - in.count, ""});
}

/// Free keys of NRRD and MetaImage may carry what other programs copied from DICOM.
bool may_name_a_patient(const std::string& key) {
  const std::string text = lower(key);
  return text.find("patient") != std::string::npos || text.find("0010") != std::string::npos ||
         text.find("birth") != std::string::npos;
}

Described describe_image(const fs::path& path, const Context& context) {
  const Image image = read_image(path, context);
  Described result{"image", image.format, {}};
  Document& d = result.properties;
  d.properties.push_back({"pixel_type", scalar_name(image.voxels), ""});
  add_grid(d, grid_of(image.voxels));
  const auto [outer, step] =
      std::visit([](const auto& v) { return std::pair(v.outer(), v.time_step()); }, image.voxels);
  const std::int64_t channels = channels_of(image.voxels);
  if (outer == OuterAxis::time) {
    d.properties.push_back({"time_points", channels, ""});
    if (step > 0) d.properties.push_back({"time_step", step, "s"});
  } else {
    d.properties.push_back({"channels", channels, ""});
  }
  add_intensities(d, image.voxels);
  Document said;
  for (const auto& [name, text] : image.metadata) {
    if (!may_name_a_patient(name)) said.properties.push_back({name, text, ""});
  }
  if (!said.properties.empty()) d.properties.push_back({"metadata", std::move(said), ""});
  if (!image.warnings.empty()) d.properties.push_back({"warnings", image.warnings, ""});
  return result;
}

Described describe_transform(const fs::path& path) {
  const Transform transform = read_transform(path);
  Described result{"transform", "", {}};
  std::vector<double> matrix;
  for (int r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) matrix.push_back(transform.affine.matrix[r][c]);
  }
  Document& d = result.properties;
  d.properties.push_back({"matrix", std::move(matrix), "row-major, LPS"});
  d.properties.push_back({"translation", components(transform.affine.translation), "mm, LPS"});
  d.properties.push_back({"determinant", determinant(transform.affine.matrix), ""});
  d.properties.push_back({"has_field", transform.field.has_value(), ""});
  if (transform.field) add_grid(d, transform.field->grid());
  return result;
}

template <class Range, class At>
void add_bounds(Document& d, const Range& places, At at) {
  if (places.empty()) return;
  Vec3 low = at(places.front()), high = low;
  for (const auto& place : places) {
    const Vec3 p = at(place);
    for (int axis = 0; axis < 3; ++axis) {
      low[axis] = std::min(low[axis], p[axis]);
      high[axis] = std::max(high[axis], p[axis]);
    }
  }
  d.properties.push_back({"lowest", components(low), "mm, LPS"});
  d.properties.push_back({"highest", components(high), "mm, LPS"});
}

Described describe_mesh(const fs::path& path) {
  const Mesh mesh = read_mesh(path);
  Described result{"mesh", "", {}};
  result.properties.properties.push_back({"vertices", static_cast<std::int64_t>(mesh.vertices.size()), ""});
  result.properties.properties.push_back({"triangles", static_cast<std::int64_t>(mesh.triangles.size()), ""});
  add_bounds(result.properties, mesh.vertices, [](const auto& v) {
    return Vec3{static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])};
  });
  return result;
}

Described describe_points(const fs::path& path) {
  const Points points = read_points(path);
  Described result{"points", "", {}};
  result.properties.properties.push_back({"points", static_cast<std::int64_t>(points.positions.size()), ""});
  add_bounds(result.properties, points.positions, as_vector);
  return result;
}

Described describe_table(const fs::path& path) {
  const Table table = read_table(path);
  Described result{"table", "", {}};
  std::vector<std::string> numbers, texts;
  for (const Column& column : table.columns) {
    (std::holds_alternative<std::vector<double>>(column.values) ? numbers : texts).push_back(column.name);
  }
  Document& d = result.properties;
  d.properties.push_back({"rows", static_cast<std::int64_t>(table.rows()), ""});
  d.properties.push_back({"number_columns", std::move(numbers), ""});
  d.properties.push_back({"text_columns", std::move(texts), ""});
  return result;
}

Described describe_signal(const fs::path& path) {
  const Signal signal = read_signal(path);
  Described result{"signal", "", {}};
  const double rate = signal.rate.value;
  Document& d = result.properties;
  d.properties.push_back({"rate", rate, "Hz"});
  d.properties.push_back({"channels", signal.channels, ""});
  d.properties.push_back({"frames", signal.frames(), ""});
  d.properties.push_back({"duration", rate > 0 ? static_cast<double>(signal.frames()) / rate : 0, "s"});
  double peak = 0;
  for (float s : signal.samples) peak = std::max(peak, std::abs(static_cast<double>(s)));
  d.properties.push_back({"peak", peak, "full scale"});
  return result;
}

/// Several series in one folder: what each is, since no single image can be read.
Described describe_series(const std::vector<DicomSeries>& series) {
  std::vector<Document> list;
  for (const DicomSeries& one : series) {
    list.push_back({{{"description", one.description, ""},
                     {"modality", one.modality, ""},
                     {"sop_class", one.sop_class, ""},
                     {"transfer_syntax", one.transfer_syntax, ""},
                     {"instances", one.instances, ""},
                     {"frames", one.frames, ""},
                     {"series_uid", one.uid, ""}}});
  }
  return {"series", "DICOM", {{{"series", std::move(list), ""}}}};
}

/// What the extension says where the content is plain text or numbers.
struct Family {
  std::vector<std::string> extensions;
  Described (*describe)(const fs::path&);
};
const Family families[] = {{{".tfm", ".mat", ".h5", ".hdf5"}, describe_transform},
                           {{".stl", ".obj", ".gltf", ".glb"}, describe_mesh},
                           {{".fcsv", ".pts"}, describe_points},
                           {{".csv", ".tsv", ".tab", ".jsonl"}, describe_table},
                           {{".wav", ".flac", ".aif", ".aiff", ".au", ".ogg"}, describe_signal}};

using Describer = Described (*)(const fs::path&);

Describer describer_of(const fs::path& path) {
  const std::string extension = extension_of(path);
  if (extension == ".txt") {
    const Bytes head = read_head(path, 512);
    const std::string_view first = trimmed(as_text(head));
    return first.starts_with("#Insight") || first.starts_with("# Insight") ? describe_transform
                                                                           : describe_points;
  }
  for (const Family& family : families) {
    if (std::find(family.extensions.begin(), family.extensions.end(), extension) != family.extensions.end()) {
      return family.describe;
    }
  }
  return nullptr;
}

Described describe_content(const fs::path& path, const Context& context) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    const std::vector<DicomSeries> series = list_series(path, context);
    return series.size() > 1 ? describe_series(series) : describe_image(path, context);
  }
  if (!probe_image(path).empty()) return describe_image(path, context);
  const Describer describer = describer_of(path);
  if (describer == nullptr) {
    throw Error(
        ErrorCode::unsupported_format,
        fmt::format(
            "'{}' is not a kind of file known here; images, DICOM, transforms (.tfm .txt .mat .h5), meshes "
            "(.stl .obj .gltf .glb), points (.fcsv .pts), tables (.csv .tsv) and audio (.wav .flac) are read",
            path.string()));
  }
  Described result = describer(path);
  result.format = extension_of(path).substr(1);
  return result;
}

}  // namespace

Described describe(const fs::path& path, const Context& context) {
  Described result = describe_content(path, context);
  std::error_code failed;
  const auto bytes = fs::file_size(path, failed);
  if (!failed) {
    auto& properties = result.properties.properties;
    properties.insert(properties.begin(), {"file_size", static_cast<std::int64_t>(bytes), "bytes"});
  }
  return result;
}

}  // namespace sg::io

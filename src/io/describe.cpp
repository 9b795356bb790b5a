#include "io/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/parallel.h"
#include "io/audio.h"
#include "io/dicom.h"
#include "io/image_io.h"
#include "io/mesh_io.h"
#include "io/points_io.h"
#include "io/table_io.h"
#include "io/transform_io.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

std::vector<double> components(Vec3 v) { return {v.x, v.y, v.z}; }

/// LPS letters say the side an axis runs to; programs of the NIfTI world print the same letters.
void add_grid(Document& d, const Grid& grid) {
  const std::size_t axes = grid.is_2d() ? 2 : 3;
  std::vector<double> size(grid.size.begin(), grid.size.begin() + static_cast<std::ptrdiff_t>(axes));
  std::vector<double> spacing = components(grid.spacing);
  spacing.resize(axes);
  d.properties.push_back({"size", std::move(size), "voxels"});
  d.properties.push_back({"spacing", std::move(spacing), "mm"});
  d.properties.push_back({"origin", std::vector<double>{grid.origin.x, grid.origin.y, grid.origin.z}, "mm, LPS"});
  std::vector<double> direction;
  for (int r = 0; r < 3; ++r) {
    for (std::size_t c = 0; c < 3; ++c) direction.push_back(grid.direction[r][c] + 0.0);  // −0 reads oddly
  }
  d.properties.push_back({"direction", std::move(direction), "row-major"});
  d.properties.push_back({"orientation", grid.orientation(), ""});
}

struct Intensities {
  double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();
  double sum = 0, square = 0;
  std::int64_t count = 0;
};

/// One pass, in slabs of fixed size so that the sums do not depend on the thread count.
template <class T>
Intensities measure(const Volume<T>& volume) {
  constexpr std::int64_t slab = 1 << 18;
  const std::int64_t slabs = (volume.size() + slab - 1) / slab;
  std::vector<Intensities> partial(static_cast<std::size_t>(slabs));
  parallel_for(slabs, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t s = begin; s < end; ++s) {
      Intensities& in = partial[static_cast<std::size_t>(s)];
      for (std::int64_t i = s * slab; i < std::min(volume.size(), (s + 1) * slab); ++i) {
        const auto v = static_cast<double>(volume.data()[i]);
        if (!std::isfinite(v)) continue;
        in.min = std::min(in.min, v);
        in.max = std::max(in.max, v);
        in.sum += v;
        in.square += v * v;
        ++in.count;
      }
    }
  });
  Intensities all;
  for (const Intensities& in : partial) {
    all.min = std::min(all.min, in.min);
    all.max = std::max(all.max, in.max);
    all.sum += in.sum;
    all.square += in.square;
    all.count += in.count;
  }
  return all;
}

void add_intensities(Document& d, const AnyVolume& voxels) {
  const Intensities in = std::visit([](const auto& v) { return measure(v); }, voxels);
  if (in.count > 0) {
    const auto n = static_cast<double>(in.count);
    const double mean = in.sum / n;
    d.properties.push_back({"min", in.min, ""});
    d.properties.push_back({"max", in.max, ""});
    d.properties.push_back({"mean", mean, ""});
    d.properties.push_back({"sd", n > 1 ? std::sqrt(std::max(0.0, (in.square - n * mean * mean) / (n - 1))) : 0.0, ""});
  }
  const std::int64_t all = std::visit([](const auto& v) { return v.size(); }, voxels);
  d.properties.push_back({"not_finite", all - in.count, ""});
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
  for (const auto& [name, text] : image.metadata) said.properties.push_back({name, text, ""});
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

/// What the extension says where the content is plain text or numbers.
struct Family {
  std::vector<std::string> extensions;
  Described (*describe)(const fs::path&);
};
const Family families[] = {{{".tfm", ".mat", ".h5", ".hdf5"}, describe_transform},
                           {{".stl", ".obj", ".gltf", ".glb"}, describe_mesh},
                           {{".fcsv", ".pts"}, describe_points},
                           {{".csv", ".tsv"}, describe_table},
                           {{".wav", ".flac"}, describe_signal}};

}  // namespace

Described describe(const fs::path& path, const Context& context) {
  const bool is_image = !probe_image(path).empty();
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* family = std::find_if(std::begin(families), std::end(families), [&](const Family& f) {
    return std::find(f.extensions.begin(), f.extensions.end(), extension) != f.extensions.end();
  });
  if (!is_image && family == std::end(families)) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("{}: not a kind of file known here; images, DICOM, transforms (.tfm .mat .h5), meshes (.stl "
                            ".obj .gltf .glb), points (.fcsv .pts), tables (.csv .tsv) and audio (.wav .flac) are read",
                            path.filename().string()));
  }
  Described result = is_image ? describe_image(path, context) : family->describe(path);
  if (result.format.empty()) result.format = extension.substr(1);
  std::error_code failed;
  const auto bytes = fs::file_size(path, failed);
  std::vector<Property> first{{"kind", result.kind, ""}, {"format", result.format, ""}};
  if (!failed) first.push_back({"file_size", static_cast<std::int64_t>(bytes), "bytes"});
  auto& properties = result.properties.properties;
  properties.insert(properties.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
  return result;
}

}  // namespace sg::io

// Writes tiny valid files to FOLDER/<target>/, where tools/fuzz begins.
#include <fmt/format.h>

#include <cstdio>

#include "io/audio.h"
#include "io/image_seeds.h"
#include "io/mesh_io.h"
#include "io/transform_io.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

void put(const fs::path& folder, const std::string& target, const std::vector<Bytes>& seeds) {
  fs::create_directories(folder / target);
  int number = 0;
  for (const Bytes& seed : seeds) write_file(folder / target / fmt::format("seed{}", number++), seed);
}

/// Targets of several formats take the first byte as the choice of one.
Bytes chosen(std::uint8_t choice, ByteView content) {
  Bytes bytes{choice};
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}
Bytes chosen(std::uint8_t choice, std::string_view content) { return chosen(choice, as_bytes(content)); }

/// What a writer that knows paths only writes.
template <class Write>
Bytes written(const fs::path& scratch, const Write& write) {
  write(scratch);
  Bytes bytes = read_file(scratch);
  fs::remove(scratch);
  return bytes;
}

void put_tables_and_points(const fs::path& folder) {
  put(folder, "table_fuzz",
      {chosen(0, "name,size\nx,1\n\"a \"\"b\",NA\n"), chosen(1, "a\tb\n1\t2e-3\n"),
       chosen(2, "a;b\r\n1;\xC3\xA9\r\n")});
  put(folder, "points_fuzz",
      {chosen(0, "x,y,z,name\n1,2,3,p\n"),
       chosen(2,
              "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
              "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
              "1,1,2,3,0,0,0,1,1,1,0,F-1,,\n"),
       chosen(3, "point\n2\n1 2 3\n4 5 6\n")});
}

void put_meshes(const fs::path& folder) {
  const Mesh mesh{{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {0, 3, 2}}};
  const auto as = [&](const char* extension) {
    return written(folder / (std::string("mesh") + extension),
                   [&](const fs::path& path) { write_mesh(mesh, path); });
  };
  put(folder, "mesh_fuzz",
      {chosen(0, as(".stl")), chosen(1, as(".obj")), chosen(2, as(".glb")), chosen(3, as(".gltf")),
       chosen(0,
              "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 "
              "0\nendloop\nendfacet\n"
              "endsolid a\n"),
       chosen(1, "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nvt 0 0\nf 1/1 2//1 -2/1/1 4\n")});
}

void put_transforms(const fs::path& folder) {
  const Transform affine{{rotation({0.1, 0.2, 0.3}), {1, 2, 3}}, {}};
  const auto as = [&](const char* extension) {
    return written(folder / (std::string("transform") + extension),
                   [&](const fs::path& path) { write_transform(affine, path); });
  };
  put(folder, "transform_fuzz",
      {chosen(0, as(".tfm")), chosen(1, as(".mat")), chosen(2, "1 0 0 1\n0 1 0 2\n0 0 1 3\n0 0 0 1\n"),
       chosen(0,
              "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n"
              "Parameters: 0.1 0.2 0.3 1 2 3\nFixedParameters: 4 5 6 0\n")});
}

void put_sounds(const fs::path& folder) {
  const Signal signal{{8000}, 1, {0, 0.5F, -0.5F, 0.25F, 0, 0, 0, 0}};
  const auto as = [&](const char* extension) {
    return written(folder / (std::string("sound") + extension),
                   [&](const fs::path& path) { write_signal(signal, path, SampleFormat::pcm16); });
  };
  put(folder, "audio_fuzz", {as(".wav"), as(".flac")});
}

void put_codecs(const fs::path& folder) {
  Bytes run_lengths(64);
  run_lengths[0] = 1;   // one segment
  run_lengths[4] = 64;  // at this offset
  run_lengths.insert(run_lengths.end(), {0x81, 7, 0x81, 9});
  put(folder, "dicom_codecs_fuzz",
      {chosen(0, run_lengths), chosen(1, seeds::jpeg()[0]), chosen(5, seeds::jpeg()[1])});
}

}  // namespace
}  // namespace sg::io

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: io_seeds FOLDER\n");
    return 64;
  }
  try {
    const std::filesystem::path folder = arguments[1];
    for (const sg::io::FuzzedReader& reader : sg::io::fuzzed_readers()) {
      sg::io::put(folder, reader.name + "_fuzz", reader.seeds());
    }
    sg::io::put_tables_and_points(folder);
    sg::io::put_meshes(folder);
    sg::io::put_transforms(folder);
    sg::io::put_sounds(folder);
    sg::io::put_codecs(folder);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

#include "io/mesh_io.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/mesh_formats.h"
#include "io/path_error.h"

namespace sg::io {
namespace {

void check(const Mesh& mesh) {
  for (std::size_t i = 0; i < mesh.vertices.size(); ++i) {
    const auto& [x, y, z] = mesh.vertices[i];
    if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(z)) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("vertex {} is ({}, {}, {}), expected finite numbers", i, x, y, z));
    }
  }
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const std::uint32_t highest = *std::max_element(mesh.triangles[i].begin(), mesh.triangles[i].end());
    if (highest >= mesh.vertices.size()) {
      throw Error(ErrorCode::invalid_input, fmt::format("triangle {} refers to vertex {}, but there are {}",
                                                        i, highest, mesh.vertices.size()));
    }
  }
  if (mesh.triangles.empty()) throw Error(ErrorCode::invalid_input, "the mesh holds no triangle");
}

Error unknown_extension(const std::string& name) {
  return {ErrorCode::unsupported_format,
          fmt::format("'{}': meshes are kept in .stl, .obj, .glb or .gltf", name)};
}

}  // namespace

bool says_ras(std::string_view comment) { return comment.find("SPACE=RAS") != std::string_view::npos; }

void turn_ras_lps(Mesh& mesh) {
  for (auto& v : mesh.vertices) v = {0 - v[0], 0 - v[1], v[2]};
}

void require_vertex_count(std::uint64_t vertices) {
  if (vertices > UINT32_MAX) {
    throw Error(ErrorCode::resource,
                fmt::format("the mesh has {} vertices, expected at most {}", vertices, UINT32_MAX));
  }
}

Mesh read_mesh(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::string extension = extension_of(name);
  Mesh mesh;
  if (extension == ".stl") {
    mesh = read_stl(bytes);
  } else if (extension == ".obj") {
    mesh = read_obj(bytes);
  } else if (extension == ".glb" || extension == ".gltf") {
    mesh = read_gltf(bytes);
  } else {
    throw unknown_extension(name);
  }
  check(mesh);
  return mesh;
}

Mesh read_mesh(const std::filesystem::path& path) {
  return naming_path(path, [&] { return read_mesh(read_file(path), path.string()); });
}

void write_mesh(const Mesh& mesh, const std::filesystem::path& path) {
  check(mesh);
  const std::string extension = extension_of(path);
  if (extension == ".stl") {
    write_file(path, write_stl(mesh));
  } else if (extension == ".obj") {
    write_file(path, write_obj(mesh));
  } else if (extension == ".glb") {
    write_file(path, write_glb(mesh));
  } else if (extension == ".gltf") {
    write_file(path, write_gltf(mesh));
  } else {
    throw unknown_extension(path.string());
  }
}

}  // namespace sg::io

#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/mesh.h"

namespace sg::io {

/// Reads a triangle surface: .stl (binary or ASCII; equal vertices are merged), .obj (polygons are cut into
/// fans), .glb and .gltf 2.0 (triangles, strips and fans of the meshes of the scene, placed by its nodes;
/// buffers inside the file or as base64). STL and OBJ hold no unit and no frame: they are taken as mm LPS,
/// unless a comment in them says "SPACE=RAS", as 3D Slicer writes. glTF holds metres, +x to the model's left,
/// +y up, +z forward: (L, P, S) mm = 1000 · (x, −z, y).
///
/// Throws not_found, unsupported_format (another extension; in glTF: version 1, buffers in other files,
/// sparse accessors, skins, morph targets, a required extension other than of materials and textures),
/// invalid_input (damaged; a vertex that is not finite; an index outside the vertices; no triangle), resource
/// (a glTF that repeats its meshes to more than 2^20 + 4 · its bytes vertices or triangles).
Mesh read_mesh(const std::filesystem::path& path);
Mesh read_mesh(std::span<const std::uint8_t> bytes, const std::string& name);

/// Writes .stl (binary), .obj, .glb or .gltf. A glTF keeps its vertices in mm LPS and places them by one node
/// matrix, (x, y, z) m = (L, S, −P) / 1000, so that viewers show a patient upright, facing them, at true
/// size. Atomic. Throws invalid_input for a mesh with indices out of range, vertices not finite or no
/// triangle, unsupported_format for another extension.
void write_mesh(const Mesh& mesh, const std::filesystem::path& path);

}  // namespace sg::io

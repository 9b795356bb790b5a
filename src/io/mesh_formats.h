#pragma once
#include <cstdint>
#include <string>

#include "core/mesh.h"
#include "io/files.h"

namespace sg::io {

// The formats behind read_mesh and write_mesh. Readers throw invalid_input for damaged files and may return
// vertices that are not finite, indices out of range or no triangle: read_mesh checks these for all. Writers
// take a checked mesh.

Mesh read_stl(ByteView file);
Bytes write_stl(const Mesh& mesh);
Mesh read_obj(ByteView file);
std::string write_obj(const Mesh& mesh);
/// .glb or .gltf, told apart by the first bytes.
Mesh read_gltf(ByteView file);
Bytes write_glb(const Mesh& mesh);
std::string write_gltf(const Mesh& mesh);

/// Whether a comment says, as 3D Slicer writes it, that coordinates are RAS ("SPACE=RAS").
bool says_ras(std::string_view comment);
/// RAS to LPS and back.
void turn_ras_lps(Mesh& mesh);

/// Throws resource for more vertices than the 32 bits of an index tell apart.
void require_vertex_count(std::uint64_t vertices);
/// Bytes of vertices and triangles in a .glb. Throws unsupported_format where the file would be longer than
/// the 32 bits of its length field.
std::uint32_t gltf_buffer_length(std::uint64_t vertices, std::uint64_t triangles);

}  // namespace sg::io

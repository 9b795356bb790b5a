#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "io/mesh_formats.h"

namespace sg::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t vertex_bytes = 12, triangle_bytes = 12;

Bytes buffer_of(const Mesh& mesh) {
  Bytes bytes(gltf_buffer_length(mesh.vertices.size(), mesh.triangles.size()));
  const std::size_t split = vertex_bytes * mesh.vertices.size();
  std::memcpy(bytes.data(), mesh.vertices.data(), split);
  std::memcpy(bytes.data() + split, mesh.triangles.data(), triangle_bytes * mesh.triangles.size());
  return bytes;
}

Json document_of(const Mesh& mesh) {
  std::array<float, 3> low = mesh.vertices.front(), high = low;
  for (const auto& vertex : mesh.vertices) {
    for (std::size_t i = 0; i < 3; ++i) {
      low[i] = std::min(low[i], vertex[i]);
      high[i] = std::max(high[i], vertex[i]);
    }
  }
  const std::size_t split = vertex_bytes * mesh.vertices.size();
  const std::size_t rest = triangle_bytes * mesh.triangles.size();
  Json document;
  document["asset"] = {{"version", "2.0"}, {"generator", "Shaoguang"}};
  document["scene"] = 0;
  document["scenes"] = {{{"nodes", {0}}}};
  // Column by column: (x, y, z) m = (L, S, −P) mm / 1000
  document["nodes"] = {{{"mesh", 0}, {"matrix", {.001, 0, 0, 0, 0, 0, -.001, 0, 0, .001, 0, 0, 0, 0, 0, 1}}}};
  document["meshes"] = {{{"primitives", {{{"attributes", {{"POSITION", 0}}}, {"indices", 1}, {"mode", 4}}}}}};
  document["accessors"] = {
      {{"bufferView", 0},
       {"componentType", 5126},
       {"count", mesh.vertices.size()},
       {"type", "VEC3"},
       {"min", low},
       {"max", high}},
      {{"bufferView", 1}, {"componentType", 5125}, {"count", 3 * mesh.triangles.size()}, {"type", "SCALAR"}}};
  document["bufferViews"] = {{{"buffer", 0}, {"byteOffset", 0}, {"byteLength", split}, {"target", 34962}},
                             {{"buffer", 0}, {"byteOffset", split}, {"byteLength", rest}, {"target", 34963}}};
  document["buffers"] = {{{"byteLength", split + rest}}};
  return document;
}

std::string base64(const Bytes& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() / 3 * 4);
  // Vertices and triangles are 12 bytes each, so nothing is left over for padding.
  for (std::size_t i = 0; i + 2 < bytes.size(); i += 3) {
    const std::uint32_t bits = static_cast<std::uint32_t>(bytes[i]) << 16 |
                               static_cast<std::uint32_t>(bytes[i + 1]) << 8 | bytes[i + 2];
    for (unsigned shift = 24; shift > 0; shift -= 6) text += digits[bits >> (shift - 6) & 63U];
  }
  return text;
}

void append_word(Bytes& file, std::size_t word) {
  for (unsigned shift = 0; shift < 32; shift += 8) file.push_back(static_cast<std::uint8_t>(word >> shift));
}

}  // namespace

std::uint32_t gltf_buffer_length(std::uint64_t vertices, std::uint64_t triangles) {
  // 64 KiB are more than header and JSON ever take.
  constexpr std::uint64_t most = UINT32_MAX - (1U << 16);
  const std::uint64_t elements = std::max(vertices, triangles) > most ? most : vertices + triangles;
  if (elements > most / vertex_bytes) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("glTF holds at most 4 GiB, too little for {} vertices and {} triangles", vertices,
                            triangles));
  }
  return static_cast<std::uint32_t>(vertex_bytes * elements);
}

Bytes write_glb(const Mesh& mesh) {
  const Bytes buffer = buffer_of(mesh);
  std::string json = document_of(mesh).dump();
  json.resize((json.size() + 3) / 4 * 4, ' ');
  constexpr std::string_view magic = "glTF";
  Bytes file(magic.begin(), magic.end());
  file.reserve(28 + json.size() + buffer.size());
  append_word(file, 2);
  append_word(file, 28 + json.size() + buffer.size());
  append_word(file, json.size());
  append_word(file, 0x4E4F534A);
  file.insert(file.end(), json.begin(), json.end());
  append_word(file, buffer.size());
  append_word(file, 0x004E4942);
  file.insert(file.end(), buffer.begin(), buffer.end());
  return file;
}

std::string write_gltf(const Mesh& mesh) {
  Json document = document_of(mesh);
  document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64(buffer_of(mesh));
  return document.dump(1) + "\n";
}

}  // namespace sg::io

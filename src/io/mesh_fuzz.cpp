#include <cstdlib>
#include <cstring>

#include "core/error.h"
#include "io/mesh_formats.h"
#include "io/mesh_io.h"

// The first byte chooses the format. What is read must come back the same from a .glb.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* names[] = {"fuzz.stl", "fuzz.obj", "fuzz.glb", "fuzz.gltf"};
  if (size < 1) return 0;
  try {
    const sg::Mesh mesh = sg::io::read_mesh(std::span(data + 1, size - 1), names[data[0] % 4]);
    const sg::Mesh again = sg::io::read_mesh(sg::io::write_glb(mesh), "again.glb");
    if (again.vertices != mesh.vertices || again.triangles != mesh.triangles) std::abort();
  } catch (const sg::Error&) {
  }
  return 0;
}

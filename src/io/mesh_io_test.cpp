#include "io/mesh_io.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "io/io_fixture.h"
#include "io/mesh_formats.h"
#include "io/mutate.h"

namespace sg::io {
namespace {

using Vertices = std::vector<std::array<float, 3>>;
using Triangles = std::vector<std::array<std::uint32_t, 3>>;

Mesh parse(std::string_view text, const std::string& name) { return read_mesh(as_bytes(text), name); }
void expect_refused(std::string_view text, const std::string& name, const std::string& part) {
  expect_error(ErrorCode::invalid_input, part, [&] { parse(text, name); });
}
std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// A box off the origin, seen from outside counter-clockwise.
Mesh box() {
  Mesh mesh;
  for (unsigned i = 0; i < 8; ++i) {
    mesh.vertices.push_back({i & 1U ? 12.3F : -1.F / 3, i & 2U ? 20.F : -7.77F, i & 4U ? 1e3F : 0.001F});
  }
  mesh.triangles = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                    {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return mesh;
}

/// By Gauss's theorem; positive when triangles face outward.
double volume_inside(const Mesh& mesh) {
  double volume = 0;
  for (const auto& triangle : mesh.triangles) {
    Vec3 p[3];
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& v = mesh.vertices[triangle[i]];
      p[i] = {v[0], v[1], v[2]};
    }
    volume += dot(p[0], cross(p[1], p[2])) / 6;
  }
  return volume;
}

TEST(MeshFiles, RoundTripIsExact) {
  TemporaryFolder folder;
  const Mesh mesh = box();
  const double volume = (12.3 + 1.0 / 3) * 27.77 * (1e3 - 0.001);
  ASSERT_NEAR(volume_inside(mesh), volume, 1e-6 * volume);
  for (const char* name : {"m.stl", "m.obj", "m.glb", "m.gltf"}) {
    write_mesh(mesh, folder / name);
    const Mesh again = read_mesh(folder / name);
    EXPECT_EQ(again.vertices.size(), 8U) << name;
    EXPECT_NEAR(volume_inside(again), volume, 1e-6 * volume) << name;
    for (std::size_t t = 0; t < mesh.triangles.size(); ++t) {
      for (std::size_t i = 0; i < 3; ++i) {  // STL numbers the vertices anew
        EXPECT_EQ(again.vertices[again.triangles[t][i]], mesh.vertices[mesh.triangles[t][i]]) << name;
      }
    }
  }
}

TEST(MeshFiles, RefusesWhatItCannotWriteOrFind) {
  TemporaryFolder folder;
  const auto refused = [&](const Mesh& mesh, const std::string& part) {
    expect_error(ErrorCode::invalid_input, part, [&] { write_mesh(mesh, folder / "m.stl"); });
  };
  refused({}, "no triangle");
  Mesh mesh = box();
  mesh.triangles[3][1] = 8;
  refused(mesh, "triangle 3 refers to vertex 8, but there are 8");
  mesh = box();
  mesh.vertices[2][0] = std::numeric_limits<float>::quiet_NaN();
  refused(mesh, "vertex 2 is (nan, 20, 0.001)");
  expect_error(ErrorCode::unsupported_format, ".stl, .obj, .glb or .gltf",
               [&] { write_mesh(box(), folder / "m.ply"); });
  expect_error(ErrorCode::unsupported_format, "'m.vtk'", [] { parse("", "m.vtk"); });
  expect_error(ErrorCode::not_found, "missing.stl", [&] { read_mesh(folder / "missing.stl"); });
  write_file(folder / "bad.obj", "v 1 2\n");
  expect_error(ErrorCode::invalid_input, "bad.obj': OBJ line 1", [&] { read_mesh(folder / "bad.obj"); });
  expect_error(ErrorCode::resource, "4294967296 vertices", [] { require_vertex_count(1ULL << 32); });
  require_vertex_count(UINT32_MAX);
  EXPECT_EQ(gltf_buffer_length(1000, 2000), 36000U);
  for (const std::uint64_t many : {1ULL << 29, 1ULL << 62, ~0ULL}) {
    expect_error(ErrorCode::unsupported_format, "4 GiB", [&] { gltf_buffer_length(many, 1); });
    expect_error(ErrorCode::unsupported_format, "4 GiB", [&] { gltf_buffer_length(1, many); });
  }
}

constexpr char ascii[] =
    "solid two words\n"
    "facet normal 0 0 1\n outer loop\n  vertex 0 0 0\n  vertex 1e1 0 -0\n  vertex 0 1 0\n endloop\nendfacet\n"
    "FACET NORMAL nan nan nan\n OUTER LOOP\n  VERTEX 1E1 0 0\n  VERTEX +10 1 0\n  VERTEX 0 1 -0.0\n ENDLOOP\n"
    "ENDFACET\nendsolid two words\n";

TEST(Stl, AsciiMergesEqualVertices) {
  const Mesh mesh = parse(ascii, "a.stl");
  EXPECT_EQ(mesh.vertices, (Vertices{{0, 0, 0}, {10, 0, 0}, {0, 1, 0}, {10, 1, 0}}));
  EXPECT_EQ(mesh.triangles, (Triangles{{0, 1, 2}, {1, 3, 2}}));
  for (const auto& [x, y, z] : mesh.vertices) EXPECT_FALSE(std::signbit(z)) << "-0 is 0";
  std::string mac(ascii);
  for (char& c : mac) c = c == '\n' ? '\r' : c;
  EXPECT_EQ(parse(mac, "a.stl").triangles, mesh.triangles);
  const Mesh ras = parse(replaced(ascii, "two words", "x SPACE=RAS"), "a.stl");
  EXPECT_EQ(ras.vertices[3], (std::array<float, 3>{-10, -1, 0}));
}

TEST(Stl, BinaryMayBeginWithSolid) {
  Bytes bytes = write_stl(box());
  EXPECT_NE(as_text(bytes).substr(0, 5), "solid");
  EXPECT_EQ(bytes.size(), 84U + 12 * 50);
  float normal[3];
  std::memcpy(normal, bytes.data() + 84, sizeof normal);
  EXPECT_EQ(normal[2], -1.F) << "the first triangle faces down";
  const Mesh lps = read_stl(bytes);
  std::memcpy(bytes.data(), "solid SPACE=RAS ", 16);
  const Mesh ras = read_stl(bytes);
  ASSERT_EQ(ras.vertices.size(), 8U);
  for (std::size_t i = 0; i < 8; ++i) {
    const auto& [x, y, z] = lps.vertices[i];
    EXPECT_EQ(ras.vertices[i], (std::array<float, 3>{-x, -y, z}));
  }
}

TEST(Stl, DamageIsNamed) {
  expect_refused("", "a.stl", "0 bytes, too few");
  expect_refused("nothing", "a.stl", "7 bytes, too few");
  Bytes bytes = write_stl(box());
  bytes.pop_back();
  expect_refused(as_text(bytes), "a.stl", "states 12 triangles, that is 684 bytes, but has 683");
  expect_refused(std::string(84, '\0'), "a.stl", "no triangle");
  expect_refused("solid a\nendsolid a\n", "a.stl", "no triangle");
  expect_refused(replaced(ascii, "vertex 0 0 0", "vertex 0 0"), "a.stl",
                 "STL line 4: a vertex has 2 numbers");
  expect_refused(replaced(ascii, "vertex 0 0 0", "vertex 0 x 0"), "a.stl", "STL line 4: 'x' is no number");
  expect_refused(replaced(ascii, "vertex 0 0 0", "vertex 0 0 inf"), "a.stl", "vertex 0 is (0, 0, inf)");
  expect_refused(replaced(ascii, "vertex 0 0 0", "vertex 0 0 1e300"), "a.stl", "vertex 0 is (0, 0, inf)");
  expect_refused(replaced(ascii, "vertex 0 0 0\n", ""), "a.stl", "a facet ends with 2 vertices, expected 3");
  expect_refused(replaced(ascii, "endfacet\n", ""), "a.stl", "line 8: a facet begins inside another");
  expect_refused(replaced(ascii, "ENDFACET\n", ""), "a.stl", "the file ends inside a facet");
  expect_refused(replaced(ascii, "facet normal", "endfacet"), "a.stl", "a facet ends with 0 vertices");
  expect_refused("solid\nvertex 1 2 3\n", "a.stl", "line 2: a vertex stands outside a facet");
  expect_refused("solid\nvortex\n", "a.stl", "line 2: 'vortex' is no keyword");
}

TEST(Obj, ForeignFile) {
  const Mesh mesh = parse(
      "# a comment\r\nmtllib m.mtl\r\no thing\r\nv 0 0 0\r\nv 1 0 0 1.0\r\nv\t1 1 0 0.5 0.5 0.5\r\nv 0 1e0 "
      "+0\r\n"
      "vt 0 0\r\nvn 0 0 1\r\nusemtl m\r\ns off\r\nf 1/1/1 2//1 3/1 4\r\nf -4 -3 -2\r\nf 1 2 5\r\nv 0 0 "
      "1\r\nl 1 2",
      "a.obj");
  EXPECT_EQ(mesh.vertices, (Vertices{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0, 0, 1}}));
  EXPECT_EQ(mesh.triangles, (Triangles{{0, 1, 2}, {0, 2, 3}, {0, 1, 2}, {0, 1, 4}}));
  EXPECT_EQ(parse("# SPACE=RAS\nv 1 2 3\nf 1 1 1\n", "a.obj").vertices, (Vertices{{-1, -2, 3}}));
}

TEST(Obj, DamageIsNamed) {
  expect_refused("", "a.obj", "no triangle");
  expect_refused("v 1 2\n", "a.obj", "OBJ line 1: a vertex has 2 numbers");
  expect_refused("\nv 1 2 z\n", "a.obj", "OBJ line 2: 'z' is no number");
  expect_refused("v 1 2 3\nf 1 1\n", "a.obj", "OBJ line 2: a face has 2 vertices");
  expect_refused("v 1 2 3\nf 1 2 1\nf 1 1 3\nf 2 2 2", "a.obj",
                 "OBJ line 3: the face refers to vertex 3, but the file has 1");
  for (const char* index : {"0", "-2", "1.5", "x", "/1", "4294967296", "99999999999999999999"}) {
    expect_refused(std::string("v 1 2 3\nf 1 1 ") + index, "a.obj", std::string("OBJ line 2: '") + index);
  }
  expect_refused("v 1 2 nan\nf 1 1 1\n", "a.obj", "vertex 0 is (1, 2, nan)");
}

}  // namespace
}  // namespace sg::io

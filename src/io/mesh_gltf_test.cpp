#include <gtest/gtest.h>

#include <cstring>

#include "io/io_fixture.h"
#include "io/mesh_formats.h"
#include "io/mesh_io.h"
#include "io/mutate.h"

namespace sg::io {
namespace {

using Vertices = std::vector<std::array<float, 3>>;
using Triangles = std::vector<std::array<std::uint32_t, 3>>;

// The triangle (0,0,0) (1,0,0) (0,1,0) m of Khronos's tutorial: three uint16 indices, two bytes of padding,
// three vertices.
constexpr char tutorial[] = R"({
  "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
  "meshes": [{"primitives": [{"attributes": {"POSITION": 1}, "indices": 0}]}],
  "buffers": [{"uri": "data:application/octet-stream;base64,AAABAAIAAAAAAAAAAAAAAAAAAAAAAIA/AAAAAAAAAAAAAAAAAACAPwAAAAA=", "byteLength": 44}],
  "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 6, "target": 34963},
                  {"buffer": 0, "byteOffset": 8, "byteLength": 36, "target": 34962}],
  "accessors": [{"bufferView": 0, "byteOffset": 0, "componentType": 5123, "count": 3, "type": "SCALAR"},
                {"bufferView": 1, "byteOffset": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
  "asset": {"version": "2.0"}})";

/// Each pair of from, to is one replacement.
std::string edited(const std::vector<std::string>& edits, std::string text = tutorial) {
  for (std::size_t i = 0; i + 1 < edits.size(); i += 2) {
    const std::size_t at = text.find(edits[i]);
    EXPECT_NE(at, std::string::npos) << edits[i];
    if (at != std::string::npos) text.replace(at, edits[i].size(), edits[i + 1]);
  }
  return text;
}
Mesh parse(const std::string& text) { return read_mesh(as_bytes(text), "a.gltf"); }
void expect_refused(const std::vector<std::string>& edits, const std::string& part,
                    ErrorCode code = ErrorCode::invalid_input) {
  expect_error(code, part, [&] { parse(edited(edits)); });
}
Vertices placed(const std::string& node) { return parse(edited({R"({"mesh": 0})", node})).vertices; }

TEST(Gltf, MetresYUpBecomeMillimetresLps) {
  const Mesh mesh = parse(tutorial);
  EXPECT_EQ(mesh.vertices, (Vertices{{0, 0, 0}, {1000, 0, 0}, {0, 0, 1000}})) << "x is left, y is up";
  EXPECT_EQ(mesh.triangles, (Triangles{{0, 1, 2}}));
  EXPECT_EQ(placed(R"({"mesh": 0, "translation": [0, 0, 2]})")[0], (std::array<float, 3>{0, -2000, 0}))
      << "z is forward";
}

TEST(Gltf, NodesPlaceTheirMeshes) {
  EXPECT_EQ(placed(R"({"mesh": 0, "scale": [2, 3, 4], "translation": [1, 0, 0]})"),
            (Vertices{{1000, 0, 0}, {3000, 0, 0}, {1000, 0, 3000}}));
  const Vertices turned = placed(R"({"mesh": 0, "rotation": [0, 0, 0.70710678, 0.70710678]})");
  EXPECT_NEAR(turned[1][2], 1000, 1e-3) << "a quarter turn about z brings x to y";
  EXPECT_NEAR(turned[2][0], -1000, 1e-3);
  EXPECT_EQ(placed(R"({"mesh": 0, "matrix": [0,1,0,0, -1,0,0,0, 0,0,1,0, 5,6,7,1]})"),
            (Vertices{{5000, -7000, 6000}, {5000, -7000, 7000}, {4000, -7000, 6000}}));
  // Parent: twice the size; child: moved by 1 along x, so by 2 in all.
  const Mesh nested = parse(edited(
      {R"({"mesh": 0})", R"({"children": [1], "scale": [2, 2, 2]}, {"mesh": 0, "translation": [1, 0, 0]})"}));
  EXPECT_EQ(nested.vertices, (Vertices{{2000, 0, 0}, {4000, 0, 0}, {2000, 0, 2000}}));
  const Mesh mirrored = parse(edited({R"({"mesh": 0})", R"({"mesh": 0, "scale": [-1, 1, 1]})"}));
  EXPECT_EQ(mirrored.triangles, (Triangles{{0, 2, 1}})) << "a mirror turns the order round";
}

TEST(Gltf, OnlyTheSceneIsRead) {
  const std::string two = R"({"mesh": 0}, {"mesh": 0, "translation": [1, 0, 0]})";
  EXPECT_EQ(parse(edited({R"({"mesh": 0})", two})).triangles.size(), 1U);
  const Mesh both = parse(edited({R"({"mesh": 0})", two, "[0]", "[0, 1]"}));
  EXPECT_EQ(both.triangles, (Triangles{{0, 1, 2}, {3, 4, 5}}));
  EXPECT_EQ(both.vertices[3], (std::array<float, 3>{1000, 0, 0})) << "in the order of the file";
  // Without scenes all roots are; without "scene" the first one is.
  EXPECT_EQ(parse(edited({R"({"mesh": 0})", two, R"("scenes": [{"nodes": [0]}],)", ""})).triangles.size(),
            2U);
  EXPECT_EQ(parse(edited({R"({"mesh": 0})", R"({"children": [1]}, {"mesh": 0})",
                          R"("scenes": [{"nodes": [0]}],)", ""}))
                .triangles.size(),
            1U);
  EXPECT_EQ(parse(edited({R"("scene": 0,)", ""})).triangles.size(), 1U);
}

TEST(Gltf, StripsFansAndOtherIndices) {
  // The three 16-bit indices read as bytes are 0, 0, 1, 0, 2, 0.
  const auto triangles = [](const std::string& mode, const std::string& indices) {
    return parse(edited({R"("indices": 0)", R"("mode": )" + mode + indices, "5123, \"count\": 3",
                         "5121, \"count\": 6"}))
        .triangles;
  };
  EXPECT_EQ(triangles("4", R"(, "indices": 0)"), (Triangles{{0, 0, 1}, {0, 2, 0}}));
  EXPECT_EQ(triangles("5", R"(, "indices": 0)"), (Triangles{{0, 0, 1}, {0, 0, 1}, {1, 0, 2}, {0, 0, 2}}));
  EXPECT_EQ(triangles("6", R"(, "indices": 0)"), (Triangles{{0, 0, 1}, {0, 1, 0}, {0, 0, 2}, {0, 2, 0}}));
  EXPECT_EQ(triangles("4", ""), (Triangles{{0, 1, 2}}));
  // Points and lines are passed over; primitives that share an accessor share its vertices.
  const Mesh mesh = parse(edited({R"([{"attributes")", R"([{"attributes": {"POSITION": 1}, "mode": 0},
      {"attributes": {"POSITION": 1}}, {"attributes")"}));
  EXPECT_EQ(mesh.vertices.size(), 3U);
  EXPECT_EQ(mesh.triangles.size(), 2U);
}

TEST(Gltf, InterleavedVertices) {
  // A stride of 16 over all 44 bytes.
  const Mesh mesh =
      parse(edited({R"("byteOffset": 8, "byteLength": 36)", R"("byteLength": 44, "byteStride": 16)"}));
  ASSERT_EQ(mesh.vertices.size(), 3U);
  EXPECT_EQ(mesh.vertices[1], (std::array<float, 3>{0, 0, 1000}))
      << "floats 4, 5, 6 of the buffer are 0, 1, 0";
}

TEST(Gltf, GlbHoldsTheSame) {
  const Mesh mesh = parse(tutorial);
  const Bytes glb = write_glb(mesh);
  EXPECT_EQ(as_text(glb).substr(0, 4), "glTF");
  EXPECT_EQ(glb.size() % 4, 0U);
  std::uint32_t length = 0;
  std::memcpy(&length, glb.data() + 8, 4);
  EXPECT_EQ(length, glb.size());
  EXPECT_EQ(read_gltf(glb).vertices, mesh.vertices);
  EXPECT_EQ(read_gltf(as_bytes(write_gltf(mesh))).triangles, mesh.triangles);
}

TEST(Gltf, DamagedContainersAreNamed) {
  const Bytes glb = write_glb(parse(tutorial));
  const auto refused = [&](std::size_t offset, std::uint32_t word, const std::string& part, ErrorCode code) {
    Bytes bytes = glb;
    std::memcpy(bytes.data() + offset, &word, 4);
    expect_error(code, part, [&] { read_mesh(bytes, "a.glb"); });
  };
  refused(4, 1, "version 1, expected 2", ErrorCode::unsupported_format);
  refused(8, 1U << 30, "states 1073741824 bytes but has", ErrorCode::invalid_input);
  refused(8, 12, "states 12 bytes", ErrorCode::invalid_input);
  refused(12, 1U << 30, "chunk 0 of the .glb states 1073741824 bytes", ErrorCode::invalid_input);
  refused(16, 7, "the first chunk of the .glb is not JSON", ErrorCode::invalid_input);
  refused(20, 0, "its JSON is damaged", ErrorCode::invalid_input);
  std::uint32_t json = 0;
  std::memcpy(&json, glb.data() + 12, 4);
  refused(20 + json + 4, 7, "buffers[0] has no bytes", ErrorCode::invalid_input);
  expect_error(ErrorCode::invalid_input, "10 bytes, too few", [&] { read_gltf(ByteView(glb).first(10)); });
}

TEST(Gltf, DamagedDocumentsAreNamed) {
  constexpr auto unsupported = ErrorCode::unsupported_format;
  expect_error(ErrorCode::invalid_input, "its JSON is damaged", [] { parse(""); });
  expect_error(ErrorCode::invalid_input, "its JSON is damaged", [] { parse("{\"a\": 1e999}"); });
  expect_error(ErrorCode::invalid_input, "its JSON is not an object", [] { parse("[]"); });
  expect_refused({"\"2.0\"", "\"1.0\""}, "asset.version is '1.0'", unsupported);
  expect_refused({"\"asset\"", "\"extensionsRequired\": [\"KHR_draco_mesh_compression\"], \"asset\""},
                 "requires extension 'KHR_draco_mesh_compression'", unsupported);
  EXPECT_EQ(parse(edited({"\"asset\"", "\"extensionsRequired\": [\"KHR_materials_unlit\"], \"asset\""}))
                .triangles.size(),
            1U);
  expect_refused({"\"scene\": 0", "\"scene\": 3"}, "scenes[3] is referred to, but there are 1");
  expect_refused({"\"scene\": 0", "\"scene\": -1"}, "scene of the file is not a whole number");
  expect_refused({"[{\"nodes\": [0]}]", "[7]"}, "scenes[0] is not an object");
  expect_refused({"[0]", "{}"}, "nodes of scenes[0] is not an array");
  expect_refused({"[0]", "[\"a\"]"}, "nodes of scenes[0] holds what is no index");
  expect_refused({"[0]", "[1]"}, "nodes[1] is referred to");
  expect_refused({"[0]", "[0, 0]"}, "node 0 has two parents");
  expect_refused({"{\"mesh\": 0}", "{\"children\": [0]}"}, "node 0 has two parents");
  expect_refused({"{\"mesh\": 0}", "{\"children\": [9]}"}, "nodes[9] is referred to");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 2}"}, "meshes[2] is referred to");
  expect_refused({"{\"mesh\": 0}", "{}"}, "no triangle");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"skin\": 0}"}, "nodes[0] is bent by a skin", unsupported);
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"scale\": [1, 2]}"},
                 "scale of nodes[0] is not an array of 3 numbers");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"scale\": [1, 2, \"3\"]}"}, "scale of nodes[0]");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"rotation\": [0, 0, 0, 0]}"},
                 "rotation of nodes[0] has length 0");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"matrix\": [1,0,0,1,0,1,0,0,0,0,1,0,0,0,0,1]}"},
                 "matrix of nodes[0] ends in row (1, 0, 0, 1)");
  expect_refused({"{\"mesh\": 0}", "{\"mesh\": 0, \"scale\": [1e39, 1e39, 1e39]}"},
                 "vertex 1 is (inf, 0, 0)");
}

TEST(Gltf, DamagedMeshesAreNamed) {
  constexpr auto unsupported = ErrorCode::unsupported_format;
  expect_refused({"\"primitives\"", "\"other\""}, "meshes[0] has no primitives");
  expect_refused({"[{\"attributes\"", "[5, {\"attributes\""}, "a primitive of meshes[0] is not an object");
  expect_refused({"\"indices\": 0", "\"mode\": 7"}, "mode of meshes[0] is 7");
  expect_refused({"\"indices\": 0", "\"targets\": []"}, "meshes[0] has morph targets", unsupported);
  expect_refused({"POSITION", "NORMAL"}, "no POSITION");
  expect_refused({"{\"POSITION\": 1}", "[]"}, "no POSITION");
  expect_refused({"\"POSITION\": 1", "\"POSITION\": 0"},
                 "accessors[0] holds SCALAR of type 5123, which is no VEC3");
  expect_refused({"\"indices\": 0", "\"indices\": 1"},
                 "accessors[1] holds VEC3 of type 5126, which is no SCALAR");
  expect_refused({"\"indices\": 0", "\"indices\": 5"}, "accessors[5] is referred to, but there are 2");
  expect_refused({"5123, \"count\": 3", "5123, \"count\": 2"},
                 "meshes[0] has 2 corners, expected a multiple of 3");
  expect_refused({"AAABAAIA", "AAABAAMA"}, "meshes[0] refers to vertex 3, but has 3");
  expect_refused({"5126, \"count\": 3", "5126, \"count\": 4"},
                 "accessors[1] reads 4 elements from byte 0, beyond the 36 bytes of bufferViews[1]");
  expect_refused({"5126, \"count\": 3", "5126, \"count\": 18446744073709551615"}, "beyond the 36 bytes");
  expect_refused({"5126, \"count\": 3", "5126, \"count\": 0"}, "accessors[1] has no count above 0");
  expect_refused({"5126, \"count\": 3", "5126, \"count\": 3.5"},
                 "count of accessors[1] is not a whole number");
  expect_refused({"\"byteOffset\": 0, \"componentType\": 5126",
                  "\"byteOffset\": 18446744073709551615, \"componentType\": 5126"},
                 "beyond the 36 bytes");
  expect_refused({"\"bufferView\": 1, ", ""}, "accessors[1] has no bufferView");
  expect_refused({"\"bufferView\": 1, ", "\"bufferView\": 8, "}, "bufferViews[8] is referred to");
  expect_refused({"\"bufferView\": 1, ", "\"sparse\": {}, "}, "accessors[1] is sparse", unsupported);
  expect_refused({"\"byteLength\": 36", "\"byteLength\": 37"},
                 "bufferViews[1] is 37 bytes from byte 8, beyond the 44 bytes");
  expect_refused({"\"byteOffset\": 8", "\"byteOffset\": 45"}, "bufferViews[1] is 36 bytes from byte 45");
  expect_refused({"\"byteLength\": 36", "\"byteLength\": 36, \"byteStride\": 8"},
                 "byteStride of bufferViews[1] is 8, expected 12 to 252");
  expect_refused({"\"byteLength\": 36", "\"byteLength\": 36, \"byteStride\": 253"},
                 "byteStride of bufferViews[1] is 253");
  expect_refused({"{\"buffer\": 0", "{\"buffer\": 1"}, "buffers[1] is referred to");
}

TEST(Gltf, BuffersComeFromTheFileItself) {
  const std::string uri = "data:application/octet-stream;base64,";
  expect_refused({uri, "shape.bin?"}, "buffers[0] is the file 'shape.bin?AAAB",
                 ErrorCode::unsupported_format);
  expect_refused({uri, "data:text/plain,"}, "uri of buffers[0] is not base64");
  expect_refused({uri, "data:"}, "uri of buffers[0] is not base64");
  expect_refused({"AAABAAIA", "AA*BAAIA"}, "'*' is no character of base64");
  expect_refused({"\"uri\"", "\"name\""}, "buffers[0] has no bytes");
  const std::size_t begin = std::string(tutorial).find("\"data:"),
                    end = std::string(tutorial).find(", \"byteLength\": 44");
  expect_refused({std::string(tutorial).substr(begin, end - begin), "7"}, "uri of buffers[0] is not a text");
}

TEST(Gltf, CopiesStayInProportionToTheFile) {
  // 20 000 nodes, each placing the same 20 000 triangles.
  Mesh mesh = parse(tutorial);
  mesh.triangles.resize(20000, {0, 1, 2});
  std::string nodes = "{\"mesh\":0}", list = "0";
  for (int i = 1; i < 20000; ++i) {
    nodes += ",{\"mesh\":0}";
    list += "," + std::to_string(i);
  }
  std::string text = write_gltf(mesh);
  const auto between = [&](const std::string& key, const std::string& with) {
    const std::size_t at = text.find('[', text.find("\"" + key + "\": ["));
    int depth = 0;
    std::size_t end = at;
    do depth += text[end] == '[' ? 1 : text[end] == ']' ? -1 : 0;
    while (depth > 0 && ++end < text.size());
    text.replace(at, end + 1 - at, "[" + with + "]");
  };
  between("scenes", "{\"nodes\":[" + list + "]}");
  text.replace(text.find("\"nodes\": [\n  {"), 9, "\"unused\":");
  text.insert(1, "\"nodes\":[" + nodes + "],");
  expect_error(ErrorCode::resource, "copies of its meshes add up to", [&] { parse(text); });
}

TEST(MeshFiles, SurviveDamage) {
  struct Seed {
    const char* name;
    Bytes bytes;
  };
  const Mesh mesh = parse(tutorial);
  const std::string obj = "# c\nv 0 0 0\nv 1 0 0\nv 0 1.5e0 0 1\nvn 0 0 1\nf 1//1 2/3/1 3\nf -1 -2 -3 1\n";
  const std::string stl =
      "solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 "
      "0\nendloop\nendfacet\nendsolid\n";
  const std::string text = tutorial;
  const Seed seeds[] = {{"a.stl", write_stl(mesh)},
                        {"a.stl", {stl.begin(), stl.end()}},
                        {"a.obj", {obj.begin(), obj.end()}},
                        {"a.glb", write_glb(mesh)},
                        {"a.gltf", {text.begin(), text.end()}}};
  Rng rng(13);
  int read = 0, refused = 0;
  for (std::size_t i = 0; i < 2500; ++i) {
    const Seed& seed = seeds[i % std::size(seeds)];
    try {
      read_mesh(mutate(seed.bytes, "0123456789-/ \n\"{}[],:", rng), seed.name);
      ++read;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::internal);
      ++refused;
    }
  }
  EXPECT_GT(read, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace sg::io

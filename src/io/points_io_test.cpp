#include "io/points_io.h"

#include <gtest/gtest.h>

#include <limits>

#include "io/files.h"
#include "io/io_fixture.h"
#include "io/mutate.h"

namespace sg::io {
namespace {

Points parse(std::string_view text, const std::string& name) { return read_points(as_bytes(text), name); }
using Positions = std::vector<LpsPoint>;
using Names = std::vector<std::string>;
void expect_refused(std::string_view text, const std::string& name, const std::string& part,
                    ErrorCode code = ErrorCode::invalid_input) {
  expect_error(code, part, [&] { parse(text, name); });
}

Points some_points() {
  return {{{1.0 / 3, -2, 1e-7}, {0, 0, 0}, {-123.456, 1e6, 0.1}}, {"AC", "with, comma", "说 \"PC\""}};
}

TEST(Points, RoundTripIsExact) {
  TemporaryFolder folder;
  Points points = some_points();
  for (const char* name : {"p.csv", "p.tsv", "p.fcsv"}) {
    write_points(points, folder / name);
    const Points again = read_points(folder / name);
    EXPECT_EQ(again.positions, points.positions) << name;
    EXPECT_EQ(again.names, points.names) << name;
  }
  points.names.clear();
  for (const char* name : {"p.csv", "p.tsv", "p.fcsv", "p.pts", "p.txt"}) {
    for (const bool empty : {false, true}) {
      if (empty) points.positions.clear();
      write_points(points, folder / name);
      const Points again = read_points(folder / name);
      EXPECT_EQ(again.positions, points.positions) << name;
      EXPECT_TRUE(again.names.empty()) << name;
    }
    points = some_points();
    points.names.clear();
  }
}

TEST(Points, ColumnsAreFoundByName) {
  const Points ants = parse("x,y,z,t,label,comment\n1,2,3,0,7,\n4,5,6,0,008,c\n", "p.csv");
  EXPECT_EQ(ants.positions, (Positions{{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(ants.names, (Names{"7", "008"})) << "names are texts";
  const Points other = parse("\xEF\xBB\xBFName; Z;Y ;X\r\n\"a;b\";3;2;1\r\n\r\n", "p.csv");
  EXPECT_EQ(other.positions, (Positions{{1, 2, 3}}));
  EXPECT_EQ(other.names, Names{"a;b"});
  EXPECT_TRUE(parse("x\ty\tz\tname\n1\t2\t3\t\n", "p.tsv").names.empty());
}

TEST(Points, SlicerFramesBecomeLps) {
  const auto read = [](const std::string& frame) {
    return parse("# Markups fiducial file version = 4.11\n" + frame +
                     "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
                     "vtkMRMLMarkupsFiducialNode_0,10,-20,30,0,0,0,1,1,1,0,F-1,,\n"
                     "2,0,5.5,-1,0,0,0,1,1,1,0,\"F, 2\",,vtkMRMLScalarVolumeNode1\n",
                 "F.fcsv");
  };
  for (const char* frame :
       {"# CoordinateSystem = LPS\n", "# CoordinateSystem = 1\n", "#coordinatesystem=lps\r\n"}) {
    EXPECT_EQ(read(frame).positions, (Positions{{10, -20, 30}, {0, 5.5, -1}})) << frame;
  }
  for (const char* frame : {"# CoordinateSystem = RAS\n", "# CoordinateSystem = 0\n", ""}) {
    EXPECT_EQ(read(frame).positions, (Positions{{-10, 20, 30}, {0, -5.5, -1}})) << frame;
    EXPECT_FALSE(std::signbit(read(frame).positions[1].x));
  }
  EXPECT_EQ(read("").names, (Names{"F-1", "F, 2"}));
  const Points old =
      parse("# Fiducial List file\n# columns = label,x,y,z,sel,vis\nA,1,2,3,1,1\n", "old.fcsv");
  EXPECT_EQ(old.positions, (Positions{{-1, -2, 3}}));
  EXPECT_EQ(old.names, Names{"A"});
  EXPECT_EQ(parse("1,1,2,3\n", "short.fcsv").positions, (Positions{{-1, -2, 3}}))
      << "without comments or label";
}

TEST(Points, ElastixFiles) {
  EXPECT_EQ(parse("point\r\n2\r\n102.8 -33.4 57.0\r\n\r\n178.1 -10.9  14.5 \r\n", "p.pts").positions,
            (Positions{{102.8, -33.4, 57}, {178.1, -10.9, 14.5}}));
  EXPECT_EQ(parse("\n Point\n\n0", "p.txt").positions.size(), 0U);
}

TEST(Points, DamagedFilesNameTheLine) {
  expect_refused("", "p.csv", "empty");
  expect_refused("1,2,3\n", "p.csv", "line 1 names no column 'x'");
  expect_refused("x,z\n", "p.csv", "no column 'y'");
  expect_refused("x,y\n", "p.tsv", "no column 'x'");
  expect_refused("x,y,label\n", "p.csv", "no column 'z'");
  expect_refused("x,y,z\n1,2\n", "p.csv", "line 2 has 2 fields, expected at least 3");
  expect_refused("x,y,z\n1,2,3\n1,a,3\n", "p.csv", "line 3: y is 'a', expected a finite number");
  expect_refused("x,y,z\n1,2,inf\n", "p.csv", "line 2: z is 'inf'");
  expect_refused("x,y,z\n,2,3\n", "p.csv", "line 2: x is ''");
  expect_refused("x,y,z,name\n1,2,3,\xFF\n", "p.csv", "line 2: byte 0xFF");
  expect_refused("x,y,z,name\n1,2,3,\"a\n", "p.csv", "line 2: the quote");
  expect_refused("# CoordinateSystem = XYZ\n", "p.fcsv",
                 "line 1: CoordinateSystem is 'XYZ', expected LPS or RAS");
  expect_refused("# columns = id,x,y\n", "p.fcsv", "line 1 names no column 'z'");
  expect_refused("\n1,2,nan,3\n", "p.fcsv", "line 2: y is 'nan'");
  expect_refused("1,2\n", "p.fcsv", "line 1 has 2 fields, expected at least 4");
  expect_refused("", "p.pts", "expected 'point'");
  expect_refused("points\n1\n1 2 3\n", "p.pts", "line 1 is 'points'");
  expect_refused("point\n", "p.pts", "expected the number of points");
  expect_refused("point\n-1\n", "p.pts", "line 2 is '-1', expected the number");
  expect_refused("point\n1\n1 2\n", "p.pts", "line 3 has 2 numbers");
  expect_refused("point\n1\n1 2 x\n", "p.pts", "line 3: z is 'x'");
  expect_refused("point\n2\n1 2 3\n", "p.pts", "states 2 points but holds 1");
  expect_refused("point\n99999999999\n1 2 3\n", "p.pts", "states 99999999999 points");
}

TEST(Points, VoxelIndicesAndOtherFormatsAreRefused) {
  constexpr auto unsupported = ErrorCode::unsupported_format;
  expect_refused("index\n1\n1 2 3\n", "p.pts", "voxel indices", unsupported);
  expect_refused("1\n1 2 3\n", "p.pts", "voxel indices", unsupported);
  expect_refused("# CoordinateSystem = IJK\n", "p.fcsv", "IJK", unsupported);
  expect_refused("# CoordinateSystem = 2\n", "p.fcsv", "IJK", unsupported);
  expect_refused("", "p.json", "'p.json': points are kept in .csv", unsupported);
  TemporaryFolder folder;
  expect_error(unsupported, "kept in .csv", [&] { write_points(some_points(), folder / "p.json"); });
  expect_error(ErrorCode::not_found, "missing.csv", [&] { read_points(folder / "missing.csv"); });
  write_file(folder / "bad.pts", "point\n1\n1 2\n");
  expect_error(ErrorCode::invalid_input, "bad.pts': line 3", [&] { read_points(folder / "bad.pts"); });
}

TEST(Points, RefusesWhatItCannotWrite) {
  TemporaryFolder folder;
  const auto refused = [&](const Points& points, const std::string& part) {
    expect_error(ErrorCode::invalid_input, part, [&] { write_points(points, folder / "p.csv"); });
  };
  refused({{{1, 2, 3}}, {"a", "b"}}, "2 names for 1 points");
  refused({{{1, 2, 3}, {1, std::numeric_limits<double>::infinity(), 3}}, {}}, "point 1 is (1, inf, 3)");
  refused({{{1, 2, 3}}, {"\xC0"}}, "the name '?'");
  write_points({{{1, 2, 3}}, {"two\nlines"}}, folder / "p.fcsv");
  EXPECT_EQ(read_points(folder / "p.fcsv").names, Names{"two lines"});
}

TEST(Points, SurviveDamage) {
  struct Seed {
    const char* name;
    std::string_view text;
  };
  constexpr Seed seeds[] = {
      {"p.csv", "x,y,z,name\r\n1,2.5,-3,\"a \"\"b\"\"\"\r\n4,5,6e2,\r\n"},
      {"p.fcsv", "# CoordinateSystem = LPS\n# columns = id,x,y,z,label\n1,2,3,4,\"F,1\"\n"},
      {"p.pts", "point\n2\n1 2 3\n4.5 -5 6e1\n"}};
  Rng rng(12);
  int read = 0, refused = 0;
  for (std::size_t i = 0; i < 2000; ++i) {
    const Seed& seed = seeds[i % std::size(seeds)];
    try {
      const Points points =
          read_points(mutate({seed.text.begin(), seed.text.end()}, "\",;\t\r\n# =", rng), seed.name);
      EXPECT_TRUE(points.names.empty() || points.names.size() == points.positions.size());
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

#include "io/transform_io.h"

#include <gmock/gmock.h>

#include <signal.h>
#include <unistd.h>
#include <atomic>
#include <cmath>

#include <filesystem>

#include "core/error.h"
#include "core/rng.h"
#include "io/files.h"
#include "io/hdf5_child.h"
#include "io/nifti.h"
#include "io/transform_records.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TransformFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sg-transform-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file(const std::string& name) const { return folder_ / name; }
  fs::path folder_;
};

Affine some_affine() {
  return Affine::about({3, -4, 5}, rotation({0.1, 0.2, -0.3}) * Mat3::diagonal({1.1, 0.9, 1.05}),
                       {1.0 / 3, 7, -2});
}

Field some_field() {
  Grid grid{{4, 5, 3}, {2, 3, 4}, {-1, -2, -3}, rotation({0, 0, 0.2})};
  Field field{Volume<float>(grid, 3)};
  Rng rng(5);
  for (float& v : field.displacement.values()) v = static_cast<float>(rng.uniform(-2, 2));
  return field;
}

std::string message_of(const std::string& text, const std::string& name,
                       ErrorCode expected = ErrorCode::invalid_input) {
  try {
    read_transform(as_bytes(text), name);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), expected) << e.what();
    EXPECT_THAT(e.what(), testing::StartsWith(name));
    return e.what();
  }
  ADD_FAILURE() << "expected an error for " << text;
  return "";
}

TEST_F(TransformFiles, AffinesComeBackExactly) {
  for (const char* name : {"a.tfm", "a.txt", "a.mat", "a.h5", "a.hdf5"}) {
    write_transform({some_affine(), {}}, file(name));
    const Transform back = read_transform(file(name));
    EXPECT_EQ(back.affine, some_affine()) << name;
    EXPECT_FALSE(back.field) << name;
  }
}

TEST_F(TransformFiles, FieldsComeBackExactly) {
  const Field field = some_field();
  for (const char* name : {"f.h5", "f.nii", "f.nii.gz", "f.mha", "f.nrrd"}) {
    write_field(field, file(name));
    const Field back = read_field(file(name));
    EXPECT_TRUE(back.grid().same_as(field.grid(), 1e-4)) << name;
    EXPECT_TRUE(std::ranges::equal(back.displacement.values(), field.displacement.values())) << name;
    write_transform({Affine{}, Field{field.displacement.clone()}}, file(name));
    EXPECT_TRUE(read_transform(file(name)).field) << name;
  }
  write_transform({some_affine(), Field{field.displacement.clone()}}, file("both.h5"));
  const Transform both = read_transform(file("both.h5"));
  EXPECT_EQ(both.affine, some_affine());
  EXPECT_TRUE(std::ranges::equal(both.field->displacement.values(), field.displacement.values()));
}

TEST_F(TransformFiles, NiftiSaysWhatItsVectorsMean) {
  const Field field = some_field();
  write_field(field, file("lps.nii"));
  write_field(field, file("ras.nii"), FieldIntent::dispvect_ras);
  const Image lps = read_nifti(read_file(file("lps.nii"))), ras = read_nifti(read_file(file("ras.nii")));
  EXPECT_EQ(lps.metadata.at("intent_code"), "1007");
  EXPECT_EQ(ras.metadata.at("intent_code"), "1006");
  const auto& a = std::get<Volume<float>>(lps.voxels);
  const auto& b = std::get<Volume<float>>(ras.voxels);
  EXPECT_EQ(a.at(1, 2, 1, 0), -b.at(1, 2, 1, 0));
  EXPECT_EQ(a.at(1, 2, 1, 1), -b.at(1, 2, 1, 1));
  EXPECT_EQ(a.at(1, 2, 1, 2), b.at(1, 2, 1, 2));
  EXPECT_TRUE(
      std::ranges::equal(read_field(file("ras.nii")).displacement.values(), field.displacement.values()));
  const Bytes bytes = read_file(file("lps.nii"));
  // Five dimensions, the fifth of 3: x y z 1 3.
  EXPECT_EQ(bytes[40], 5);
  EXPECT_EQ(bytes[48], 1);
  EXPECT_EQ(bytes[50], 3);
}

TEST_F(TransformFiles, PlainMatricesAreRas) {
  const Transform t = read_transform(as_bytes("1 0 0 10\n0 1 0 20\n0 0 1 30\n0 0 0 1\n"), "greedy.mat");
  EXPECT_EQ(t.apply({0, 0, 0}), (LpsPoint{-10, -20, 30}));
  const Transform turned = read_transform(as_bytes("0 -1 0 0 1 0 0 0 0 0 1 0 0 0 0 1"), "turn.txt");
  // RAS (x, y, z) → (−y, x, z); in LPS the point (1, 0, 0) is RAS (−1, 0, 0) → RAS (0, −1, 0) = LPS (0, 1,
  // 0).
  EXPECT_EQ(turned.apply({1, 0, 0}), (LpsPoint{0, 1, 0}));
  EXPECT_THAT(message_of("1 0 0 0 0 1 0 0 0 0 1 0", "short.txt"), HasSubstr("12 numbers, expected 16"));
  EXPECT_THAT(message_of("1 0 0 0 0 1 0 0 0 0 1 0 0 0 1 1", "row.txt"), HasSubstr("expected 0 0 0 1"));
  EXPECT_THAT(message_of("1 0 zero 0", "word.txt"), HasSubstr("\"zero\" is no number"));
}

TEST_F(TransformFiles, FieldAfterAffineIsFoldedInExactly) {
  const Affine a = some_affine();
  const Field v = some_field();
  std::vector<TransformRecord> records = records_of({Affine{}, Field{v.displacement.clone()}});
  records.push_back(records_of({a, {}}).front());
  records.insert(records.begin(), {"CompositeTransform_double_3_3", {}, {}});
  const Transform folded = transform_of(records);
  Rng rng(9);
  for (int i = 0; i < 200; ++i) {
    const LpsPoint p{rng.uniform(-20, 20), rng.uniform(-20, 20), rng.uniform(-20, 20)};
    const LpsPoint q = a.apply(p), expected = q + v.at(q);
    EXPECT_LT(norm(folded.apply(p) - expected), 1e-5);
  }
}

TEST_F(TransformFiles, BadTextIsNamed) {
  const std::string head = "#Insight Transform File V1.0\n#Transform 0\n";
  const std::string affine = head + "Transform: AffineTransform_double_3_3\n";
  EXPECT_THAT(message_of("", "a.tfm"), HasSubstr("empty"));
  EXPECT_THAT(message_of(head, "a.tfm"), HasSubstr("no transform"));
  EXPECT_THAT(message_of(affine + "Parameters: 1 2 3\n", "a.tfm"), HasSubstr("3 parameters, expected 12"));
  EXPECT_THAT(message_of(affine + "Parameters: 1 0 0 0 1 0 0 0 x 0 0 0\n", "a.tfm"),
              HasSubstr("line 4: \"x\" is no number"));
  EXPECT_THAT(message_of(affine + "Parameters: 1 0 0 0 1 0 0 0 nan 0 0 0\n", "a.tfm"), HasSubstr("finite"));
  EXPECT_THAT(message_of(affine + "Parameters: 1 2 3 2 4 6 0 0 1 0 0 0\nFixedParameters: 0 0 0\n", "a.tfm"),
              HasSubstr("determinant 0"));
  EXPECT_THAT(message_of(affine + "Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0\n", "a.tfm"),
              HasSubstr("2 fixed parameters"));
  EXPECT_THAT(message_of(head + "Parameters: 1\n", "a.tfm"), HasSubstr("before any Transform"));
  EXPECT_THAT(message_of(head + "Colour: red\n", "a.tfm"), HasSubstr("\"Colour\" is unknown"));
  EXPECT_THAT(message_of(head + "Transform: BSplineTransform_double_3_3\nParameters: 1\n", "a.tfm",
                         ErrorCode::unsupported_format),
              HasSubstr("\"BSplineTransform_double_3_3\" is not read"));
  const std::string whole = "Transform: IdentityTransform_double_3_3\nParameters:\nFixedParameters:\n";
  EXPECT_THAT(message_of(head + whole + whole, "a.tfm", ErrorCode::unsupported_format),
              HasSubstr("2 separate transforms"));
  EXPECT_THAT(message_of(head + whole, "a.xyz", ErrorCode::unsupported_format), HasSubstr("\".xyz\""));
  EXPECT_THAT(message_of(std::string("\0\1", 2), "a.tfm"), HasSubstr("binary"));
  EXPECT_THROW(read_transform(file("missing.tfm")), Error);
}

TEST_F(TransformFiles, BadFieldsAreNamed) {
  Field field = some_field();
  field.displacement.at(1, 0, 0, 0) = std::nanf("");
  write_field(field, file("nan.nii"));
  try {
    read_field(file("nan.nii"));
    FAIL() << "expected an error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("displacement at voxel 1 is nan"));
  }
  const auto record = [](std::vector<double> parameters, std::vector<double> fixed) {
    return std::vector<TransformRecord>{
        {"DisplacementFieldTransform_double_3_3", std::move(parameters), std::move(fixed)}};
  };
  const std::vector<double> fixed = {1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  EXPECT_NO_THROW(transform_of(record({1, 2, 3}, fixed)));
  EXPECT_THROW(transform_of(record({1, 2}, fixed)), Error);
  EXPECT_THROW(transform_of(record({1, 2, 3}, {1, 1, 1})), Error);
  std::vector<double> huge = fixed;
  huge[0] = 1e9;
  EXPECT_THROW(transform_of(record({1, 2, 3}, huge)), Error);
  std::vector<double> flat = fixed;
  flat[6] = 0;  // zero spacing
  EXPECT_THROW(transform_of(record({1, 2, 3}, flat)), Error);
}

TEST_F(TransformFiles, FormsThatCannotHoldItAreRefused) {
  const auto refuses = [&](const Transform& t, const char* name, const char* text) {
    try {
      write_transform(t, file(name));
      ADD_FAILURE() << name;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), HasSubstr(text));
    }
    EXPECT_FALSE(fs::exists(file(name)));
  };
  refuses({some_affine(), some_field()}, "a.tfm", "holds no displacement field, expected .h5");
  refuses({some_affine(), some_field()}, "a.mat", "expected .h5");
  refuses({some_affine(), some_field()}, "a.nii", "has an affine");
  refuses({some_affine(), {}}, "a.nii", "displacement field alone");
  refuses({some_affine(), {}}, "a.png", "\".png\"");
  refuses({Affine{Mat3::diagonal({1, 0, 1}), {}}, {}}, "a.tfm", "determinant 0");
  EXPECT_THROW(write_field(some_field(), file("f.mha"), FieldIntent::dispvect_ras), Error);
  EXPECT_THROW(write_field(some_field(), file("f.txt")), Error);
  EXPECT_THROW(write_transform({some_affine(), {}}, file("no/such/folder.tfm")), Error);
}

TEST_F(TransformFiles, TwoFieldsAndNestedCompositesAreRefused) {
  std::vector<TransformRecord> records = records_of({Affine{}, some_field()});
  records.push_back(records.front());
  records.insert(records.begin(), {"CompositeTransform_double_3_3", {}, {}});
  EXPECT_THROW(transform_of(records), Error);
  EXPECT_THROW(
      transform_of({{"CompositeTransform_double_3_3", {}, {}}, {"CompositeTransform_double_3_3", {}, {}}}),
      Error);
}

TEST_F(TransformFiles, DamagedBytesNeverCrash) {
  Rng rng(2);
  for (const char* name : {"a.tfm", "a.mat"}) {
    write_transform({some_affine(), {}}, file(name));
    const Bytes original = read_file(file(name));
    for (int round = 0; round < 1000; ++round) {
      Bytes bytes = original;
      if (round % 4 == 0) bytes.resize(rng.below(bytes.size()));
      for (int hit = 0; hit <= round % 4 && !bytes.empty(); ++hit) {
        bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.below(256));
      }
      try {
        read_transform(bytes, name);
      } catch (const Error& e) {
        EXPECT_NE(e.code(), ErrorCode::internal);
      }
    }
  }
}

TEST_F(TransformFiles, DamagedHdf5NeverCrashes) {
  Rng rng(7);
  Grid grid{{2, 2, 2}, {1, 1, 1}, {}, {}};
  write_transform({some_affine(), Field{Volume<float>(grid, 3)}}, file("a.h5"));
  const Bytes original = read_file(file("a.h5"));
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    Bytes bytes = original;
    if (round % 10 == 0) bytes.resize(rng.below(bytes.size()));
    for (int hit = 0; hit <= round % 8 && !bytes.empty(); ++hit) {
      bytes[rng.below(std::min<std::size_t>(bytes.size(), 4000))] = static_cast<std::uint8_t>(rng.below(256));
    }
    try {
      read_transform(bytes, "a.h5");
    } catch (const Error& e) {
      ++refused;
      EXPECT_NE(e.code(), ErrorCode::internal);
    }
  }
  EXPECT_GT(refused, 5);
}

TEST(RunInChild, ContainsCrashesHangsAndFloods) {
  const Bytes expected = {1, 2, 3};
  EXPECT_EQ(run_in_child([&] { return expected; }, "it"), expected);
  const auto message = [](const std::function<Bytes()>& work) -> std::string {
    try {
      run_in_child(work, "it", {1, 1 << 30});
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::invalid_input);
      return e.what();
    }
    return "no error";
  };
  const std::string stopped = "it is damaged: reading it failed and was stopped";
  EXPECT_EQ(message([]() -> Bytes { std::abort(); }), stopped);
  EXPECT_EQ(message([]() -> Bytes {
              ::raise(SIGSEGV);
              return {};
            }),
            stopped);
  EXPECT_EQ(message([]() -> Bytes {
              std::atomic<unsigned> turns = 0;
              while (true) ++turns;
            }),
            stopped);
  EXPECT_EQ(message([]() -> Bytes { throw std::runtime_error("other"); }), stopped);
  EXPECT_EQ(message([]() -> Bytes { throw Error(ErrorCode::invalid_input, "as said"); }), "as said");
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(message([]() -> Bytes { return Bytes(std::size_t{3} << 30); }), stopped);
#endif
}

}  // namespace
}  // namespace sg::io

#include "io/describe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "io/files.h"
#include "io/image_io.h"
#include "io/io_fixture.h"
#include "io/mesh_io.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

const Property* find(const Document& document, const std::string& name) {
  const auto& all = document.properties;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Property& p) { return p.name == name; });
  return found == all.end() ? nullptr : &*found;
}

template <class T>
T get(const Described& described, const std::string& name) {
  const Property* property = find(described.properties, name);
  if (property == nullptr) throw Error(ErrorCode::internal, "no property " + name);
  return std::get<T>(property->value);
}

TEST(Describe, AnImage) {
  const TemporaryFolder folder;
  Volume<float> volume(oblique_grid());
  for (std::int64_t i = 0; i < volume.size(); ++i) volume.data()[i] = 1e6F + static_cast<float>(i % 2);
  volume.data()[7] = std::numeric_limits<float>::quiet_NaN();
  volume.data()[8] = std::numeric_limits<float>::infinity();
  write_image(volume, folder / "a.nii.gz");
  const Described d = describe(folder / "a.nii.gz");
  EXPECT_EQ(d.kind, "image");
  EXPECT_EQ(d.format, "NIfTI-1");
  EXPECT_EQ(get<std::string>(d, "pixel_type"), "float32");
  EXPECT_EQ(get<std::vector<double>>(d, "size"), (std::vector<double>{5, 4, 3}));
  EXPECT_EQ(get<std::string>(d, "orientation"), volume.grid().orientation());
  EXPECT_EQ(get<double>(d, "min"), 1e6);
  EXPECT_EQ(get<double>(d, "max"), 1e6 + 1);
  EXPECT_EQ(get<double>(d, "mean"), 1e6 + 0.5) << "29 of each are left";
  EXPECT_NEAR(get<double>(d, "sd"), 0.5 * std::sqrt(58.0 / 57), 1e-9) << "no cancellation";
  EXPECT_EQ(get<std::int64_t>(d, "not_finite"), 2);
  EXPECT_EQ(get<std::int64_t>(d, "file_size"), static_cast<std::int64_t>(fs::file_size(folder / "a.nii.gz")));
  EXPECT_NE(find(get<Document>(d, "metadata"), "compression"), nullptr);
  EXPECT_EQ(find(d.properties, "kind"), nullptr) << "said by the struct itself";
}

TEST(Describe, TimeSeriesAndWarnings) {
  const TemporaryFolder folder;
  auto series = noise<std::int16_t>(oblique_grid(), 4, OuterAxis::time);
  series.set_time_step(1.5);
  write_image(series, folder / "a.nrrd");
  const Described d = describe(folder / "a.nrrd");
  EXPECT_EQ(get<std::int64_t>(d, "time_points"), 4);
  EXPECT_EQ(get<double>(d, "time_step"), 1.5);
  write_file(folder / "b.nrrd",
             "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 1 1\nspacings: 1 1\nencoding: raw\n\na");
  EXPECT_EQ(get<std::vector<std::string>>(describe(folder / "b.nrrd"), "warnings").size(), 1U);
}

TEST(Describe, NeverNamesThePatient) {
  const TemporaryFolder folder;
  Image image{noise<std::uint8_t>(oblique_grid()), "NRRD", {}, {}};
  image.metadata = {{"PatientName", "X"}, {"DICOM_0010_0020", "X"}, {"dateOfBirth", "X"}, {"Modality", "MR"}};
  write_image(image, folder / "a.nrrd");
  const Document metadata = get<Document>(describe(folder / "a.nrrd"), "metadata");
  ASSERT_EQ(metadata.properties.size(), 1U);
  EXPECT_EQ(metadata.properties[0].name, "Modality");
}

TEST(Describe, OtherFamiliesByExtension) {
  const TemporaryFolder folder;
  write_file(folder / "a.csv", "name,size\nx,1\ny,2\n");
  EXPECT_EQ(describe(folder / "a.csv").kind, "table");
  EXPECT_EQ(get<std::int64_t>(describe(folder / "a.csv"), "rows"), 2);
  write_file(folder / "a.txt",
             "#Insight Transform File V1.0\n#Transform 0\nTransform: TranslationTransform_double_3_3\n"
             "Parameters: 1 2 3\nFixedParameters:\n");
  EXPECT_EQ(describe(folder / "a.txt").kind, "transform");
  EXPECT_EQ(get<std::vector<double>>(describe(folder / "a.txt"), "translation"),
            (std::vector<double>{1, 2, 3}));
  write_file(folder / "b.txt", "point\n1\n1 2 3\n");
  EXPECT_EQ(describe(folder / "b.txt").kind, "points");
  write_mesh({{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}}, {{0, 1, 2}}}, folder / "a.stl");
  const Described mesh = describe(folder / "a.stl");
  EXPECT_EQ(mesh.kind, "mesh");
  EXPECT_EQ(mesh.format, "stl");
  EXPECT_EQ(get<std::int64_t>(mesh, "triangles"), 1);
}

TEST(Describe, UnknownFilesListWhatIsRead) {
  const TemporaryFolder folder;
  write_file(folder / "a.xyz", "hello");
  expect_error(ErrorCode::unsupported_format, "a.xyz' is not a kind of file known here",
               [&] { describe(folder / "a.xyz"); });
  expect_error(ErrorCode::not_found, "none", [&] { describe(folder / "none"); });
}

TEST(Describe, Colin27) {
  const fs::path path = "/usr/share/mricron/templates/ch2.nii.gz";
  if (!fs::exists(path)) GTEST_SKIP() << "needs mricron-data";
  const Described d = describe(path);
  EXPECT_EQ(get<std::vector<double>>(d, "size"), (std::vector<double>{181, 217, 181}));
  EXPECT_EQ(get<std::string>(d, "orientation"), "RAS");
  EXPECT_EQ(get<std::string>(d, "pixel_type"), "uint8");
}

TEST(Describe, DicomFolders) {
  const fs::path samples = "/usr/lib/python3/dist-packages/pydicom/data/test_files";
  if (!fs::exists(samples / "CT_small.dcm")) GTEST_SKIP() << "needs python3-pydicom";
  const TemporaryFolder folder;
  fs::copy(samples / "CT_small.dcm", folder / "a.dcm");
  const Described one = describe(folder.path());
  EXPECT_EQ(one.kind, "image");
  EXPECT_EQ(one.format, "DICOM");
  fs::copy(samples / "MR_small.dcm", folder / "b.dcm");
  const Described several = describe(folder.path());
  EXPECT_EQ(several.kind, "series");
  EXPECT_EQ(get<std::vector<Document>>(several, "series").size(), 2U);
}

}  // namespace
}  // namespace sg::io

#include "io/image_io.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "io/image_seeds.h"
#include "io/io_fixture.h"
#include "io/text.h"

namespace sg::io {
namespace {

namespace fs = std::filesystem;

TEST(ImageIo, ContentDecidesBeforeTheExtension) {
  const TemporaryFolder folder;
  for (const FuzzedReader& reader : fuzzed_readers()) {
    if (reader.name == "gzip") continue;
    const fs::path path = folder / (reader.name + ".dat");
    write_file(path, reader.seeds().front());
    EXPECT_EQ(lower(probe_image(path)), reader.name);
    EXPECT_NO_THROW(read_image(path));
  }
  write_file(folder / "packed", compressed(write_nifti(seeds::ramp<float>({2, 2, 2})), Envelope::gzip));
  EXPECT_EQ(probe_image(folder / "packed"), "NIfTI");
  EXPECT_EQ(probe_image(folder.path()), "DICOM");
}

TEST(ImageIo, ErrorsNameThePathAndWhatWasExpected) {
  const TemporaryFolder folder;
  const auto bad = [&](const std::string& name, std::string_view content, ErrorCode code,
                       const std::string& part) {
    write_file(folder / name, content);
    expect_error(code, part, [&] { read_image(folder / name); });
    expect_error(code, name, [&] { read_image(folder / name); });
  };
  expect_error(ErrorCode::not_found, "none.nii", [&] { read_image(folder / "none.nii"); });
  expect_error(ErrorCode::not_found, "none.nii", [&] { probe_image(folder / "none.nii"); });
  bad("empty.dat", "", ErrorCode::invalid_input, "is empty, expected an image");
  bad("empty.nii", "", ErrorCode::invalid_input, "needs 348 bytes, the file holds 0");
  bad("empty.nii.gz", "", ErrorCode::invalid_input, "needs 348 bytes, the file holds 0");
  bad("text.dat", "hello", ErrorCode::unsupported_format, ".nii.gz .nii");
  bad("text.nii", std::string(400, 'x'), ErrorCode::invalid_input, "expected 348 (NIfTI-1)");
  bad("text.png", "hello", ErrorCode::invalid_input, "damaged PNG");
  bad("damaged.nii.gz", "\x1F\x8B\x08garbage that is no deflate", ErrorCode::invalid_input, "damaged");
}

TEST(ImageIo, WritingAnUnknownExtensionListsTheKnown) {
  const TemporaryFolder folder;
  const auto volume = seeds::ramp<float>({2, 2, 2});
  EXPECT_TRUE(can_write_image("a.nii.gz"));
  for (const char* name : {"a.foo", "a", "a.gz", "a.ima", "a.img", "a.nhdr", "a.nrrd.gz"}) {
    EXPECT_FALSE(can_write_image(name)) << name;
    expect_error(ErrorCode::unsupported_format, "expected one of .nii.gz .nrrd .mha .png .jpg .tif .dcm",
                 [&] { write_image(volume, folder / name); });
  }
  expect_error(ErrorCode::not_found, "missing/a.nii", [&] { write_image(volume, folder / "missing/a.nii"); });
  expect_error(ErrorCode::unsupported_format, "a.png': PNG cannot hold",
               [&] { write_image(volume, folder / "a.png"); });
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ImageIo, FormatsAreListed) {
  ASSERT_EQ(image_formats().size(), 7U);
  EXPECT_EQ(image_formats().front().extensions.front(), ".nii.gz");
  EXPECT_EQ(image_formats().back().name, "DICOM");
  EXPECT_TRUE(can_write_image("a.dcm"));
}

TEST(ImageIo, CancelIsHeard) {
  const TemporaryFolder folder;
  write_image(seeds::ramp<float>({2, 2, 2}), folder / "a.nii");
  const Context context;
  context.cancel();
  expect_error(ErrorCode::cancelled, "cancelled", [&] { read_image(folder / "a.nii", context); });
}

TEST(ImageIo, ReadVolumeConvertsToFloat) {
  const TemporaryFolder folder;
  const auto volume = seeds::ramp<std::uint8_t>({3, 2, 2});
  write_image(volume, folder / "a.nii");
  const Volume<float> read = read_volume(folder / "a.nii");
  for (std::int64_t i = 0; i < volume.size(); ++i) EXPECT_EQ(read.data()[i], volume.data()[i]);
}

TEST(Labels, RoundTripInTheSmallestType) {
  const TemporaryFolder folder;
  const auto check = [&](std::int32_t most, const std::string& type, const std::string& name) {
    LabelMap labels{Volume<std::int32_t>(oblique_grid()), {{1, "left hand"}, {most, "right"}}};
    labels.voxels.data()[3] = most;
    write_labels(labels, folder / name);
    const LabelMap back = read_labels(folder / name);
    EXPECT_EQ(back.voxels.data()[3], most);
    EXPECT_EQ(back.names, labels.names);
    EXPECT_EQ(scalar_name(read_image(folder / name).voxels), type);
  };
  check(255, "uint8", "a.nii.gz");
  check(-32768, "int16", "b.nrrd");
  check(70000, "int32", "c.mha");
  EXPECT_TRUE(fs::exists(folder / "a.nii.txt"));
  expect_error(ErrorCode::invalid_input, "empty", [&] { write_labels(LabelMap{}, folder / "d.nii"); });
}

TEST(Labels, MustBeWholeNumbers) {
  const TemporaryFolder folder;
  const auto bad = [&](auto value, const std::string& part) {
    Volume<decltype(value)> volume(seeds::grid({3, 2, 2}));
    volume.at(2, 1, 0) = value;
    write_image(volume, folder / "a.nii");
    expect_error(ErrorCode::invalid_input, part, [&] { read_labels(folder / "a.nii"); });
    expect_error(ErrorCode::invalid_input, "a.nii", [&] { read_labels(folder / "a.nii"); });
  };
  bad(1.5F, "voxel (2, 1, 0) is 1.5, expected labels");
  bad(std::numeric_limits<float>::quiet_NaN(), "voxel (2, 1, 0) is nan");
  bad(std::numeric_limits<double>::infinity(), "voxel (2, 1, 0) is inf");
  bad(std::uint32_t{4000000000U}, "voxel (2, 1, 0) is 4000000000");
  Volume<float> whole(seeds::grid({3, 2, 2}));
  whole.at(2, 1, 1) = 7;
  write_image(whole, folder / "a.nii");
  EXPECT_EQ(read_labels(folder / "a.nii").voxels.at(2, 1, 1), 7);
  write_image(seeds::ramp<std::uint8_t>({2, 2, 2}, 3, OuterAxis::time), folder / "a.nii");
  expect_error(ErrorCode::invalid_input, "3 channels or time points", [&] { read_labels(folder / "a.nii"); });
}

TEST(Labels, NamesFromSlicerAndFromNeighbours) {
  const TemporaryFolder folder;
  Image image{seeds::ramp<std::uint8_t>({3, 2, 2}), "NRRD", {}, {}};
  image.metadata = {{"Segment0_Name", "liver"},
                    {"Segment0_LabelValue", "7"},
                    {"Segment1_LabelValue", "9"},
                    {"Segment2_LabelValue", "x"}};
  write_image(image, folder / "a.seg.nrrd");
  EXPECT_EQ(read_labels(folder / "a.seg.nrrd").names, (std::map<std::int32_t, std::string>{{7, "liver"}}));
  write_image(image.voxels, folder / "b.nii");
  write_file(folder / "b.nii.txt",
             "1 Left_part 2001\r\n\n# note\n2\tTwo words\r\n99999999999 x\n3\n-4 minus");
  EXPECT_EQ(read_labels(folder / "b.nii").names,
            (std::map<std::int32_t, std::string>{{-4, "minus"}, {1, "Left_part"}, {2, "Two words"}}));
}

TEST(Labels, AalAtlasHasItsNames) {
  const fs::path path = "/usr/share/mricron/templates/aal.nii.gz";
  if (!fs::exists(path)) GTEST_SKIP() << "needs mricron-data";
  const LabelMap aal = read_labels(path);
  EXPECT_EQ(aal.names.size(), 116U);
  EXPECT_EQ(aal.names.at(1), "Precentral_L");
  EXPECT_EQ(aal.voxels.grid().describe(), "181×217×181, 1×1×1 mm");
}

TEST(AtomicImages, DiskFullLeavesNoFile) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "needs /dev/full";
  const TemporaryFolder folder;
  fs::create_symlink("/dev/full", folder / "full.nii");
  expect_error(ErrorCode::resource, "No space left on device", [&] {
    write_image(seeds::ramp<float>({2, 2, 2}), folder / "full.nii");
  });
}

}  // namespace
}  // namespace sg::io

#include <gtest/gtest.h>
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImageFileReader.h>
#include <itkImageSeriesReader.h>
#include <itkRGBPixel.h>

#include "io/dicom.h"
#include "io/dicom_fixture.h"
#include "io/image_io.h"

namespace sg::io {
namespace {

TEST(DicomSeriesItk, OriginSpacingDirectionAndVoxelsAreThoseOfGdcm) {
  using ItkImage = itk::Image<short, 3>;
  const TemporaryFolder folder;
  const Mat3 turn = rotation({0.2, 0.5, -0.7});
  std::vector<Slice> slices = even_slices(7, {-31, 14, 88}, 1.25 * turn.column(2));
  for (Slice& s : slices) {
    s.along_row = turn.column(0);
    s.along_column = turn.column(1);
    s.instance = 100 - s.instance;
    s.slope = 2;
    s.intercept = -50;
  }
  std::swap(slices[1], slices[5]);
  write_series(folder.path(), slices);

  auto names = itk::GDCMSeriesFileNames::New();
  names->SetDirectory(folder.path().string());
  auto reader = itk::ImageSeriesReader<ItkImage>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileNames(names->GetInputFileNames());
  reader->Update();
  const ItkImage& theirs = *reader->GetOutput();

  const Image ours = read_dicom(folder.path());
  const Grid& g = grid_of(ours.voxels);
  for (unsigned axis = 0; axis < 3; ++axis) {
    ASSERT_EQ(static_cast<std::size_t>(g.size[axis]), theirs.GetLargestPossibleRegion().GetSize()[axis]);
    EXPECT_NEAR(g.spacing[static_cast<int>(axis)], theirs.GetSpacing()[axis], 1e-6);
    EXPECT_NEAR(as_vector(g.origin)[static_cast<int>(axis)], theirs.GetOrigin()[axis], 1e-6);
    for (unsigned column = 0; column < 3; ++column) {
      EXPECT_NEAR(g.direction[static_cast<int>(axis)][column], theirs.GetDirection()[axis][column], 1e-6);
    }
  }
  const Volume<float> values = converted_to<float>(ours.voxels);
  for (std::int64_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(values.data()[i], static_cast<float>(theirs.GetBufferPointer()[i])) << i;
  }
}

template <class Pixel, unsigned dimension>
typename itk::Image<Pixel, dimension>::Pointer read_by_gdcm(const std::filesystem::path& path) {
  auto reader = itk::ImageFileReader<itk::Image<Pixel, dimension>>::New();
  reader->SetImageIO(itk::GDCMImageIO::New());
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

template <class T>
Volume<T> numbered(std::array<std::int64_t, 3> size, std::int64_t channels, double first) {
  Grid grid;
  grid.size = size;
  grid.spacing = {0.25, 0.5, 1.5};
  grid.direction = rotation({0.3, -0.2, 0.5});
  grid.origin = {-10, 20, 30};
  Volume<T> volume(grid, channels, channels > 1 ? OuterAxis::channel : OuterAxis::none);
  for (std::int64_t i = 0; i < volume.size(); ++i)
    volume.data()[i] = static_cast<T>(first + static_cast<double>(i));
  return volume;
}

TEST(DicomWriteItk, GdcmReadsPicturesAsTheyWereWritten) {
  const TemporaryFolder folder;
  const auto deep = numbered<std::uint16_t>({9, 7, 1}, 1, 60000);
  write_image(deep, folder / "deep.dcm");
  const auto theirs = read_by_gdcm<unsigned short, 2>(folder / "deep.dcm");
  // GDCM takes no spacing from secondary captures of one frame; dicom_write_test.cpp looks at that.
  EXPECT_TRUE(std::equal(deep.data(), deep.data() + deep.size(), theirs->GetBufferPointer()));
  const auto negative = numbered<std::int16_t>({9, 7, 1}, 1, -32768);
  write_image(negative, folder / "negative.dcm");
  const auto rescaled = read_by_gdcm<short, 2>(folder / "negative.dcm");
  EXPECT_TRUE(std::equal(negative.data(), negative.data() + negative.size(), rescaled->GetBufferPointer()));
  const auto colour = numbered<std::uint8_t>({5, 4, 1}, 3, 0);
  write_image(colour, folder / "colour.dcm");
  const auto rgb = read_by_gdcm<itk::RGBPixel<unsigned char>, 2>(folder / "colour.dcm");
  for (std::int64_t i = 0; i < 20; ++i)
    for (unsigned c = 0; c < 3; ++c)
      EXPECT_EQ(rgb->GetBufferPointer()[i][c], colour.data()[static_cast<std::int64_t>(c) * 20 + i]);
}

TEST(DicomWriteItk, GdcmReadsTheFramesOfAVolumeWhereTheyLie) {
  const TemporaryFolder folder;
  const auto volume = numbered<std::uint8_t>({6, 5, 4}, 1, 3);
  write_image(volume, folder / "volume.dcm");
  const auto theirs = read_by_gdcm<unsigned char, 3>(folder / "volume.dcm");
  ASSERT_EQ(theirs->GetLargestPossibleRegion().GetSize()[2], 4U);
  EXPECT_TRUE(std::equal(volume.data(), volume.data() + volume.size(), theirs->GetBufferPointer()));
  const Grid& g = volume.grid();
  for (unsigned axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(g.spacing[static_cast<int>(axis)], theirs->GetSpacing()[axis], 1e-6);
    EXPECT_NEAR(as_vector(g.origin)[static_cast<int>(axis)], theirs->GetOrigin()[axis], 1e-6);
    for (unsigned column = 0; column < 3; ++column)
      EXPECT_NEAR(g.direction[static_cast<int>(axis)][column], theirs->GetDirection()[axis][column], 1e-6);
  }
}

}  // namespace
}  // namespace sg::io

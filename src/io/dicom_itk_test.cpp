#include <gtest/gtest.h>
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkImageSeriesReader.h>

#include "io/dicom.h"
#include "io/dicom_fixture.h"

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

}  // namespace
}  // namespace sg::io

#include <gtest/gtest.h>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>
#include <itkRGBPixel.h>
#include <itkTIFFImageIO.h>
#include <itkVectorImage.h>

#include <functional>

#include "io/image_io.h"
#include "io/io_fixture.h"

// ITK as oracle: what we write lies and reads the same in ITK, and the other way round.

namespace sg::io {
namespace {

itk::ImageIOBase::Pointer itk_io(const std::string& name) {
  if (name.find(".nii") != std::string::npos) return itk::NiftiImageIO::New().GetPointer();
  if (name.ends_with("nrrd")) return itk::NrrdImageIO::New().GetPointer();
  if (name.ends_with(".png")) return itk::PNGImageIO::New().GetPointer();
  if (name.ends_with(".tif")) return itk::TIFFImageIO::New().GetPointer();
  return itk::MetaImageIO::New().GetPointer();
}

template <class ItkImage>
typename ItkImage::Pointer itk_read(const std::filesystem::path& path) {
  auto reader = itk::ImageFileReader<ItkImage>::New();
  reader->SetImageIO(itk_io(path.string()));
  reader->SetFileName(path.string());
  reader->Update();
  return reader->GetOutput();
}

template <class ItkImage>
void itk_write(const ItkImage* image, const std::filesystem::path& path, bool compress) {
  auto writer = itk::ImageFileWriter<ItkImage>::New();
  writer->SetImageIO(itk_io(path.string()));
  writer->SetFileName(path.string());
  writer->SetInput(image);
  writer->SetUseCompression(compress);
  writer->Update();
}

template <class T>
typename itk::Image<T, 3>::Pointer to_itk(const Volume<T>& volume) {
  auto image = itk::Image<T, 3>::New();
  const Grid& grid = volume.grid();
  typename itk::Image<T, 3>::DirectionType direction;
  typename itk::Image<T, 3>::SizeType size;
  for (unsigned i = 0; i < 3; ++i) {
    size[i] = static_cast<itk::SizeValueType>(grid.size[i]);
    for (unsigned j = 0; j < 3; ++j) direction[i][j] = grid.direction[static_cast<int>(i)][j];
  }
  image->SetRegions(size);
  image->SetDirection(direction);
  image->SetSpacing(&std::array{grid.spacing.x, grid.spacing.y, grid.spacing.z}[0]);
  image->SetOrigin(&std::array{grid.origin.x, grid.origin.y, grid.origin.z}[0]);
  image->Allocate();
  std::copy(volume.values().begin(), volume.values().end(), image->GetBufferPointer());
  return image;
}

template <class ItkImage>
void expect_same_place(const Grid& grid, const ItkImage& image) {
  for (int corner = 0; corner < 8; ++corner) {
    typename ItkImage::IndexType index{};
    VoxelIndex ours;
    for (unsigned axis = 0; axis < 3; ++axis) {
      index[axis] = (corner >> axis & 1) != 0 ? static_cast<itk::IndexValueType>(grid.size[axis]) - 1 : 0;
    }
    ours = {static_cast<double>(index[0]), static_cast<double>(index[1]), static_cast<double>(index[2])};
    typename ItkImage::PointType theirs;
    image.TransformIndexToPhysicalPoint(index, theirs);
    const LpsPoint p = grid.to_lps(ours);
    EXPECT_NEAR(theirs[0], p.x, 2e-5) << "corner " << corner;
    EXPECT_NEAR(theirs[1], p.y, 2e-5) << "corner " << corner;
    EXPECT_NEAR(theirs[2], p.z, 2e-5) << "corner " << corner;
  }
}

template <class T, class ItkImage>
void expect_same_values(const Volume<T>& volume, const ItkImage& image) {
  ASSERT_EQ(image.GetPixelContainer()->Size(), static_cast<std::size_t>(volume.size()));
  const auto* theirs = image.GetBufferPointer();
  for (std::int64_t i = 0; i < volume.size(); ++i) {
    ASSERT_EQ(static_cast<double>(theirs[i]), static_cast<double>(volume.data()[i])) << i;
  }
}

/// The 48 signed permutations of the axes, then an oblique one.
std::vector<Mat3> directions() {
  std::vector<Mat3> all;
  const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (const auto& order : orders) {
    for (unsigned signs = 0; signs < 8; ++signs) {
      Mat3 m = Mat3::diagonal({0, 0, 0});
      for (unsigned axis = 0; axis < 3; ++axis) m[order[axis]][axis] = (signs >> axis & 1U) != 0 ? -1 : 1;
      all.push_back(m);
    }
  }
  all.push_back(oblique_grid().direction);
  return all;
}

const char* const names[] = {"a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.mhd"};

TEST(ItkOracle, ReadsOursInAllDirections) {
  const TemporaryFolder folder;
  Grid grid = oblique_grid();
  for (const Mat3& direction : directions()) {
    grid.direction = direction;
    const auto volume = noise<std::int16_t>(grid);
    for (const char* name : names) {
      SCOPED_TRACE(std::string(name) + " " + grid.orientation());
      write_image(volume, folder / name);
      const auto image = itk_read<itk::Image<std::int16_t, 3>>(folder / name);
      expect_same_place(grid, *image);
      expect_same_values(volume, *image);
    }
  }
}

TEST(ItkOracle, WeReadTheirsInAllDirections) {
  const TemporaryFolder folder;
  Grid grid = oblique_grid();
  for (const Mat3& direction : directions()) {
    grid.direction = direction;
    const auto volume = noise<std::int16_t>(grid);
    for (const char* name : names) {
      for (const bool compress : {false, true}) {
        SCOPED_TRACE(std::string(name) + " " + grid.orientation() + (compress ? " compressed" : ""));
        itk_write(to_itk(volume).GetPointer(), folder / name, compress);
        const Image image = read_image(folder / name);
        expect_same_voxels(volume, image.voxels);
        EXPECT_TRUE(grid_of(image.voxels).same_as(grid, 5e-5)) << grid_of(image.voxels).describe();
      }
    }
  }
}

template <class T>
void check_scalar(const TemporaryFolder& folder) {
  const auto volume = noise<T>(oblique_grid());
  for (const char* name : names) {
    SCOPED_TRACE(std::string(name) + " " + scalar_name(AnyVolume(volume.clone())));
    write_image(volume, folder / name);
    expect_same_values(volume, *itk_read<itk::Image<T, 3>>(folder / name));
    itk_write(to_itk(volume).GetPointer(), folder / name, true);
    expect_same_voxels(volume, read_image(folder / name).voxels);
  }
}

TEST(ItkOracle, EveryScalarType) {
  const TemporaryFolder folder;
  check_scalar<std::uint8_t>(folder);
  check_scalar<std::int8_t>(folder);
  check_scalar<std::uint16_t>(folder);
  check_scalar<std::int16_t>(folder);
  check_scalar<std::uint32_t>(folder);
  check_scalar<std::int32_t>(folder);
  check_scalar<float>(folder);
  check_scalar<double>(folder);
}

TEST(ItkOracle, ReadsOurVectors) {
  const TemporaryFolder folder;
  const auto volume = noise<float>(oblique_grid(), 3, OuterAxis::channel);
  for (const char* name : names) {
    SCOPED_TRACE(name);
    write_image(volume, folder / name);
    const auto image = itk_read<itk::VectorImage<float, 3>>(folder / name);
    ASSERT_EQ(image->GetNumberOfComponentsPerPixel(), 3U);
    expect_same_place(volume.grid(), *image);
    const auto count = volume.grid().voxel_count();
    for (std::int64_t i = 0; i < count; ++i) {
      for (std::int64_t c = 0; c < 3; ++c) {
        ASSERT_EQ(image->GetBufferPointer()[3 * i + c], volume.data()[c * count + i]) << i << " " << c;
      }
    }
    itk_write(image.GetPointer(), folder / name, true);
    expect_same_voxels(volume, read_image(folder / name).voxels);
  }
}

TEST(ItkOracle, ReadsOurColours) {
  const TemporaryFolder folder;
  Grid plane;
  plane.size = {9, 7, 1};
  const auto volume = noise<std::uint8_t>(plane, 3, OuterAxis::channel);
  using Colours = itk::Image<itk::RGBPixel<std::uint8_t>, 3>;
  for (const char* name : {"a.nii.gz", "a.nrrd", "a.mha", "a.png", "a.tif"}) {
    SCOPED_TRACE(name);
    write_image(volume, folder / name);
    const auto image = itk_read<Colours>(folder / name);
    for (std::int64_t i = 0; i < plane.voxel_count(); ++i) {
      for (std::int64_t c = 0; c < 3; ++c) {
        ASSERT_EQ(image->GetBufferPointer()[i][static_cast<unsigned>(c)],
                  volume.data()[c * plane.voxel_count() + i]);
      }
    }
    itk_write(image.GetPointer(), folder / name, true);
    expect_same_voxels(volume, read_image(folder / name).voxels);
  }
}

TEST(ItkOracle, ReadsOurTimeSeries) {
  const TemporaryFolder folder;
  auto volume = noise<float>(oblique_grid(), 5, OuterAxis::time);
  volume.set_time_step(2.5);
  for (const char* name : {"a.nii.gz", "a.mha", "a.mhd"}) {
    SCOPED_TRACE(name);
    write_image(volume, folder / name);
    const auto image = itk_read<itk::Image<float, 4>>(folder / name);
    EXPECT_NEAR(image->GetSpacing()[3], 2.5, 1e-6);
    expect_same_values(volume, *image);
    itk_write(image.GetPointer(), folder / name, true);
    expect_same_voxels(volume, read_image(folder / name).voxels);
  }
  // ITK knows no time axis in NRRD; it takes the last axis as components.
  write_image(volume, folder / "a.nrrd");
  const auto image = itk_read<itk::VectorImage<float, 3>>(folder / "a.nrrd");
  const auto count = volume.grid().voxel_count();
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t t = 0; t < 5; ++t)
      ASSERT_EQ(image->GetBufferPointer()[5 * i + t], volume.data()[t * count + i]);
  }
}

TEST(ItkOracle, TiffAndPngDepths) {
  const TemporaryFolder folder;
  Grid grid;
  grid.size = {13, 9, 4};
  const auto deep = noise<std::uint16_t>(grid);
  const auto real = noise<float>(grid);
  write_image(deep, folder / "a.tif");
  expect_same_values(deep, *itk_read<itk::Image<std::uint16_t, 3>>(folder / "a.tif"));
  itk_write(to_itk(deep).GetPointer(), folder / "a.tif", true);
  expect_same_voxels(deep, read_image(folder / "a.tif").voxels);
  write_image(real, folder / "a.tif");
  expect_same_values(real, *itk_read<itk::Image<float, 3>>(folder / "a.tif"));
  itk_write(to_itk(real).GetPointer(), folder / "a.tif", false);
  expect_same_voxels(real, read_image(folder / "a.tif").voxels);
  grid.size = {13, 9, 1};
  const auto slice = noise<std::uint16_t>(grid);
  write_image(slice, folder / "a.png");
  expect_same_values(slice, *itk_read<itk::Image<std::uint16_t, 3>>(folder / "a.png"));
}

TEST(ItkOracle, Colin27AndItsNeighbours) {
  const std::string folder = "/usr/share/mricron/templates/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs mricron-data";
  for (const char* name : {"ch2.nii.gz", "aal.nii.gz", "inia19-t1-brain.nii.gz", "ch2bet.nii.gz"}) {
    SCOPED_TRACE(name);
    const Volume<float> ours = read_volume(folder + name);
    const auto theirs = itk_read<itk::Image<float, 3>>(folder + name);
    expect_same_place(ours.grid(), *theirs);
    expect_same_values(ours, *theirs);
  }
}

}  // namespace
}  // namespace sg::io

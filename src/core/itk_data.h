#pragma once
#include <itkImage.h>
#include <itkVector.h>

#include <algorithm>

#include "core/volume.h"

/// Copies between this project's volumes and ITK's images, for the tests that take ITK as oracle.
namespace sg::test {

template <class Image>
typename Image::Pointer itk_image_on(const Grid& grid) {
  auto image = Image::New();
  typename Image::SizeType size;
  typename Image::PointType origin;
  typename Image::SpacingType spacing;
  typename Image::DirectionType direction;
  const double at[3] = {grid.origin.x, grid.origin.y, grid.origin.z};
  for (unsigned i = 0; i < 3; ++i) {
    size[i] = static_cast<itk::SizeValueType>(grid.size[i]);
    origin[i] = at[i];
    spacing[i] = grid.spacing[static_cast<int>(i)];
    for (unsigned j = 0; j < 3; ++j) direction[i][j] = grid.direction[static_cast<int>(i)][j];
  }
  image->SetRegions(size);
  image->SetOrigin(origin);
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  image->Allocate();
  return image;
}

template <class T>
typename itk::Image<T, 3>::Pointer to_itk(const Volume<T>& volume) {
  auto image = itk_image_on<itk::Image<T, 3>>(volume.grid());
  std::copy_n(volume.data(), volume.grid().voxel_count(), image->GetBufferPointer());
  return image;
}

using ItkField = itk::Image<itk::Vector<float, 3>, 3>;

inline ItkField::Pointer to_itk_field(const Volume<float>& displacement) {
  auto image = itk_image_on<ItkField>(displacement.grid());
  const std::int64_t n = displacement.grid().voxel_count();
  for (std::int64_t i = 0; i < n; ++i) {
    for (unsigned c = 0; c < 3; ++c) image->GetBufferPointer()[i][c] = displacement.data()[c * n + i];
  }
  return image;
}

}  // namespace sg::test

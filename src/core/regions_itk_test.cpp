#include <gtest/gtest.h>
#include <itkConnectedComponentImageFilter.h>
#include <itkRelabelComponentImageFilter.h>
#include <itkSignedMaurerDistanceMapImageFilter.h>

#include <algorithm>

#include "core/itk_data.h"
#include "core/regions.h"
#include "core/smooth.h"
#include "core/test_data.h"

namespace sg {
namespace {

using ItkMask = itk::Image<std::uint8_t, 3>;

Mask blobs(const Grid& grid, float level) {
  const Volume<float> image = gaussian(test::noise(grid), {2, 2, 2});
  Mask mask(grid);
  for (std::int64_t i = 0; i < mask.size(); ++i) mask.data()[i] = image.data()[i] > level;
  return mask;
}

TEST(DistanceItk, EqualsMaurersExactTransform) {
  const Mask mask = blobs(test::oblique_grid({40, 37, 22}), 0.12F);
  const Volume<float> ours = distance_to(mask);
  using Filter = itk::SignedMaurerDistanceMapImageFilter<ItkMask, itk::Image<float, 3>>;
  auto filter = Filter::New();
  filter->SetInput(test::to_itk(mask));
  filter->SetUseImageSpacing(true);
  filter->SetSquaredDistance(false);
  filter->Update();
  const float* theirs = filter->GetOutput()->GetBufferPointer();
  std::int64_t compared = 0;
  for (std::int64_t i = 0; i < ours.size(); ++i) {
    if (mask.data()[i]) continue;  // negative there: distance to the object's border
    ASSERT_NEAR(ours.data()[i], theirs[i], 1e-4);
    ++compared;
  }
  EXPECT_GT(compared, 1000);
  EXPECT_LT(compared, ours.size());
}

TEST(ConnectedComponentsItk, AgreeInNumberSizesAndLabels) {
  const Mask mask = blobs(test::oblique_grid({60, 55, 40}), 0.12F);
  using Labels = itk::Image<std::uint32_t, 3>;
  for (bool full : {false, true}) {
    const Components ours = connected_components(mask, full ? Connectivity::full : Connectivity::faces);
    auto filter = itk::ConnectedComponentImageFilter<ItkMask, Labels>::New();
    filter->SetInput(test::to_itk(mask));
    filter->SetFullyConnected(full);
    auto relabel = itk::RelabelComponentImageFilter<Labels, Labels>::New();
    relabel->SetInput(filter->GetOutput());
    relabel->Update();
    ASSERT_EQ(relabel->GetNumberOfObjects(), ours.voxels.size());
    ASSERT_GT(ours.voxels.size(), 20U);
    const auto& sizes = relabel->GetSizeOfObjectsInPixels();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      EXPECT_EQ(static_cast<std::int64_t>(sizes[i]), ours.voxels[i]);
    }
    const std::uint32_t* theirs = relabel->GetOutput()->GetBufferPointer();
    for (std::int64_t i = 0; i < mask.size(); ++i) {
      const auto label = static_cast<std::size_t>(ours.labels.voxels.data()[i]);
      const bool tied =
          label > 0 && std::count(ours.voxels.begin(), ours.voxels.end(), ours.voxels[label - 1]) > 1;
      ASSERT_TRUE(tied || theirs[i] == label);
    }
  }
}

}  // namespace
}  // namespace sg

#include <gtest/gtest.h>
#include <itkBoxMeanImageFilter.h>
#include <itkDiscreteGaussianImageFilter.h>
#include <itkGradientImageFilter.h>

#include "core/itk_data.h"
#include "core/smooth.h"
#include "core/test_data.h"

namespace sg {
namespace {

using Image = itk::Image<float, 3>;

TEST(SmoothItk, BoxMeanCutsWindowsAsItkDoes) {
  const Volume<float> image = test::noise(test::oblique_grid({31, 24, 17}));
  auto filter = itk::BoxMeanImageFilter<Image, Image>::New();
  filter->SetInput(test::to_itk(image));
  filter->SetRadius({{3, 5, 2}});
  filter->Update();
  const Volume<float> ours = box_mean(image, {3, 5, 2});
  for (std::int64_t i = 0; i < image.size(); ++i) {
    ASSERT_NEAR(ours.data()[i], filter->GetOutput()->GetBufferPointer()[i], 1e-5);
  }
}

// ITK's kernel is the discrete Gaussian (Bessel functions), ours the sampled one: equal for large sigma.
TEST(SmoothItk, GaussianIsCloseToTheDiscreteGaussian) {
  const Volume<float> image = test::noise(test::oblique_grid({40, 40, 40}, {1, 1, 1}));
  auto filter = itk::DiscreteGaussianImageFilter<Image, Image>::New();
  filter->SetInput(test::to_itk(image));
  filter->SetVariance(9);
  filter->SetMaximumError(0.001);
  filter->SetMaximumKernelWidth(61);
  filter->Update();
  const Volume<float> ours = gaussian(image, {3, 3, 3});
  double power = 0, error = 0;
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const double theirs = double{filter->GetOutput()->GetBufferPointer()[i]};
    power += theirs * theirs;
    error += (double{ours.data()[i]} - theirs) * (double{ours.data()[i]} - theirs);
  }
  EXPECT_LT(std::sqrt(error / power), 0.03);
}

TEST(SmoothItk, GradientAgreesInside) {
  const Volume<float> image = test::noise(test::oblique_grid({21, 22, 23}));
  auto filter = itk::GradientImageFilter<Image, float, float>::New();
  filter->SetInput(test::to_itk(image));
  filter->SetUseImageDirection(false);
  filter->Update();
  const Volume<float> ours = gradient(image);
  for (std::int64_t z = 1; z < 22; ++z) {
    for (std::int64_t y = 1; y < 21; ++y) {
      for (std::int64_t x = 1; x < 20; ++x) {
        const auto& theirs = filter->GetOutput()->GetBufferPointer()[image.offset(x, y, z)];
        for (unsigned c = 0; c < 3; ++c) ASSERT_NEAR(ours.at(x, y, z, c), theirs[c], 1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace sg

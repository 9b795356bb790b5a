#include <gtest/gtest.h>
#include <itkImage.h>
#include <itkResampleImageFilter.h>

namespace sg {
TEST(ResampleItk, Smoke) {
  auto image = itk::Image<float, 3>::New();
  EXPECT_TRUE(image.IsNotNull());
}
}  // namespace sg

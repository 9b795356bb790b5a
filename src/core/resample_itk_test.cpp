#include <gtest/gtest.h>
#include <itkAffineTransform.h>
#include <itkBSplineInterpolateImageFunction.h>
#include <itkDisplacementFieldTransform.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkMultiThreaderBase.h>
#include <itkNearestNeighborInterpolateImageFunction.h>
#include <itkResampleImageFilter.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>

#include "core/itk_data.h"
#include "core/parallel.h"
#include "core/resample.h"
#include "core/smooth.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::noise;
using test::oblique_grid;
using Image = itk::Image<float, 3>;
using AnyTransform = itk::Transform<double, 3, 3>;

AnyTransform::Pointer to_itk(const Affine& affine) {
  auto transform = itk::AffineTransform<double, 3>::New();
  itk::AffineTransform<double, 3>::MatrixType matrix;
  itk::AffineTransform<double, 3>::OutputVectorType shift;
  for (unsigned i = 0; i < 3; ++i) {
    for (unsigned j = 0; j < 3; ++j) matrix[i][j] = affine.matrix[static_cast<int>(i)][j];
    shift[i] = affine.translation[static_cast<int>(i)];
  }
  transform->SetMatrix(matrix);
  transform->SetTranslation(shift);
  return transform.GetPointer();
}

AnyTransform::Pointer to_itk(const Field& field) {
  using FieldTransform = itk::DisplacementFieldTransform<double, 3>;
  auto displacement = test::itk_image_on<FieldTransform::DisplacementFieldType>(field.grid());
  const std::int64_t n = field.grid().voxel_count();
  for (std::int64_t i = 0; i < n; ++i) {
    for (unsigned c = 0; c < 3; ++c) {
      displacement->GetBufferPointer()[i][c] = double{field.displacement.data()[c * n + i]};
    }
  }
  auto transform = FieldTransform::New();
  transform->SetDisplacementField(displacement);
  return transform.GetPointer();
}

using Filter = itk::ResampleImageFilter<Image, Image>;

Filter::Pointer itk_filter(const Volume<float>& image, AnyTransform* transform, const Grid& reference,
                           Interpolation how, float outside) {
  auto filter = Filter::New();
  filter->SetInput(test::to_itk(image));
  filter->SetTransform(transform);
  filter->SetReferenceImage(test::itk_image_on<Image>(reference));
  filter->UseReferenceImageOn();
  filter->SetDefaultPixelValue(outside);
  if (how == Interpolation::nearest) {
    filter->SetInterpolator(itk::NearestNeighborInterpolateImageFunction<Image, double>::New());
  } else if (how == Interpolation::linear) {
    filter->SetInterpolator(itk::LinearInterpolateImageFunction<Image, double>::New());
  } else {
    auto spline = itk::BSplineInterpolateImageFunction<Image, double, double>::New();
    spline->SetSplineOrder(3);
    filter->SetInterpolator(spline);
  }
  return filter;
}

/// Where `x` maps to, far enough from the border (in voxels) for both rules to agree.
bool compared(const VoxelIndex& at, const Grid& image, double margin) {
  const double c[3] = {at.i, at.j, at.k};
  for (std::size_t a = 0; a < 3; ++a) {
    const double last = static_cast<double>(image.size[a] - 1);
    if (!(c[a] < -0.51 || c[a] > last + 0.51) && (c[a] < margin || c[a] > last - margin)) return false;
  }
  return true;
}

void compare(const Transform& transform, AnyTransform* itk_transform, Interpolation how) {
  const Grid grid = oblique_grid({45, 38, 22}), reference = oblique_grid({33, 30, 28}, {1.2, 1.3, 1.9});
  const Volume<float> image = gaussian(noise(grid, 1, 1000), {0.8, 1.1, 2.5});
  const Volume<float> ours = resample(image, transform, reference, how, -5000);
  const Filter::Pointer filter = itk_filter(image, itk_transform, reference, how, -5000);
  filter->Update();
  const Image* theirs = filter->GetOutput();
  float low = image.data()[0], high = low;
  for (float v : image.values()) low = std::min(low, v), high = std::max(high, v);
  std::int64_t count = 0, outside = 0, differing = 0;
  for (std::int64_t i = 0; i < ours.size(); ++i) {
    const VoxelIndex at{static_cast<double>(i % 33), static_cast<double>(i / 33 % 30),
                        static_cast<double>(i / 33 / 30)};
    // ITK mirrors a cubic spline in the half voxel where our border value holds.
    if (!compared(grid.to_index(transform.apply(reference.to_lps(at))), grid,
                  how == Interpolation::cubic ? 0 : -1)) {
      continue;
    }
    const float a = ours.data()[i], b = theirs->GetBufferPointer()[i];
    differing += std::abs(a - b) > 1e-4F * (high - low);
    ++count;
    outside += b == -5000;
  }
  // A target half way between two voxels, up to roundoff, may take either of them.
  EXPECT_LE(differing, how == Interpolation::nearest ? 2 : 0);
  EXPECT_GT(count, 20000);
  EXPECT_GT(outside, 100);
  EXPECT_LT(outside, count / 2);
}

constexpr Interpolation all_interpolations[] = {Interpolation::nearest, Interpolation::linear,
                                                Interpolation::cubic};

TEST(ResampleItk, AgreesUnderAnAffine) {
  const Grid grid = oblique_grid({45, 38, 22});
  const Affine affine =
      Affine::about(grid.centre(), Mat3::diagonal({1.1, 0.9, 1}) * rotation({0.1, 0.3, -0.2}), {4, -3, 2});
  for (Interpolation how : all_interpolations) {
    SCOPED_TRACE(static_cast<int>(how));
    compare({affine, {}}, to_itk(affine), how);
  }
}

// ITK's displacement is 0 outside its grid and ours the border's value: the field covers the reference.
TEST(ResampleItk, AgreesUnderAFieldOnTheReferenceAndOnACoarserGrid) {
  const Grid reference = oblique_grid({33, 30, 28}, {1.2, 1.3, 1.9});
  Grid coarse = with_spacing(reference, {4, 5, 6});
  for (auto& n : coarse.size) n += 2;
  coarse.origin = coarse.to_lps({-1, -1, -1});
  for (const Grid& grid : {reference, coarse}) {
    const Transform transform{{}, Field{noise(grid, 3, 4)}};
    for (Interpolation how : all_interpolations) {
      SCOPED_TRACE(static_cast<int>(how));
      compare(transform, to_itk(*transform.field), how);
    }
  }
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// A field of some voxels, as smooth as registrations make them.
Field waves(const Grid& grid) {
  Volume<float> u(grid, 3);
  for (std::int64_t i = 0; i < u.size(); ++i) {
    const std::int64_t x = i % grid.size[0], y = i / grid.size[0] % grid.size[1];
    u.data()[i] = static_cast<float>(4 * std::sin(0.05 * static_cast<double>(x + 2 * y)));
  }
  return {std::move(u)};
}

double times_as_fast_as_itk(std::int64_t n) {
  const Grid grid = test::grid_of_size({n, n, n});
  const Volume<float> image = noise(grid);
  const Transform transform{{}, waves(grid)};
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(static_cast<itk::ThreadIdType>(thread_count()));
  const AnyTransform::Pointer itk_transform = to_itk(*transform.field);
  double ours = std::numeric_limits<double>::infinity(), theirs = ours;
  for (int repeat = 0; repeat < 3; ++repeat) {
    ours = std::min(ours, seconds([&] { resample(image, transform, grid); }));
    const Filter::Pointer filter = itk_filter(image, itk_transform, grid, Interpolation::linear, 0);
    theirs = std::min(theirs, seconds([&] { filter->Update(); }));
  }
  std::printf("warp of %d^3 by a field: %.3f s, ITK %.3f s, %.1f times as fast, %d threads\n",
              static_cast<int>(n), ours, theirs, theirs / ours, thread_count());
  return theirs / ours;
}

// The bar of the project: at least three times as fast as ITK on the same cores.
TEST(ResampleItk, WarpsThreeTimesAsFast) { EXPECT_GT(times_as_fast_as_itk(128), 3); }

// The same at full size takes 700 MB: run with --gtest_also_run_disabled_tests.
TEST(ResampleItk, DISABLED_WarpsThreeTimesAsFastAtFullSize) { EXPECT_GT(times_as_fast_as_itk(256), 3); }

}  // namespace
}  // namespace sg

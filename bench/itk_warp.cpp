// Trilinear warp of a 256³ float volume by a dense displacement field: ours and ITK's ResampleImageFilter in
// one process, taking turns, on the same number of threads. Prints one JSON object with the times of every
// round and the largest difference between both results away from the border.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <itkDisplacementFieldTransform.h>
#include <itkImportImageFilter.h>
#include <itkLinearInterpolateImageFunction.h>
#include <itkMultiThreaderBase.h>
#include <itkResampleImageFilter.h>

#include <chrono>
#include <cmath>

#include "core/parallel.h"
#include "core/resample.h"

namespace {

using Image = itk::Image<float, 3>;
using Displacements = itk::DisplacementFieldTransform<double, 3>;

constexpr std::int64_t n = 256;
constexpr int rounds = 5;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class T>
typename T::Pointer allocated() {
  auto image = T::New();
  typename T::SizeType size;
  size.Fill(n);
  image->SetRegions(size);
  image->Allocate();
  return image;
}

}  // namespace

int main() {
  sg::Grid grid;
  grid.size = {n, n, n};
  sg::Volume<float> image(grid);
  sg::Transform transform;
  transform.field = sg::Field{sg::Volume<float>(grid, 3, sg::OuterAxis::channel)};
  auto itk_image = allocated<Image>();
  auto itk_field = allocated<Displacements::DisplacementFieldType>();
  for (std::int64_t z = 0; z < n; ++z) {
    for (std::int64_t y = 0; y < n; ++y) {
      for (std::int64_t x = 0; x < n; ++x) {
        const auto a = static_cast<double>(x), b = static_cast<double>(y), c = static_cast<double>(z);
        const auto at = image.offset(x, y, z);
        image.data()[at] = static_cast<float>(std::sin(0.3 * a) * std::cos(0.2 * b) + std::sin(0.25 * c));
        const double u[3] = {5 * std::sin(0.05 * b), 4 * std::cos(0.04 * c), 6 * std::sin(0.03 * (a + b))};
        const Image::IndexType index{{x, y, z}};
        itk_image->SetPixel(index, image.data()[at]);
        Displacements::DisplacementFieldType::PixelType vector;
        for (int component = 0; component < 3; ++component) {
          transform.field->displacement.channel(component)[static_cast<std::size_t>(at)] =
              static_cast<float>(u[component]);
          vector[static_cast<unsigned>(component)] = static_cast<float>(u[component]);
        }
        itk_field->SetPixel(index, vector);
      }
    }
  }
  const int threads = sg::thread_count();
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(static_cast<itk::ThreadIdType>(threads));
  auto displacement = Displacements::New();
  displacement->SetDisplacementField(itk_field);

  std::vector<double> ours, theirs;
  sg::Volume<float> our_result;
  Image::Pointer their_result;
  for (int round = 0; round <= rounds; ++round) {
    const double a = seconds([&] { our_result = sg::resample(image, transform, grid); });
    const double b = seconds([&] {
      auto filter = itk::ResampleImageFilter<Image, Image>::New();
      filter->SetInput(itk_image);
      filter->SetTransform(displacement);
      filter->SetInterpolator(itk::LinearInterpolateImageFunction<Image, double>::New());
      filter->SetReferenceImage(itk_image);
      filter->UseReferenceImageOn();
      filter->Update();
      their_result = filter->GetOutput();
    });
    if (round == 0) continue;  // warm-up
    ours.push_back(a);
    theirs.push_back(b);
  }
  double difference = 0;
  for (std::int64_t z = 8; z < n - 8; ++z) {
    for (std::int64_t y = 8; y < n - 8; ++y) {
      for (std::int64_t x = 8; x < n - 8; ++x) {
        const float other = their_result->GetPixel({{x, y, z}});
        difference = std::max(difference, std::abs(static_cast<double>(our_result.at(x, y, z) - other)));
      }
    }
  }
  fmt::print("{{\"threads\": {}, \"ours_s\": {}, \"itk_s\": {}, \"max_difference\": {:.3g}}}\n", threads,
             ours, theirs, difference);
}

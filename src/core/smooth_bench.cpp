#include <benchmark/benchmark.h>

#include "core/smooth.h"

namespace sg {
namespace {

Volume<float> noise(std::int64_t n) {
  Grid grid;
  grid.size = {n, n, n};
  Volume<float> image(grid);
  Rng rng(1);
  for (float& v : image.values()) v = static_cast<float>(rng.uniform());
  return image;
}

// The size of a registration's middle level, the radius of its local correlation.
void box_mean_96(benchmark::State& state) {
  const Volume<float> image = noise(96);
  Volume<float> out = image.clone();
  for (auto _ : state) box_mean_into(image, {4, 4, 4}, out);
}
BENCHMARK(box_mean_96)->Unit(benchmark::kMillisecond)->UseRealTime();

void box_mean_adjoint_in_place_96(benchmark::State& state) {
  Volume<float> image = noise(96);
  for (auto _ : state) box_mean_adjoint_into(image, {4, 4, 4}, image);
}
BENCHMARK(box_mean_adjoint_in_place_96)->Unit(benchmark::kMillisecond)->UseRealTime();

void gaussian_sigma_2_256(benchmark::State& state) {
  const Volume<float> image = noise(256);
  for (auto _ : state) benchmark::DoNotOptimize(gaussian(image, {2, 2, 2}));
}
BENCHMARK(gaussian_sigma_2_256)->Unit(benchmark::kMillisecond)->UseRealTime();

void gradient_256(benchmark::State& state) {
  const Volume<float> image = noise(256);
  for (auto _ : state) benchmark::DoNotOptimize(gradient(image));
}
BENCHMARK(gradient_256)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sg

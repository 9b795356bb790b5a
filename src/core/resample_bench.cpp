#include <benchmark/benchmark.h>

#include <vector>

#include "core/resample.h"

namespace sg {
namespace {

Grid cube(std::int64_t n) {
  Grid grid;
  grid.size = {n, n, n};
  return grid;
}

Volume<float> noise(const Grid& grid, std::int64_t channels, double amplitude) {
  Volume<float> image(grid, channels);
  Rng rng(1);
  for (float& v : image.values()) v = static_cast<float>(rng.uniform(-amplitude, amplitude));
  return image;
}

Affine oblique(const Grid& grid) {
  return Affine::about(grid.centre(), rotation({0.1, 0.2, 0.3}), {3, -2, 1});
}

void warp_256(benchmark::State& state) {
  const Volume<float> image = noise(cube(256), 1, 1);
  const Transform transform{{}, Field{noise(cube(256), 3, 3)}};
  const auto how = static_cast<Interpolation>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(resample(image, transform, image.grid(), how));
}
BENCHMARK(warp_256)->Unit(benchmark::kMillisecond)->UseRealTime()->Arg(0)->Arg(1)->Arg(2);

void warp_256_field_on_other_grid(benchmark::State& state) {
  const Volume<float> image = noise(cube(256), 1, 1);
  Grid coarse = cube(86);
  coarse.spacing = {3, 3, 3};
  const Transform transform{{}, Field{noise(coarse, 3, 3)}};
  for (auto _ : state) benchmark::DoNotOptimize(resample(image, transform, image.grid()));
}
BENCHMARK(warp_256_field_on_other_grid)->Unit(benchmark::kMillisecond)->UseRealTime();

void affine_256(benchmark::State& state) {
  const Volume<float> image = noise(cube(256), 1, 1);
  const Transform transform{oblique(image.grid()), {}};
  for (auto _ : state) benchmark::DoNotOptimize(resample(image, transform, image.grid()));
}
BENCHMARK(affine_256)->Unit(benchmark::kMillisecond)->UseRealTime();

// One thread, value and gradient: per voxel time = time / 96³.
void sample_rows_96(benchmark::State& state) {
  const Volume<float> image = noise(cube(96), 1, 1);
  const IndexMap map = index_map(image.grid(), oblique(image.grid()), image.grid());
  std::vector<float> value(96), gx(96), gy(96), gz(96), inside(96);
  for (auto _ : state) {
    for (std::int64_t k = 0; k < 96; ++k) {
      for (std::int64_t j = 0; j < 96; ++j) sample_row(image, map, j, k, {value, gx, gy, gz, inside});
    }
  }
}
BENCHMARK(sample_rows_96)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace sg

#include <benchmark/benchmark.h>

#include <filesystem>

#include "io/describe.h"
#include "io/gzip.h"
#include "io/image_io.h"
#include "io/nifti.h"
#include "io/raster.h"

// describe   Colin27 (181×217×181 uint8, 3.5 MB gzip) from the file to all its properties
// read       the same into a Volume<float>
// write      the same as float32 .nii.gz (27 MB of voxels), fsync included
// compress   those 27 MB alone
// png        a 1024×1024 RGB picture for a report

namespace sg::io {
namespace {

const char* const colin = "/usr/share/mricron/templates/ch2.nii.gz";

bool lacks_colin(benchmark::State& state) {
  if (std::filesystem::exists(colin)) return false;
  state.SkipWithError("needs mricron-data");
  return true;
}

void describe_colin(benchmark::State& state) {
  if (lacks_colin(state)) return;
  for (auto _ : state) benchmark::DoNotOptimize(describe(colin));
}
BENCHMARK(describe_colin)->Unit(benchmark::kMillisecond)->UseRealTime();

void read_colin(benchmark::State& state) {
  if (lacks_colin(state)) return;
  for (auto _ : state) benchmark::DoNotOptimize(read_volume(colin).data());
}
BENCHMARK(read_colin)->Unit(benchmark::kMillisecond)->UseRealTime();

void write_colin(benchmark::State& state) {
  if (lacks_colin(state)) return;
  const Volume<float> volume = read_volume(colin);
  const auto path = std::filesystem::temp_directory_path() / "image_io_bench.nii.gz";
  for (auto _ : state) write_image(volume, path);
  std::filesystem::remove(path);
}
BENCHMARK(write_colin)->Unit(benchmark::kMillisecond)->UseRealTime();

void compress_colin(benchmark::State& state) {
  if (lacks_colin(state)) return;
  const Bytes file = write_nifti(read_volume(colin));
  for (auto _ : state) benchmark::DoNotOptimize(compressed(file, Envelope::gzip).data());
  state.SetBytesProcessed(static_cast<std::int64_t>(file.size()) * state.iterations());
}
BENCHMARK(compress_colin)->Unit(benchmark::kMillisecond)->UseRealTime();

void png(benchmark::State& state) {
  Grid grid;
  grid.size = {1024, 1024, 1};
  Volume<std::uint8_t> picture(grid, 3, OuterAxis::channel);
  for (std::int64_t i = 0; i < picture.size(); ++i) {
    picture.data()[i] = static_cast<std::uint8_t>(i * 7 % 1024 / 8 + i / 65536);
  }
  for (auto _ : state) benchmark::DoNotOptimize(encode_png(picture).data());
}
BENCHMARK(png)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace sg::io

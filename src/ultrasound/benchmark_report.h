#pragma once
#include "report/report.h"
#include "ultrasound/benchmark.h"

namespace sg::ultrasound {

/// Tables of means, PSNR and SSIM by looks, every method's first picture, pictures one by one, the discs.
report::Report benchmark_page(const Benchmark& benchmark, const BenchmarkOptions& options);

}  // namespace sg::ultrasound

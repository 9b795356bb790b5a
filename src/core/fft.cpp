#include "core/fft.h"

#include <fftw3.h>
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <mutex>
#include <type_traits>

#include "core/error.h"

namespace sg {
namespace {

using Complex = std::complex<float>;

/// FFTW may execute plans side by side, but not make or destroy them.
std::mutex& planning() {
  static std::mutex mutex;
  return mutex;
}

struct Destroy {
  void operator()(fftwf_plan plan) const {
    std::lock_guard lock(planning());
    fftwf_destroy_plan(plan);
  }
};
using Plan = std::unique_ptr<std::remove_pointer_t<fftwf_plan>, Destroy>;

/// FFTW's order: slowest axis first.
struct Shape {
  int rank;
  int length[3];
};

Shape shape_of(const Grid& grid) {
  for (std::int64_t n : grid.size) {
    if (n > std::numeric_limits<int>::max()) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("{} values along one axis are too many to transform", n));
    }
  }
  return {3,
          {static_cast<int>(grid.size[2]), static_cast<int>(grid.size[1]), static_cast<int>(grid.size[0])}};
}

Shape shape_of(std::int64_t length) {
  if (length < 1 || length > std::numeric_limits<int>::max()) {
    throw Error(ErrorCode::invalid_input, fmt::format("a signal of {} values cannot be transformed", length));
  }
  return {1, {static_cast<int>(length)}};
}

std::size_t spectrum_size(const Shape& shape) {
  std::size_t size = static_cast<std::size_t>(shape.length[shape.rank - 1]) / 2 + 1;
  for (int axis = 0; axis + 1 < shape.rank; ++axis) size *= static_cast<std::size_t>(shape.length[axis]);
  return size;
}

fftwf_complex* as_fftw(Complex* values) { return reinterpret_cast<fftwf_complex*>(values); }

Plan checked(fftwf_plan plan) {
  if (plan == nullptr) throw Error(ErrorCode::internal, "the Fourier transform could not be planned");
  return Plan(plan);
}

/// With ESTIMATE neither planning nor an out-of-place forward transform writes to its input.
std::vector<Complex> forward(const float* in, const Shape& shape) {
  std::vector<Complex> spectrum(spectrum_size(shape));
  Plan plan;
  {
    std::lock_guard lock(planning());
    plan = checked(fftwf_plan_dft_r2c(shape.rank, shape.length, const_cast<float*>(in),
                                      as_fftw(spectrum.data()), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT));
  }
  fftwf_execute(plan.get());
  return spectrum;
}

/// Takes a copy of the spectrum, because FFTW overwrites it.
void inverse(std::vector<Complex> spectrum, const Shape& shape, std::span<float> out) {
  if (spectrum.size() != spectrum_size(shape)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("the spectrum has {} values, expected {}", spectrum.size(), spectrum_size(shape)),
                "spectrum");
  }
  Plan plan;
  {
    std::lock_guard lock(planning());
    plan = checked(
        fftwf_plan_dft_c2r(shape.rank, shape.length, as_fftw(spectrum.data()), out.data(), FFTW_ESTIMATE));
  }
  fftwf_execute(plan.get());
  const float scale = 1.0F / static_cast<float>(out.size());
  for (float& v : out) v *= scale;
}

}  // namespace

std::vector<Complex> fft(const std::vector<float>& signal) {
  return forward(signal.data(), shape_of(std::ssize(signal)));
}

std::vector<float> inverse_fft(const std::vector<Complex>& spectrum, std::int64_t length) {
  const Shape shape = shape_of(length);
  std::vector<float> signal(static_cast<std::size_t>(length));
  inverse(spectrum, shape, signal);
  return signal;
}

std::vector<Complex> fft(const Volume<float>& volume) {
  if (volume.empty() || volume.channels() != 1) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("one channel can be transformed, got {}", volume.channels()), "volume");
  }
  return forward(volume.data(), shape_of(volume.grid()));
}

Volume<float> inverse_fft(const std::vector<Complex>& spectrum, const Grid& grid) {
  Volume<float> volume(grid);
  inverse(spectrum, shape_of(grid), volume.values());
  return volume;
}

}  // namespace sg

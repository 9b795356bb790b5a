#include "core/fft.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numbers>
#include <vector>

#include "core/parallel.h"
#include "core/test_data.h"

namespace sg {
namespace {

using test::error_of;
using test::grid_of_size;
using test::noise;

std::vector<float> random_signal(std::int64_t n) {
  const Volume<float> values = noise(grid_of_size({n, 1, 1}));
  return {values.values().begin(), values.values().end()};
}

RC_GTEST_PROP(Fft, EqualsTheSum, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 60);
  const std::vector<float> signal = random_signal(n);
  const std::vector<std::complex<float>> spectrum = fft(signal);
  RC_ASSERT(std::ssize(spectrum) == n / 2 + 1);
  for (std::int64_t k = 0; k <= n / 2; ++k) {
    std::complex<double> sum = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const double turn = -2 * std::numbers::pi * static_cast<double>(k * i) / static_cast<double>(n);
      sum += double{signal[static_cast<std::size_t>(i)]} * std::polar(1.0, turn);
    }
    RC_ASSERT(std::abs(std::complex<double>(spectrum[static_cast<std::size_t>(k)]) - sum) < 1e-4);
  }
}

RC_GTEST_PROP(Fft, InverseGivesTheSignalBack, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 300);
  const std::vector<float> signal = random_signal(n), back = inverse_fft(fft(signal), n);
  for (std::size_t i = 0; i < signal.size(); ++i) RC_ASSERT(std::abs(back[i] - signal[i]) < 1e-5F);
  const Grid grid = grid_of_size({1 + n % 17, 1 + n % 13, 1 + n % 11});
  const Volume<float> image = noise(grid), same = inverse_fft(fft(image), grid);
  for (std::int64_t i = 0; i < image.size(); ++i)
    RC_ASSERT(std::abs(same.data()[i] - image.data()[i]) < 1e-5F);
}

TEST(Fft, OfAPlaneWaveIsOneFrequency) {
  const Grid grid = grid_of_size({16, 12, 10});
  Volume<float> image(grid);
  for (std::int64_t i = 0; i < image.size(); ++i) {
    const double x = static_cast<double>(i % 16), y = static_cast<double>(i / 16 % 12),
                 z = static_cast<double>(i / 16 / 12);
    image.data()[i] =
        static_cast<float>(std::cos(2 * std::numbers::pi * (3 * x / 16 + 2 * y / 12 + 4 * z / 10)));
  }
  const auto spectrum = fft(image);
  ASSERT_EQ(spectrum.size(), 9U * 12 * 10);
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    const bool there = i == (4 * 12 + 2) * 9 + 3;
    EXPECT_NEAR(std::abs(spectrum[i]), there ? 960 : 0, 1e-2) << i;
  }
}

TEST(Fft, KeepsEnergy) {
  const std::vector<float> signal = random_signal(1000);
  double time = 0, frequency = 0;
  for (float v : signal) time += double{v} * double{v};
  const auto spectrum = fft(signal);
  for (std::size_t k = 0; k < spectrum.size(); ++k) {
    frequency += (k == 0 || k == 500 ? 1 : 2) * std::norm(std::complex<double>(spectrum[k]));
  }
  EXPECT_NEAR(frequency / 1000, time, 1e-3);
}

TEST(Fft, RunsSideBySide) {
  const std::vector<float> signal = random_signal(777);
  const auto expected = fft(signal);
  std::vector<int> equal(64);
  parallel_for(64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) equal[static_cast<std::size_t>(i)] = fft(signal) == expected;
  });
  EXPECT_EQ(equal, std::vector<int>(64, 1));
}

TEST(Fft, RefusesWhatItCannotUse) {
  EXPECT_EQ(error_of([] { fft(std::vector<float>{}); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { fft(Volume<float>()); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { fft(noise(grid_of_size({4, 4, 4}), 2)); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { inverse_fft({1, 2, 3}, 9); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { inverse_fft({}, 0); }), ErrorCode::invalid_input);
  EXPECT_EQ(error_of([] { inverse_fft({1, 2, 3}, grid_of_size({4, 4, 4})); }), ErrorCode::invalid_input);
}

}  // namespace
}  // namespace sg

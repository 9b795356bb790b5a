#include "ultrasound/bmode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "core/stats.h"
#include "ultrasound/phantom.h"

namespace sg::ultrasound {
namespace {

Volume<float> uniform(std::int64_t width, std::int64_t height, double spacing = 0.1) {
  Grid grid;
  grid.size = {width, height, 1};
  grid.spacing = {spacing, spacing, 1};
  Volume<float> image(grid);
  for (float& v : image.values()) v = 1;
  return image;
}

/// Correlation of the intensity with the pixel dx, dy away, rows y0…y1.
double lag(const Volume<float>& image, std::int64_t dx, std::int64_t dy, std::int64_t y0, std::int64_t y1) {
  std::vector<float> a, b;
  for (std::int64_t y = y0; y < y1; ++y)
    for (std::int64_t x = 0; x + dx < image.grid().size[0]; ++x) {
      a.push_back(image.at(x, y, 0));
      b.push_back(image.at(x + dx, y + dy, 0));
    }
  return correlation(a, b);
}

double mean(const Volume<float>& image, std::int64_t y0, std::int64_t y1) {
  double sum = 0;
  for (std::int64_t y = y0; y < y1; ++y)
    for (std::int64_t x = 0; x < image.grid().size[0]; ++x) sum += image.at(x, y, 0);
  return sum / static_cast<double>((y1 - y0) * image.grid().size[0]);
}

TEST(BMode, UniformTissueHasOneLookAndTheWidthsOfThePointSpread) {
  BMode scanner;
  scanner.focus = 20;
  scanner.cycles = 2.5;  // wide enough for the pixels to follow it
  const BModeFrame frame = simulate_bmode(uniform(400, 400), scanner, Rng(2));
  std::vector<float> middle(frame.intensity.data() + 400 * 100, frame.intensity.data() + 400 * 300);
  const Summary s = summarize(std::span<const float>(middle));
  EXPECT_NEAR(s.mean, 1, 0.04);
  EXPECT_NEAR(s.sd * s.sd / (s.mean * s.mean), 1, 0.08);
  // The field's autocorrelation is wider than the point spread by √2, the intensity's is its square:
  // exp(−d²·4 ln 2/fwhm²), as in speckle.h.
  const auto expected = [](double d, double fwhm) {
    return std::exp(-d * d * 4 * std::log(2.0) / (fwhm * fwhm));
  };
  const double wavelength = 1.54 / 7.5;
  EXPECT_NEAR(lag(frame.intensity, 0, 1, 100, 300), expected(0.1, 2.5 * wavelength / 2), 0.03);
  EXPECT_NEAR(lag(frame.intensity, 2, 0, 180, 220), expected(0.2, 2 * wavelength), 0.05);
  EXPECT_GT(lag(frame.intensity, 4, 0, 0, 40), lag(frame.intensity, 4, 0, 180, 220) + 0.1);
}

TEST(BMode, GreyIsTheLogarithmOfTheIntensityInTheDynamicRange) {
  BMode scanner;
  scanner.dynamic_range = 50;
  scanner.white = 20;
  const BModeFrame frame = simulate_bmode(uniform(100, 100), scanner, Rng(2));
  for (std::int64_t i = 0; i < frame.picture.size(); ++i) {
    const double decibels = 10 * std::log10(frame.intensity.data()[i]);
    const double grey = std::clamp(255 * (1 + (decibels - 20) / 50), 0.0, 255.0);
    ASSERT_NEAR(frame.picture.data()[i], grey, 0.51);
    ASSERT_EQ(frame.sector.data()[i], 1);
  }
}

TEST(BMode, CompensationUndoesAttenuationAndRaisesTheNoise) {
  BMode scanner;
  scanner.attenuation = 0.5;
  const Volume<float> u = uniform(200, 300);
  // 2·0.5·7.5 dB a cm: 20 mm apart make 15 dB.
  const BModeFrame fading = simulate_bmode(u, scanner, Rng(3));
  const double decibels = 10 * std::log10(mean(fading.intensity, 30, 50) / mean(fading.intensity, 230, 250));
  EXPECT_NEAR(decibels, 15, 1);
  scanner.compensation = 0.5;
  const BModeFrame even = simulate_bmode(u, scanner, Rng(3));
  EXPECT_NEAR(mean(even.intensity, 30, 50) / mean(even.intensity, 230, 250), 1, 0.2);
  scanner.noise = 0.01;
  const BModeFrame noisy = simulate_bmode(u, scanner, Rng(3));
  EXPECT_NEAR(mean(noisy.intensity, 230, 250), 1 + 0.01 * std::pow(10, 1.8), 0.25);
}

TEST(BMode, ConvexProbeShowsASectorOnBlack) {
  BMode scanner;
  scanner.probe_radius = 15;
  const Volume<float> u = uniform(400, 300, 0.15);
  const BModeFrame frame = simulate_bmode(u, scanner, Rng(5));
  std::int64_t inside = 0;
  for (std::int64_t i = 0; i < u.size(); ++i) {
    inside += frame.sector.data()[i];
    if (frame.sector.data()[i]) continue;
    ASSERT_EQ(frame.picture.data()[i], 0);
    ASSERT_EQ(frame.intensity.data()[i], 0);
  }
  const double half = 35 * std::acos(-1.0) / 180;
  const double outer = 299 * 0.15 + 15 * std::cos(half),
               area = half * (outer * outer - 15 * 15) / 0.15 / 0.15;
  EXPECT_NEAR(static_cast<double>(inside), area, 0.02 * area);
  EXPECT_EQ(frame.sector.at(200, 10, 0), 0);  // the probe
  EXPECT_EQ(frame.sector.at(200, 150, 0), 1);
  EXPECT_EQ(frame.sector.at(20, 20, 0), 0);
}

TEST(BMode, CystsAreDarkAndThreadsDoNotMatter) {
  const Phantom phantom = tissue_phantom({200, 240}, 0.15, Rng(9));
  BMode scanner;
  scanner.noise = 1e-4;
  const BModeFrame frame = simulate_bmode(phantom.echogenicity, scanner, Rng(9));
  double cyst = 0, tissue = 0, in_cyst = 0, in_tissue = 0;
  for (std::int64_t i = 0; i < frame.picture.size(); ++i) {
    const std::int32_t label = phantom.labels.voxels.data()[i];
    if (label == 1) cyst += frame.picture.data()[i], ++in_cyst;
    if (label == 0) tissue += frame.picture.data()[i], ++in_tissue;
  }
  EXPECT_LT(cyst / in_cyst + 40, tissue / in_tissue);
  set_threads(1);
  const BModeFrame again = simulate_bmode(phantom.echogenicity, scanner, Rng(9));
  set_threads(0);
  EXPECT_TRUE(std::ranges::equal(frame.picture.values(), again.picture.values()));
}

TEST(BMode, RefusesWhatItCannotSimulate) {
  const auto field_of = [](const std::function<void(BMode&)>& change, float value = 1) {
    BMode scanner;
    change(scanner);
    Volume<float> u = uniform(64, 64);
    u.data()[7] = value;
    try {
      simulate_bmode(u, scanner, Rng(1));
    } catch (const Error& e) {
      return e.field();
    }
    return std::string("nothing");
  };
  EXPECT_EQ(field_of([](BMode& s) { s.frequency = 0; }), "frequency");
  EXPECT_EQ(field_of([](BMode& s) { s.dynamic_range = 10; }), "dynamic_range");
  EXPECT_EQ(field_of([](BMode& s) { s.field_of_view = 180; }), "field_of_view");
  EXPECT_EQ(field_of([](BMode& s) { s.probe_radius = 500; }), "probe_radius");
  EXPECT_EQ(field_of([](BMode&) {}, -1), "echogenicity");
  EXPECT_EQ(field_of([](BMode&) {}, NAN), "echogenicity");
  EXPECT_EQ(field_of([](BMode&) {}), "nothing");
}

}  // namespace
}  // namespace sg::ultrasound

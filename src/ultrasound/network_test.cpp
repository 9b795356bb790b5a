#include "ultrasound/network.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "core/speckle.h"
#include "nn/networks.h"
#include "ultrasound/quality.h"

namespace sg::ultrasound {
namespace {

/// A disc on a slope.
Volume<float> scene(std::int64_t width, std::int64_t height) {
  Grid grid;
  grid.size = {width, height, 1};
  Volume<float> image(grid);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      image.at(x, y, 0) = std::hypot(static_cast<double>(x) - 40, static_cast<double>(y) - 40) < 20
                              ? 190
                              : 40 + 0.5F * static_cast<float>(x);
  return image;
}

const model::Model& shipped() {
  static const model::Model model = model::load_model("despeckle");
  return model;
}

TEST(Network, TakesSpeckleAwayAndKeepsTheDisc) {
  const Volume<float> clean = scene(96, 83);  // no multiple of the network's step
  for (const double looks : {1.0, 4.0, 10.0}) {
    const Volume<float> noisy = add_speckle(clean, looks, Rng(6));
    const double before = psnr(noisy, clean);
    const double once = psnr(filter_by_network(noisy, looks, shipped(), false), clean);
    const double averaged = psnr(filter_by_network(noisy, looks, shipped(), true), clean);
    EXPECT_GT(once, before + 12) << looks;
    EXPECT_GT(averaged, once - 0.1) << looks;
  }
}

TEST(Network, DoesNotCareForTheUnitOfIntensity) {
  const Volume<float> noisy = add_speckle(scene(64, 64), 4, Rng(6));
  Volume<float> large = noisy.clone();
  for (float& value : large.values()) value *= 1024;  // a power of two: exact
  const Volume<float> a = filter_by_network(noisy, 4, shipped(), false),
                      b = filter_by_network(large, 4, shipped(), false);
  for (std::int64_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(b.data()[i] / 1024, a.data()[i], 1e-3 * a.data()[i]);
}

TEST(Network, LeavesDarkDark) {
  Volume<float> image = scene(64, 64);
  for (std::int64_t y = 32; y < 64; ++y)
    for (std::int64_t x = 0; x < 64; ++x) image.at(x, y, 0) = 1e-4F;  // far below what the network sees
  const Volume<float> found = filter_by_network(image, 4, shipped(), false);
  for (std::int64_t y = 48; y < 64; ++y)
    for (std::int64_t x = 0; x < 64; ++x) EXPECT_LT(found.at(x, y, 0), 1e-3F);
}

TEST(Network, TakesVolumesSliceBySliceAndImagesOfZeros) {
  Grid grid;
  grid.size = {40, 36, 2};
  Volume<float> volume(grid);
  const Volume<float> slice = add_speckle(scene(40, 36), 4, Rng(6));
  for (std::int64_t z = 0; z < 2; ++z)
    std::copy_n(slice.data(), slice.size(), volume.data() + z * slice.size());
  const Volume<float> found = filter_by_network(volume, 4, shipped(), false),
                      alone = filter_by_network(slice, 4, shipped(), false);
  for (std::int64_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(found.data()[i], alone.data()[i]);
    EXPECT_EQ(found.data()[alone.size() + i], alone.data()[i]);
  }
  const Volume<float> black = filter_by_network(Volume<float>(slice.grid()), 4, shipped(), false);
  for (const float value : black.values()) EXPECT_EQ(value, 0);
  Volume<float> flat(slice.grid());
  for (float& value : flat.values()) value = 77;
  const Volume<float> same = filter_by_network(flat, 4, shipped(), false);
  for (const float value : same.values()) EXPECT_EQ(value, 77);
}

TEST(Network, RefusesOtherModelsAndBadValues) {
  const auto refusal = [](const Volume<float>& image, double looks,
                          const model::Model& model) -> std::string {
    try {
      filter_by_network(image, looks, model);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  Volume<float> image = scene(32, 32);
  EXPECT_EQ(refusal(image, 0, shipped()), "looks is 0, expected more than 0");
  model::Model other;
  other.card.name = "other";
  other.card.graph = nn::denoiser({});
  EXPECT_EQ(refusal(image, 4, other), "the model other is no despeckler: expected one input [any,3,any,any]");
  image.data()[7] = std::nanf("");
  EXPECT_EQ(refusal(image, 4, shipped()), "the image holds nan, expected intensities of 0 or more");
}

}  // namespace
}  // namespace sg::ultrasound

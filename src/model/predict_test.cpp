#include "model/predict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "nn/networks.h"

namespace sg::model {
namespace {

Grid grid_of(std::array<std::int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  return grid;
}

Volume<float> random_volume(const Grid& grid, std::uint64_t seed) {
  Volume<float> image(grid);
  Rng rng(seed);
  for (float& value : image.values()) value = static_cast<float>(rng.normal());
  return image;
}

/// One 3×3 convolution with random weights: blind to nothing, symmetric in nothing.
Model lopsided() {
  Model model;
  const nn::Value x = model.card.graph.input("x", {-1, 1, -1, -1});
  model.card.graph.output("y", model.card.graph.add("conv", nn::Convolution{.channels = 1}, x));
  model.weights = nn::initial_weights(model.card.graph, 3);
  return model;
}

Volume<float> mirrored(const Volume<float>& image) {
  Volume<float> result(image.grid());
  const std::int64_t width = image.grid().size[0];
  for (std::int64_t i = 0; i < image.size(); ++i)
    result.data()[i] = image.data()[i / width * width + width - 1 - i % width];
  return result;
}

Volume<float> exchanged(const Volume<float>& image) {
  const auto [w, h, d] = image.grid().size;
  Volume<float> result(grid_of({h, w, d}));
  for (std::int64_t y = 0; y < h; ++y)
    for (std::int64_t x = 0; x < w; ++x) result.data()[x * h + y] = image.data()[y * w + x];
  return result;
}

double largest_difference(const Volume<float>& a, const Volume<float>& b) {
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, static_cast<double>(std::abs(a.data()[i] - b.data()[i])));
  return largest;
}

TEST(Predict, SymmetriesAreAveragedAndSoTheResultHasThem) {
  Model model = lopsided();
  const Volume<float> image = random_volume(grid_of({7, 5, 1}), 1);
  EXPECT_GT(largest_difference(predict(model, mirrored(image)), mirrored(predict(model, image))), 0.1);
  model.card.preparation.symmetries = {"x", "y", "transpose"};
  const Volume<float> result = predict(model, image);
  EXPECT_LT(largest_difference(predict(model, mirrored(image)), mirrored(result)), 1e-6);
  EXPECT_LT(largest_difference(predict(model, exchanged(image)), exchanged(result)), 1e-6);
  EXPECT_GT(largest_difference(predict(lopsided(), image), result), 0.01);
}

TEST(Predict, PerNoiseTheScaleOfTheImageIsThatOfTheResult) {
  Model model = lopsided();
  for (auto& [name, tensor] : model.weights)  // a threshold, which only images over their noise meet alike
    if (name == "conv.bias") tensor.data()[0] = 2;
  model.card.preparation.per_noise = true;
  const Volume<float> image = random_volume(grid_of({40, 30, 1}), 2);
  Volume<float> brighter = image.clone();
  for (float& value : brighter.values()) value *= 50;
  Volume<float> expected = predict(model, image);
  for (float& value : expected.values()) value *= 50;
  EXPECT_LT(largest_difference(predict(model, brighter), expected), 1e-3);
  PredictOptions told;
  told.noise = estimate_noise(image);
  EXPECT_EQ(largest_difference(predict(model, image, told), predict(model, image)), 0);
  EXPECT_THROW(predict(model, Volume<float>(grid_of({9, 9, 1}))), Error) << "no noise to be measured";
}

TEST(EstimateNoise, SeesNoiseAndNotStraightEdges) {
  for (const double sigma : {0.5, 20.0}) {
    Volume<float> image = random_volume(grid_of({120, 100, 2}), 4);
    for (std::int64_t i = 0; i < image.size(); ++i) {
      const std::int64_t x = i % 120, y = i / 120 % 100;
      const float scene = (x > 60 ? 300.0F : 0.0F) + (y > 30 ? 500.0F : 0.0F) + 2 * static_cast<float>(x);
      image.data()[i] = scene + static_cast<float>(sigma) * image.data()[i];
    }
    EXPECT_NEAR(estimate_noise(image), sigma, 0.03 * sigma);
  }
  EXPECT_EQ(estimate_noise(Volume<float>(grid_of({2, 50, 1}))), 0);
}

}  // namespace
}  // namespace sg::model

#include "nn/tiling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/rng.h"
#include "nn/networks.h"

namespace sg::nn {
namespace {

Tensor random_image(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  Tensor tensor(shape);
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.data()[i] = static_cast<float>(rng.normal());
  return tensor;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  double largest = 0, scale = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    largest =
        std::max(largest, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    scale = std::max(scale, std::abs(static_cast<double>(b.data()[i])));
  }
  return largest / scale;
}

TEST(Locality, OfAUNetIsTheSumOfItsKernels) {
  const Locality view = locality(unet({.channels = {4, 8, 16}, .norm = Normalization::batch}));
  EXPECT_EQ(view.obstacle, "");
  EXPECT_EQ(view.step, 4);
  // Two kernels of 3, which look one sample to each side, at pitches of 1, 2, 4, 2 and 1 voxels.
  EXPECT_EQ(view.halo, 2 * (1 + 2 + 4 + 2 + 1));
}

TEST(Locality, NothingFartherThanTheHaloChangesTheResult) {
  for (const int axes : {2, 3}) {
    UNet options{.axes = axes, .channels = {2, 3}, .norm = Normalization::batch};
    const Graph graph = unet(options);
    const Locality view = locality(graph);
    Shape shape{1, 1};
    for (int a = 0; a < axes; ++a) shape.push_back(axes == 2 ? 64 : 40);
    Tensor image = random_image(shape, 3);
    Engine engine(graph, initial_weights(graph, 1), {shape});
    const Tensor before = engine.run({&image})[0].clone();
    image.data()[0] += 100;  // the corner
    const Tensor after = engine.run({&image})[0].clone();
    const std::int64_t x = view.halo + view.step;
    bool reached = false;
    for (std::int64_t i = 0; i < before.size(); ++i) {
      if (before.data()[i] == after.data()[i]) continue;
      reached = true;
      EXPECT_LT(i % shape.back(), x);
    }
    EXPECT_TRUE(reached);
  }
}

TEST(Locality, NamesTheLayerThatLooksEverywhere) {
  EXPECT_EQ(locality(unet({.channels = {4, 8}, .norm = Normalization::instance})).obstacle,
            "\"down0.a.norm\" (instance_norm) looks everywhere");
  Graph g;
  g.output("small", g.add("pool", Pool{}, g.input("x", {-1, 1, -1, -1})));
  EXPECT_EQ(locality(g).obstacle, "output \"small\" has another resolution than the input");
}

TEST(TiledEngine, TilesGiveWhatTheWholeGives) {
  const Graph graph = unet({.channels = {4, 8}, .norm = Normalization::batch});
  const NamedTensors weights = initial_weights(graph, 2);
  const Shape shape{1, 1, 61, 70, 53};  // no multiples of the step
  const Tensor image = random_image(shape, 4);
  TiledEngine whole(graph, weights, {shape});
  EXPECT_EQ(whole.windows(), 1);
  const Tensor wanted = whole.run({&image})[0].clone();
  for (const Shape& window : {Shape{30, 200, 200}, Shape{40, 36, 33}}) {
    TiledEngine tiled(graph, weights, {shape}, {.window = window});
    EXPECT_GT(tiled.windows(), 1);
    EXPECT_TRUE(tiled.is_exact());
    EXPECT_LT(tiled.arena_bytes(), whole.arena_bytes());
    EXPECT_LT(largest_difference(tiled.run({&image})[0], wanted), 1e-5) << to_string(window);
  }
}

TEST(TiledEngine, KeepsToItsMemory) {
  const Graph graph = denoiser({.levels = 1});
  const NamedTensors weights = initial_weights(graph, 2);
  const Shape shape{1, 1, 300, 400};
  const Tensor image = random_image(shape, 5);
  TiledEngine whole(graph, weights, {shape});
  const std::int64_t limit = whole.arena_bytes() / 5;
  TiledEngine tiled(graph, weights, {shape}, {.memory_limit = limit});
  EXPECT_LE(tiled.arena_bytes(), limit);
  EXPECT_LT(largest_difference(tiled.run({&image})[0], whole.run({&image})[0]), 1e-5);
  EXPECT_THROW(TiledEngine(graph, weights, {shape}, {.memory_limit = 1000}), Error);
}

TEST(TiledEngine, BlendingLeavesNoSeams) {
  // Looks everywhere, but adds nothing of what it sees: what windows give must blend into the image itself.
  Graph graph;
  const Value x = graph.input("x", {1, 1, -1, -1});
  const Value seen =
      graph.add("silent", Convolution{.channels = 1, .kernel = 1}, graph.add("all", GlobalAverage{}, x));
  graph.output("same", graph.add("sum", Add{}, std::vector{x, seen}));
  NamedTensors weights = initial_weights(graph, 2);
  weights[0].second.data()[0] = 0;
  const Shape shape{1, 1, 90, 71};
  const Tensor image = random_image(shape, 6);
  TiledEngine tiled(graph, weights, {shape}, {.window = {32, 32}});
  EXPECT_FALSE(tiled.is_exact());
  EXPECT_GT(tiled.windows(), 9);
  EXPECT_LT(largest_difference(tiled.run({&image})[0], image), 1e-6);
  weights[0].second.data()[0] = 1;  // now each window adds its own mean
  EXPECT_GT(
      largest_difference(TiledEngine(graph, weights, {shape}, {.window = {32, 32}}).run({&image})[0], image),
      1e-3);
}

TEST(TiledEngine, RefusesWhatItCannotTile) {
  const Graph graph = denoiser({.channels = 2, .levels = 1});
  const NamedTensors weights = initial_weights(graph, 2);
  EXPECT_THROW(TiledEngine(graph, weights, {{2, 1, 32, 32}}), Error);
  EXPECT_THROW(TiledEngine(graph, weights, {{1, 1, 32, 32}}, {.overlap = 1}), Error);
  EXPECT_THROW(TiledEngine(graph, weights, {{1, 1, 32, 32}}, {.window = {8}}), Error);
}

}  // namespace
}  // namespace sg::nn

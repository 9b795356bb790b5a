#pragma once
#include "nn/card.h"
#include "nn/networks.h"

// For the fuzz target and the tests.

namespace sg::nn::seeds {

/// Small, and of every kind of layer there is.
inline Graph every_layer() {
  Graph g;
  const Value image = g.input("image", {-1, 2, -1, -1});
  Value x = g.add("conv", Convolution{.channels = 4, .kernel = {3, 1}, .groups = 2}, image);
  x = g.add("instance", InstanceNorm{}, x);
  x = g.add("prelu", ParametricRelu{}, x);
  x = g.add("pool", Pool{.reduce = Reduce::average}, x);
  x = g.add("up", TransposedConvolution{.channels = 4}, x);
  x = g.add("group", GroupNorm{.groups = 2}, x);
  const Value act = g.add("act", Activation{.function = Function::elu, .slope = 0.5}, x);
  x = g.add("like", Upsample{.interpolation = Interpolation::linear}, std::vector{act, image});
  x = g.add("join", Concat{}, std::vector{image, x});
  x = g.add("batch", BatchNorm{}, x);
  const Value part = g.add("part", Slice{.begin = -2}, x);
  const Value warp = g.add("warp", Warp{.border = Border::edge}, std::vector{image, part});
  const Value gate = g.add("gate", GlobalAverage{}, x);
  const Value first = g.add("first", Slice{.begin = 0, .end = 2}, gate);
  x = g.add("gated", Multiply{}, std::vector{warp, first});
  x = g.add("sum", Add{}, std::vector{x, image});
  g.output("scores", g.add("softmax", Softmax{}, x));

  Value t = g.input("sequence", {1, -1, 6});
  t = g.add("gru", Gru{.features = 3, .bidirectional = true}, t);
  t = g.add("norm", LayerNorm{}, t);
  const Value heads = g.add("heads", Reshape{{0, -1, 2, 3}}, t);
  const Value turned = g.add("turned", Permute{{0, 2, 1, 3}}, heads);
  t = g.add("product", MatrixProduct{.transpose = true, .scale = 0.5}, std::vector{turned, turned});
  t = g.add("weights", Softmax{.axis = -1}, t);
  t = g.add("values", MatrixProduct{}, std::vector{t, turned});
  g.output("text", g.add("linear", Linear{.features = 5}, t));
  return g;
}

/// With a small U-Net and every member given.
inline Card full_card() {
  Card card;
  card.name = "small-unet";
  card.title = "Tissues of the brain";
  card.purpose = "Shows what a card holds.";
  card.version = "1.0";
  card.licence = "CC0-1.0";
  card.graph = unet({.axes = 2, .outputs = 3, .channels = {2, 4}});
  card.inputs = {{"image", "T1-weighted image, any contrast", {}}};
  card.outputs = {{"logits", "scores before softmax", {"background", "grey matter", "white matter"}}};
  card.weights = {"small.safetensors", std::string(64, 'a'), 1234};
  card.training.method = "Adam, cross-entropy";
  card.training.command = "train --seed 7";
  card.training.revision = "0123abc";
  card.training.hardware = "2 cores";
  card.training.software = "trainer 1.0";
  card.training.date = "2025-01-02";
  card.training.seed = -7;
  card.training.steps = 2000;
  card.training.examples = 8000;
  card.training.seconds = 5400;
  card.training.data = {{"phantoms", "simulated", "CC0-1.0", "training"}};
  card.training.remarks = {"stopped early"};
  card.metrics = {{"Dice", "", "20 phantoms", "truth", "95 %", 0.91234, 0.9, 0.92, 20},
                  {"time", "s", "a slice", "", "", 0.5, {}, {}, 0}};
  card.limits = {"real images"};
  card.references = {"Ronneberger et al. 2015"};
  card.check = Card::Check{7, {{1, 1, 8, 8}}, {{0.5, 0.25, -1e-300, 1e300}}};
  return card;
}

/// The least a card can be.
inline Card least_card(Graph graph) {
  Card card;
  card.name = "least";
  card.graph = std::move(graph);
  return card;
}

}  // namespace sg::nn::seeds

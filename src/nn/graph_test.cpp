#include "nn/graph.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "nn/networks.h"
#include "nn/nn_fixture.h"

namespace sg::nn {
namespace {

/// Runs `work`, which must refuse with exactly this message and name this layer.
template <class Work>
void expect_refusal(const std::string& message, const std::string& field, const Work& work) {
  try {
    work();
    ADD_FAILURE() << "no error, expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), message);
    EXPECT_EQ(error.field(), field);
    EXPECT_EQ(error.code(), ErrorCode::invalid_input);
  }
}

/// Two layers that learn, one of each sort of row.
Graph small() {
  Graph g;
  Value x = g.input("image", {-1, 1, -1, -1});
  x = g.add("enter", Convolution{.channels = 16}, x);
  x = g.add("enter.norm", BatchNorm{}, x);
  x = g.add("enter.relu", Activation{}, x);
  g.output("edges", g.add("head", Convolution{.channels = 2, .kernel = 1}, x));
  return g;
}

TEST(Graph, LayersAreFoundByTheirNames) {
  const Graph g = small();
  ASSERT_TRUE(g.find("enter.relu"));
  EXPECT_EQ(g.find("enter.relu")->layer, 3);
  EXPECT_EQ(g[*g.find("head")].name, "head");
  EXPECT_FALSE(g.find("enter.rel"));
  EXPECT_FALSE(g.find(""));
  EXPECT_FALSE(g.find("edges")) << "an output's name is not a layer's";
  ASSERT_EQ(g.inputs().size(), 1U);
  EXPECT_EQ(g.inputs()[0].layer, 0);
  EXPECT_EQ(g.outputs()[0].name, "edges");
  EXPECT_EQ(g.layers()[1].shape, (Shape{-1, 16, -1, -1}));
}

TEST(Graph, RefusesWhatIsNoLayer) {
  Graph g = small();
  const Value x = *g.find("image");
  const auto add = [&](const char* name, Kind kind, std::vector<Value> inputs) {
    return [&g, name, kind, inputs] { g.add(name, kind, inputs); };
  };
  const std::string names = "expected a name of letters, digits, \"_\", \"-\" and \".\", at most 200 of them";
  expect_refusal("layer \"enter\" (activation): the name is taken", "enter", add("enter", Activation{}, {x}));
  expect_refusal("layer \"image\" (input): the name is taken", "image", [&] { g.input("image", {1}); });
  expect_refusal("layer \"\" (activation): " + names, "", add("", Activation{}, {x}));
  expect_refusal("layer \"a b\" (activation): " + names, "a b", add("a b", Activation{}, {x}));
  expect_refusal("layer \"a\\u000a\" (activation): " + names, "a\\u000a", add("a\n", Activation{}, {x}));
  expect_refusal("layer \"韶\" (activation): " + names, "韶", add("韶", Activation{}, {x}));
  expect_refusal("layer \"" + std::string(200, 'x') + "…\" (activation): " + names,
                 std::string(200, 'x') + "…", [&] { g.add(std::string(201, 'x'), Activation{}, x); });
  expect_refusal("layer \"a\" (activation): 0 inputs, expected 1", "a", add("a", Activation{}, {}));
  expect_refusal("layer \"a\" (add): 1 inputs, expected 2", "a", add("a", Add{}, {x}));
  expect_refusal("layer \"a\" (input): 1 inputs, expected 0", "a", add("a", Input{{1}}, {x}));
  expect_refusal("layer \"a\" (gru): 3 inputs, expected 1 to 2", "a", add("a", Gru{}, {x, x, x}));
  expect_refusal("layer \"a\" (concat): 65 inputs, expected 1 to 64", "a",
                 add("a", Concat{}, std::vector<Value>(65, x)));
  expect_refusal("layer \"a\" (activation): an input is no earlier layer", "a",
                 add("a", Activation{}, {Value{}}));
  expect_refusal("layer \"a\" (activation): an input is no earlier layer", "a",
                 add("a", Activation{}, {{5}}));
  expect_refusal("layer \"a\" (input): expected 1 to 8 axes", "a", [&] { g.input("a", {}); });
  expect_refusal("layer \"a\" (input): expected 1 to 8 axes", "a", [&] { g.input("a", Shape(9, 1)); });
  expect_refusal("layer \"a\" (input): size 0, expected 1 or more, or -1", "a", [&] {
    g.input("a", {1, 0});
  });
  expect_refusal("layer \"a\" (input): size -2, expected 1 or more, or -1", "a", [&] { g.input("a", {-2}); });
  expect_refusal("layer \"a\" (convolution): channels is 0, expected 1 to 65536", "a",
                 add("a", Convolution{}, {x}));
  EXPECT_EQ(g.layers().size(), 5U) << "what is refused leaves nothing";
  EXPECT_FALSE(g.find("a"));
}

TEST(Graph, RefusesParametersBeyondMemory) {
  Graph g;
  const Value wide = g.input("wide", {-1, 65536, -1, -1});
  expect_refusal("layer \"a\" (convolution): weight of shape [65536,65536,1,1] is too large", "a",
                 [&] { g.add("a", Convolution{.channels = 65536, .kernel = 1}, wide); });
  const Value widest = g.input("widest", {std::int64_t{1} << 31, 1 << 20});
  expect_refusal("layer \"b\" (linear): weight of shape [1048576,1048576] is too large", "b",
                 [&] { g.add("b", Linear{.features = 1 << 20}, widest); });
  const Value volume = g.input("volume", {-1, std::int64_t{1} << 31, -1, -1, -1});
  expect_refusal("layer \"c\" (convolution): a tensor of shape [65536,2147483648,1024,1024,1024] cannot be",
                 "c", [&] { g.add("c", Convolution{.channels = 65536, .kernel = 1024}, volume); });
}

TEST(Graph, RefusesWhatIsNoOutput) {
  Graph g = small();
  const Value x = *g.find("head");
  expect_refusal("layer \"edges\" (output): the name is taken", "edges", [&] { g.output("edges", x); });
  expect_refusal(
      "layer \"a/b\" (output): expected a name of letters, digits, \"_\", \"-\" and \".\", at most 200 of "
      "them",
      "a/b", [&] { g.output("a/b", x); });
  expect_refusal("layer \"a\" (output): no such layer", "a", [&] { g.output("a", {5}); });
  expect_refusal("layer \"a\" (output): no such layer", "a", [&] { g.output("a", {}); });
  for (int i = 1; i < 1000; ++i) g.output("o" + std::to_string(i), x);
  expect_refusal("layer \"a\" (output): more than 1000 outputs", "a", [&] { g.output("a", x); });
}

TEST(Graph, TakesTenThousandLayers) {
  Graph g;
  Value x = g.input("x", {1, 2});
  for (int i = 1; i < 10'000; ++i) x = g.add(std::to_string(i), Activation{}, x);
  EXPECT_EQ(g.find("9999")->layer, 9999);
  expect_refusal("layer \"more\" (activation): more than 10000 layers", "more",
                 [&] { g.add("more", Activation{}, x); });
}

TEST(Graph, ShapesFollowTheInputs) {
  const Graph g = small();
  EXPECT_EQ(shapes(g, std::vector<Shape>{{2, 1, 5, 6}}),
            (std::vector<Shape>{{2, 1, 5, 6}, {2, 16, 5, 6}, {2, 16, 5, 6}, {2, 16, 5, 6}, {2, 2, 5, 6}}));
  const auto with = [&](std::vector<Shape> inputs) { return [&g, inputs] { (void)shapes(g, inputs); }; };
  expect_refusal("0 inputs, the network takes 1", "", with({}));
  expect_refusal("2 inputs, the network takes 1", "", with({{1, 1, 2, 2}, {1}}));
  for (const auto& [shape, text] : std::vector<std::pair<Shape, std::string>>{{{1, 2, 5, 6}, "[1,2,5,6]"},
                                                                              {{1, 1, 5}, "[1,1,5]"},
                                                                              {{1, 1, -1, 5}, "[1,1,?,5]"},
                                                                              {{1, 1, 0, 5}, "[1,1,0,5]"}})
    expect_refusal("input \"image\" is " + text + ", the network takes [?,1,?,?]", "image", with({shape}));
  const std::int64_t large = std::int64_t{1} << 24;
  expect_refusal(
      "layer \"enter\" (convolution): the result would be [1,16,16777216,16777216], expected at most "
      "2^48 values",
      "enter", with({{1, 1, large, large}}));
  expect_refusal("input \"image\" is [1,1,16777216,16777217], the network takes [?,1,?,?]", "image",
                 with({{1, 1, large, large + 1}}));

  Graph pooled;
  pooled.add("pool", Pool{.kernel = 4}, pooled.input("x", {1, 1, -1, -1}));
  expect_refusal("layer \"pool\" (pool): a size of 3 is smaller than the kernel", "pool", [&] {
    (void)shapes(pooled, std::vector<Shape>{{1, 1, 4, 3}});
  });
}

TEST(Graph, ParametersCarryTheirLayersNames) {
  const std::vector<ParameterShape> all = parameters(small());
  std::string text;
  for (const ParameterShape& p : all) text += p.name + to_string(p.shape) + (p.trained ? " " : "* ");
  EXPECT_EQ(text,
            "enter.weight[16,1,3,3] enter.bias[16] enter.norm.weight[16] enter.norm.bias[16] "
            "enter.norm.running_mean[16]* enter.norm.running_var[16]* head.weight[2,16,1,1] head.bias[2] ");
  EXPECT_EQ(parameter_count(small()), 144 + 16 + 32 + 32 + 2);
}

TEST(Graph, AUNetHasItsKnownNumberOfParameters) {
  // Convolutions 27·(1·16 + 16·16 + 16·32 + 32·32 + 32·64 + 64·64 + 64·128 + 128·128 + 192·64 + 64·64 + 96·32
  // + 32·32 + 48·16 + 16·16), two norm weights for each of their outputs, and the head's 16·4 + 4.
  EXPECT_EQ(parameter_count(unet({.outputs = 4})), 1'460'340);
}

TEST(Graph, FirstWeightsAreTheSameForTheSameSeed) {
  const Graph g = unet({.channels = {4, 8}});
  const auto a = initial_weights(g, 7), b = initial_weights(g, 7), c = initial_weights(g, 8);
  const std::vector<ParameterShape> expected = parameters(g);
  ASSERT_EQ(a.size(), expected.size());
  bool any_other = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, expected[i].name);
    EXPECT_EQ(a[i].second.shape, expected[i].shape);
    const auto equal = [&](const Tensor& x) {
      return std::equal(x.data(), x.data() + x.size(), a[i].second.data());
    };
    EXPECT_TRUE(equal(b[i].second)) << a[i].first;
    any_other = any_other || !equal(c[i].second);
  }
  EXPECT_TRUE(any_other);
}

double deviation(const Tensor& tensor) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    sum += static_cast<double>(tensor.data()[i]);
    squares += std::pow(static_cast<double>(tensor.data()[i]), 2);
  }
  const auto n = static_cast<double>(tensor.size());
  EXPECT_LT(std::abs(sum / n), 5 * std::sqrt(squares / n / n));  // mean 0
  return std::sqrt(squares / n);
}

TEST(Graph, FirstWeightsHaveTheStatedSpread) {
  Graph g;
  Value x = g.input("x", {1, 32, 8, 8});
  x = g.add("conv", Convolution{.channels = 64, .kernel = 5, .groups = 2}, x);
  x = g.add("up", TransposedConvolution{.channels = 64, .kernel = 4, .stride = 2, .padding = 1}, x);
  x = g.add("prelu", ParametricRelu{}, x);
  g.add("norm", BatchNorm{}, x);
  x = g.add("row", Reshape{{1, 64, -1}}, x);
  x = g.add("linear", Linear{.features = 128}, x);
  g.add("gru", Gru{.features = 64}, x);
  const auto all = initial_weights(g, 1);
  const auto weight = [&](const std::string& name) -> const Tensor& {
    return std::find_if(all.begin(), all.end(), [&](const auto& w) { return w.first == name; })->second;
  };
  const auto expect_all = [&](const std::string& name, float value) {
    const Tensor& w = weight(name);
    EXPECT_TRUE(std::all_of(w.data(), w.data() + w.size(), [&](float v) { return v == value; })) << name;
  };
  // 25,600, 65,536 and 32,768 normal values: the standard error of a deviation is 1/√(2n), below 0.5 %.
  const auto expect_close = [](double found, double expected) { EXPECT_NEAR(found / expected, 1, 0.025); };
  expect_close(deviation(weight("conv.weight")), std::sqrt(2.0 / (16 * 25)));
  expect_close(deviation(weight("up.weight")), std::sqrt(2.0 / (64 * 4)));
  expect_close(deviation(weight("linear.weight")), std::sqrt(2.0 / 256));
  const Tensor& gru = weight("gru.weight_hh_l0");
  expect_close(deviation(gru), 1.0 / 8 / std::sqrt(3.0));
  EXPECT_TRUE(
      std::all_of(gru.data(), gru.data() + gru.size(), [](float v) { return std::abs(v) <= 0.125F; }));
  for (const char* name : {"conv.bias", "up.bias", "linear.bias", "norm.bias", "norm.running_mean"})
    expect_all(name, 0);
  for (const char* name : {"norm.weight", "norm.running_var"}) expect_all(name, 1);
  expect_all("prelu.weight", 0.25F);
}

TEST(Graph, SummariesAddUp) {
  const Summary summary = summarize(small(), std::vector<Shape>{{1, 1, 256, 256}});
  ASSERT_EQ(summary.rows.size(), 5U);
  EXPECT_EQ(summary.parameters, 226);
  EXPECT_EQ(summary.rows[1].multiply_adds, 16 * 256 * 256 * 9);
  EXPECT_EQ(summary.rows[1].bytes, 4 * 16 * 256 * 256);
  EXPECT_EQ(summary.multiply_adds, 256 * 256 * (16 * 9 + 2 * 16));
  EXPECT_EQ(to_text(summary),
            R"(layer       kind                    shape             parameters     multiply-adds        MiB
image       input                   [1,1,256,256]                                         0.2
enter       convolution             [1,16,256,256]           160         9,437,184        4.0
enter.norm  batch_norm              [1,16,256,256]            32                          4.0
enter.relu  activation              [1,16,256,256]                                        4.0
head        convolution             [1,2,256,256]             34         2,097,152        0.5
sum                                                          226        11,534,336
)");
}

TEST(Graph, WorkThatCannotBeCountedIsRefused) {
  Graph g;
  Value x = g.input("x", {-1, 1 << 20});
  for (const char* name : {"a", "b", "c"}) x = g.add(name, Linear{.features = 2048}, x);
  // 2^28 rows of 2^11 results: 2^39·2^20, then 2^39·2^11 twice
  const Summary summary = summarize(g, std::vector<Shape>{{1 << 28, 1 << 20}});
  EXPECT_EQ(summary.multiply_adds, (std::int64_t{1} << 59) + (std::int64_t{1} << 51));

  Graph wide;
  x = wide.input("x", {-1, 65536, -1, -1});
  wide.add("a", Convolution{.channels = 1, .kernel = 128, .padding = 1 << 20}, x);
  expect_refusal("layer \"a\" (convolution): more multiply-adds than can be counted", "a", [&] {
    (void)summarize(wide, std::vector<Shape>{{1, 65536, 1, 1}});
  });
  Graph many;  // 4.6·10¹⁸ each
  x = many.input("x", {1, 65536, 1, 1});
  for (const char* name : {"a", "b", "c"})
    many.add(name, Convolution{.channels = 1, .kernel = 64, .padding = 1 << 16}, x);
  expect_refusal("layer \"c\" (convolution): more multiply-adds than can be counted", "c", [&] {
    (void)summarize(many, std::vector<Shape>{{1, 65536, 1, 1}});
  });
}

}  // namespace
}  // namespace sg::nn

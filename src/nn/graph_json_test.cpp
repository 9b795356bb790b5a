#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "nn/card.h"
#include "nn/card_seeds.h"
#include "nn/nn_fixture.h"

namespace sg::nn {
namespace {

using Json = nlohmann::ordered_json;

TEST(GraphJson, EveryLayerIsReadUnchanged) {
  const Graph g = seeds::every_layer();
  const std::string text = to_json(g);
  EXPECT_EQ(to_json(graph_from_json(text)), text);
  std::vector<bool> met(std::variant_size_v<Kind>);
  for (const Layer& layer : g.layers()) met[layer.kind.index()] = true;
  EXPECT_EQ(std::count(met.begin(), met.end(), false), 0) << "a kind of layer is missing from the example";
}

TEST(GraphJson, LayersKeepTheirDefaults) {
  const Graph g = graph_from_json(R"({"layers": [{"kind": "input", "name": "x", "shape": [1, 2, -1, -1]},
    {"kind": "convolution", "name": "c", "inputs": ["x"], "channels": 3},
    {"kind": "pool", "name": "p", "inputs": ["c"], "kernel": [2, 3], "stride": [1]}], "outputs": []})");
  const auto& convolution = std::get<Convolution>(g.layers()[1].kind);
  EXPECT_EQ(convolution.kernel, Extent(3));
  EXPECT_EQ(convolution.padding, Extent(same));
  EXPECT_TRUE(convolution.bias);
  EXPECT_EQ(std::get<Pool>(g.layers()[2].kind).kernel, (Extent{2, 3}));
  EXPECT_EQ(std::get<Pool>(g.layers()[2].kind).stride, Extent(1));
}

TEST(GraphJson, RefusesWhatDoesNotFit) {
  struct Case {
    std::string pointer;
    Json value;
    std::string message;
  };
  const std::vector<Case> cases{
      {"/extra", 1, "the text has the member \"extra\", expected only layers, outputs"},
      {"/layers", 1, "layers is 1, expected a list"},
      {"/layers/1", "relu", "layers[1] is \"relu\", expected an object"},
      {"/layers/1", Json::object(), "layers[1].kind is missing"},
      {"/layers/1/kind", "magic", "layers[1].kind is \"magic\", which is no kind of layer"},
      {"/layers/1/kernal", 5,
       "layers[1] has the member \"kernal\", expected only name, kind, inputs, channels, kernel, stride, "
       "dilation, padding, groups, bias"},
      {"/layers/1", {{"kind", "add"}}, "layers[1].name is missing"},
      {"/layers/1/name", "image", "layer \"image\" (convolution): the name is taken"},
      {"/layers/1/inputs", "image", "layers[1].inputs is \"image\", expected a list"},
      {"/layers/1/inputs",
       {"enter"},
       "layers[1].inputs[0] is \"enter\", expected the name of an earlier layer"},
      {"/layers/1/inputs", Json::array(), "layer \"enter\" (convolution): 0 inputs, expected 1"},
      {"/layers/1/kernel", Json::array(),
       "layers[1].kernel is a list, expected a whole number or a list of them"},
      {"/layers/1/kernel", 2.5, "layers[1].kernel is 2.5, expected a whole number"},
      {"/layers/1/kernel", "3", "layers[1].kernel is \"3\", expected a list"},
      {"/layers/1/kernel", {1, 2, 3}, "layer \"enter\" (convolution): kernel has 3 numbers, expected 1 or 2"},
      {"/layers/1/channels", 9223372036854775808U,
       "layers[1].channels is 9223372036854775808, expected a whole number"},
      {"/layers/1/channels", 1 << 17,
       "layer \"enter\" (convolution): channels is 131072, expected 1 to 65536"},
      {"/layers/1/bias", 1, "layers[1].bias is 1, expected true or false"},
      {"/layers/1",
       {{"kind", "activation"}, {"function", "swish"}},
       "layers[1].function is \"swish\", expected one of relu, leaky_relu, elu, silu, gelu, sigmoid, tanh"},
      {"/layers/1",
       {{"kind", "pool"}, {"reduce", "sum"}},
       "layers[1].reduce is \"sum\", expected one of maximum, average"},
      {"/layers/1",
       {{"kind", "upsample"}, {"interpolation", ""}},
       "layers[1].interpolation is \"\", expected one of nearest, linear"},
      {"/layers/1",
       {{"kind", "warp"}, {"border", "x"}},
       "layers[1].border is \"x\", expected one of zeros, edge"},
      {"/layers/0/shape", {1, 1 << 17, 1, 1, 1, 1, 1, 1, 1}, "layer \"image\" (input): expected 1 to 8 axes"},
      {"/outputs/0/of", 1, "outputs[0] has the member \"of\", expected only name, from"},
      {"/outputs/0", {{"name", "x"}}, "outputs[0].from is missing"},
      {"/outputs/0/from", "nowhere", "outputs[0].from is \"nowhere\", expected the name of an earlier layer"},
  };
  Graph g;
  const Value x = g.input("image", {-1, 1, -1, -1});
  g.output("edges", g.add("enter", Convolution{.channels = 2}, x));
  for (const Case& c : cases) {
    Json json = Json::parse(to_json(g));
    json[Json::json_pointer(c.pointer)] = c.value;
    expect_message(c.message, [&] { (void)graph_from_json(json.dump()); });
  }
  expect_message("layers is missing", [] { (void)graph_from_json("{}"); });
  expect_message("the text has the member \"layer\", expected only layers, outputs",
                 [] { (void)graph_from_json("{\"layer\": 1}"); });
}

}  // namespace
}  // namespace sg::nn

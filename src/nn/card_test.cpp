#include "nn/card.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "core/test_folder.h"
#include "nn/card_seeds.h"
#include "nn/nn_fixture.h"

namespace sg::nn {
namespace {

using Json = nlohmann::ordered_json;

void expect_card_refusal(const std::string& message, const std::string& text) {
  expect_message(message, [&] { (void)card_from_json(text); });
}

/// A small card as JSON, for tests to spoil.
Json small_json() {
  Graph g;
  const Value x = g.input("image", {-1, 1, -1, -1});
  g.output("edges", g.add("enter", Convolution{.channels = 2}, x));
  return Json::parse(to_json(seeds::least_card(g)));
}

std::string random_text(Rng& rng) {
  static const std::vector<std::string> parts{"a",    "Z9", " ", "\n",     "\t",
                                              "\"",   "\\", "|", "[x](y)", "<b>",
                                              "韶光", "é",  "😀", "#",      std::string(1, '\0'),
                                              "\x7f"};
  std::string text;
  for (std::uint64_t i = rng.below(8); i > 0; --i) text += parts[rng.below(parts.size())];
  return text;
}

std::vector<std::string> random_texts(Rng& rng) {
  std::vector<std::string> all(rng.below(4));
  for (std::string& text : all) text = random_text(rng);
  return all;
}

double random_number(Rng& rng) {
  switch (rng.below(5)) {
    case 0: return 0;
    case 1: return static_cast<double>(rng.below(1000));
    case 2: return -0.0;
    case 3: return std::ldexp(rng.uniform(-1, 1), static_cast<int>(rng.below(2000)) - 1050);
    default: return rng.normal();
  }
}

std::int64_t random_count(Rng& rng) { return static_cast<std::int64_t>(rng.next() >> (1 + rng.below(63))); }

Card random_card(Rng& rng) {
  Card card = seeds::least_card(
      rng.below(2) == 0
          ? seeds::every_layer()
          : unet({.axes = 2, .outputs = 2, .channels = {1, 2}, .norm = Normalization::instance}));
  const bool is_unet = card.graph.inputs().size() == 1;
  card.name = "card" + std::to_string(rng.below(1000));
  card.title = random_text(rng), card.purpose = random_text(rng), card.version = random_text(rng);
  card.licence = random_text(rng);
  if (rng.below(2) == 0) card.inputs = {{"image", random_text(rng), {}}};
  if (rng.below(2) == 0)
    card.outputs = {{is_unet ? "logits" : "scores", random_text(rng), {random_text(rng), "b"}}};
  if (rng.below(2) == 0) card.weights = {"w.bin", std::string(64, '0'), random_count(rng)};
  if (rng.below(2) == 0)
    card.preparation = {.orientation = rng.below(2) == 0 ? "RAS" : "",
                        .spacing_mm = 1.5,
                        .low = 1,
                        .high = 99,
                        .per_noise = rng.below(2) == 0,
                        .symmetries = {"transpose", "x"}};
  Card::Training& t = card.training;
  t.method = random_text(rng), t.command = random_text(rng), t.revision = random_text(rng);
  t.hardware = random_text(rng), t.software = random_text(rng), t.date = random_text(rng);
  t.seed = static_cast<std::int64_t>(rng.next());
  t.steps = random_count(rng), t.examples = random_count(rng), t.seconds = std::abs(random_number(rng));
  t.data.resize(rng.below(3));
  for (Card::Data& d : t.data) d = {random_text(rng), random_text(rng), random_text(rng), random_text(rng)};
  t.remarks = random_texts(rng);
  card.metrics.resize(rng.below(3));
  for (Card::Metric& m : card.metrics) {
    m = {random_text(rng), random_text(rng), random_text(rng), random_text(rng), random_text(rng)};
    m.value = random_number(rng), m.count = random_count(rng);
    if (rng.below(2) == 0) m.low = random_number(rng);
    if (rng.below(2) == 0) m.high = random_number(rng);
  }
  card.limits = random_texts(rng), card.references = random_texts(rng);
  if (rng.below(2) == 0) {
    card.check = Card::Check{rng.next(), {}, std::vector<Card::Check::Result>(card.graph.outputs().size())};
    card.check->inputs =
        is_unet ? std::vector<Shape>{{1, 1, 4, 6}} : std::vector<Shape>{{2, 2, 4, 6}, {1, 3, 6}};
    for (Card::Check::Result& r : card.check->results)
      r = {random_number(rng), random_number(rng), random_number(rng), random_number(rng)};
  }
  return card;
}

TEST(Card, WhatIsWrittenIsReadUnchanged) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    const Card card = random_card(rng);
    const std::string text = to_json(card);
    const Card again = card_from_json(text);
    ASSERT_EQ(to_json(again), text) << "seed " << seed;
    ASSERT_EQ(again.title, card.title);
    ASSERT_EQ(again.training.seed, card.training.seed);
    ASSERT_EQ(again.preparation.per_noise, card.preparation.per_noise);
    ASSERT_EQ(again.preparation.symmetries, card.preparation.symmetries);
    ASSERT_EQ(again.check.has_value(), card.check.has_value());
    ASSERT_EQ(again.metrics.size(), card.metrics.size());
    for (std::size_t i = 0; i < card.metrics.size(); ++i) {
      ASSERT_EQ(again.metrics[i].value, card.metrics[i].value);
      ASSERT_EQ(again.metrics[i].low, card.metrics[i].low);
    }
    ASSERT_EQ(parameter_count(again.graph), parameter_count(card.graph));
    (void)to_markdown(again);
  }
}

TEST(Card, MayLeaveOutWhatIsNotNeeded) {
  const Card card = card_from_json(R"({"name": "a", "title": "", "purpose": "", "weights": {}, "new": [{}],
    "graph": {"layers": [{"kind": "input", "name": "x", "shape": [1]}], "outputs": [{"name": "y", "from": "x"}]}})");
  EXPECT_EQ(card.weights.file, "weights.safetensors");
  EXPECT_EQ(card.training.steps, 0);
  EXPECT_FALSE(card.check);
  EXPECT_EQ(card.graph.outputs()[0].name, "y");
  EXPECT_EQ(to_json(card).find("new"), std::string::npos);
}

TEST(Card, RefusesWhatIsNoJson) {
  const auto no_json = [](const std::string& why, const std::string& text) {
    expect_card_refusal("the text is no JSON: parse error at line " + why, text);
  };
  no_json(
      "1, column 1: syntax error while parsing value - unexpected end of input; expected '[', '{', or a "
      "literal",
      "");
  no_json("1, column 1: syntax error while parsing value - invalid literal", "x");
  no_json("2, column 7: syntax error while parsing value - invalid literal", "{\n \"a\": NaN}");
  no_json("1, column 7: syntax error while parsing object - unexpected end of input; expected '}'",
          "{\"a\":1");
  no_json("1, column 7: syntax error while parsing object key - invalid string: ill-formed UTF-8 byte",
          "{\"name\xff");
  no_json("1, column 3: syntax error while parsing value - invalid string: ill-formed UTF-8 byte",
          "\"\xc3(\"");
  expect_card_refusal("the text is no JSON: number overflow parsing '1e999'", "{\"a\": 1e999}");
  expect_card_refusal("the text is no JSON: number overflow parsing '" + std::string(135, '1') + "…",
                      std::string(1000, '1'));
  expect_card_refusal("the text is a list, expected an object", "[]");
}

TEST(Card, RefusesTextsMadeToTakeLong) {
  expect_card_refusal("the text has 4194305 bytes, expected at most 4 MiB", std::string((4U << 20) + 1, ' '));
  expect_card_refusal("the text nests deeper than 64 levels", std::string(65, '['));
  expect_card_refusal("the text nests deeper than 64 levels", std::string(1 << 20, '['));
  expect_card_refusal("the text is a list, expected an object", std::string(64, '[') + std::string(64, ']'));
  std::string many = "{\"0\": 0", wide = "{\"metrics\": [{}";
  for (int i = 1; i < 300'000; ++i) many += ",\"" + std::to_string(i) + "\":0";
  expect_card_refusal("the text has an object with more than 100 members", many + "}");
  expect_card_refusal("the text has the member \"a\" twice in one object",
                      "{\"b\": {\"a\": 1, \"\\u0061\": 2}}");

  Json json = small_json();
  json["metrics"] = Json(std::vector<Json>(4097, Json::object()));
  expect_card_refusal("metrics is a list of 4097, expected at most 4096", json.dump());
  json = small_json();
  json["graph"]["layers"] = Json(std::vector<Json>(10'001, Json(0)));
  expect_card_refusal("graph.layers is a list of 10001, expected at most 10000", json.dump());
}

TEST(Card, RefusesMembersThatDoNotFit) {
  struct Case {
    std::string pointer;
    Json value;
    std::string message;
  };
  const double nothing_less = 18446744073709551616.0;
  const std::vector<Case> cases{
      {"/name", 1, "name is 1, expected a text"},
      {"/name", "",
       "name is \"\", expected up to 100 letters, digits, \".\", \"_\" and \"-\", no \".\" first"},
      {"/name", "a/b",
       "name is \"a/b\", expected up to 100 letters, digits, \".\", \"_\" and \"-\", no \".\" first"},
      {"/name", "..",
       "name is \"..\", expected up to 100 letters, digits, \".\", \"_\" and \"-\", no \".\" first"},
      {"/name", "韶光韶光韶光韶光韶光韶光韶光韶光",
       "name is \"韶光韶光韶光韶光韶光韶光韶…\", expected up to 100 letters, digits, \".\", \"_\" and \"-\", no \".\" "
       "first"},
      {"/title", Json::array(), "title is a list, expected a text"},
      {"/purpose", nullptr, "purpose is nothing, expected a text"},
      {"/preparation/symmetries",
       {"x", "x"},
       "preparation.symmetries has \"x\", expected \"x\", \"y\", \"z\" and \"transpose\", each at most once"},
      {"/preparation/symmetries",
       {"w"},
       "preparation.symmetries has \"w\", expected \"x\", \"y\", \"z\" and \"transpose\", each at most once"},
      {"/inputs", Json::object(), "inputs is an object, expected a list"},
      {"/inputs/0", 1.5, "inputs[0] is 1.5, expected an object"},
      {"/inputs/0", {{"name", "edges"}}, "inputs describes \"edges\", which the graph does not have"},
      {"/outputs/0", {{"name", "a\nb"}}, "outputs describes \"a\\u000ab\", which the graph does not have"},
      {"/outputs", {{{"name", "edges"}}, {{"name", "edges"}}}, "outputs describes \"edges\" twice"},
      {"/outputs/0",
       {{"name", "edges"}, {"classes", {"a", "b", "c"}}},
       "outputs names 3 classes of \"edges\", which is [?,2,?,?]"},
      {"/outputs/0",
       {{"name", "edges"}, {"classes", {"a", 2}}},
       "outputs[0].classes[1] is 2, expected a text"},
      {"/weights/file", "a/b", "weights.file is \"a/b\", expected the name of a file beside the card"},
      {"/weights/file", "..", "weights.file is \"..\", expected the name of a file beside the card"},
      {"/weights/file", "a\\b", "weights.file is \"a\\b\", expected the name of a file beside the card"},
      {"/weights/file", std::string(101, 'x'),
       "weights.file is \"" + std::string(40, 'x') + "…\", expected the name of a file beside the card"},
      {"/weights/sha256", "ABC", "weights.sha256 is \"ABC\", expected 64 hexadecimal digits (0-9, a-f)"},
      {"/weights/sha256", std::string(64, 'A'),
       "weights.sha256 is \"" + std::string(40, 'A') + "…\", expected 64 hexadecimal digits (0-9, a-f)"},
      {"/weights/bytes", -1, "weights.bytes is -1, expected 0 or more"},
      {"/weights/bytes", 1.5, "weights.bytes is 1.5, expected a whole number"},
      {"/weights/bytes", 9223372036854775808U,
       "weights.bytes is 9223372036854775808, expected a whole number"},
      {"/training/seed", nothing_less, "training.seed is 1.8446744073709552e+19, expected a whole number"},
      {"/training/steps", -2, "training.steps is -2, expected 0 or more"},
      {"/training/examples", true, "training.examples is true, expected a whole number"},
      {"/training/seconds", -0.5, "training.seconds is -0.5, expected 0 or more"},
      {"/training/seconds", "1", "training.seconds is \"1\", expected a number"},
      {"/training/data/0/use", 1, "training.data[0].use is 1, expected a text"},
      {"/metrics/0", {{"count", -1}}, "metrics[0].count is -1, expected 0 or more"},
      {"/metrics/0", {{"low", nullptr}}, "metrics[0].low is nothing, expected a number"},
      {"/limits", "none", "limits is \"none\", expected a list"},
      {"/check", {{"seed", -1}}, "check.seed is -1, expected a whole number from 0"},
      {"/check", {{"inputs", {{1, "x"}}}}, "check.inputs[0][1] is \"x\", expected a whole number"},
      {"/check", Json::object(), "check.inputs do not fit: 0 inputs, the network takes 1"},
      {"/check",
       {{"inputs", {{1, 2, 3, 4}}}},
       "check.inputs do not fit: input \"image\" is [1,2,3,4], the network takes [?,1,?,?]"},
      {"/check",
       {{"inputs", {{1, 1, 3, 4}}}},
       "check.results is a list of 0, expected one for each of 1 outputs"},
      {"/graph", 0, "graph is 0, expected an object"},
      {"/graph/layers/1/kernal", 5,
       "graph.layers[1] has the member \"kernal\", expected only name, kind, inputs, channels, kernel, "
       "stride, dilation, padding, groups, bias"},
      {"/graph/outputs", Json::array(), "graph.outputs is empty: the network gives nothing"},
  };
  for (const Case& c : cases) {
    Json json = small_json();
    json[Json::json_pointer(c.pointer)] = c.value;
    expect_card_refusal(c.message, json.dump());
  }
  for (const char* needed : {"name", "title", "purpose", "graph", "weights"}) {
    Json json = small_json();
    json.erase(needed);
    expect_card_refusal(std::string(needed) + " is missing", json.dump());
  }
}

TEST(Card, ReadsTenThousandLayersAndAllocatesNoWeights) {
  // 150 layers of 2^31 weights each: 1.2 TiB as values, nothing as a description.
  Graph g;
  Value x = g.input("x", {1, 32768});
  for (int i = 0; i < 150; ++i)
    x = g.add("l" + std::to_string(i), Linear{.features = i % 2 == 0 ? 65536 : 32768}, x);
  for (int i = 151; i < 9999; ++i) x = g.add("a" + std::to_string(i), Activation{}, x);
  g.output("y", x);
  const Card card = card_from_json(to_json(seeds::least_card(g)));
  EXPECT_EQ(parameter_count(card.graph), 150 * (std::int64_t{1} << 31) + 75 * (65536 + 32768));
}

TEST(Card, WhatCannotBeReadIsNotWritten) {
  const auto expect = [](const std::string& message, const auto& spoil) {
    Card card = seeds::full_card();
    spoil(card);
    expect_message(message, [&] { (void)to_json(card); });
  };
  expect("metrics[0].value is \"nan\", expected a number",
         [](Card& c) { c.metrics[0].value = std::numeric_limits<double>::quiet_NaN(); });
  expect("training.seconds is \"inf\", expected a number", [](Card& c) { c.training.seconds = INFINITY; });
  expect("the card has a text that is not UTF-8", [](Card& c) { c.training.hardware = "\xff"; });
  expect("weights.file is \"../w\", expected the name of a file beside the card",
         [](Card& c) { c.weights.file = "../w"; });
  expect("outputs names 1 classes of \"logits\", which is [?,3,?,?]",
         [](Card& c) { c.outputs[0].classes = {"a"}; });
}

TEST(Card, MutatedTextsAreReadOrRefused) {
  const std::vector<std::string> texts{to_json(seeds::full_card()),
                                       to_json(seeds::least_card(seeds::every_layer()))};
  const std::string bytes = "{}[]\",:0-9eE.\\ntf\xff\xc3 ";
  int read = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Rng rng(seed);
    std::string text = texts[seed % 2];
    for (std::uint64_t i = 1 + rng.below(3); i > 0; --i) {
      const std::size_t at = rng.below(text.size());
      switch (rng.below(3)) {
        case 0: text[at] = bytes[rng.below(bytes.size())]; break;
        case 1: text.erase(at, 1 + rng.below(30)); break;
        default: text.insert(at, text.substr(rng.below(text.size()), rng.below(30)));
      }
    }
    try {
      const Card card = card_from_json(text);
      ASSERT_EQ(to_json(card_from_json(to_json(card))), to_json(card)) << "seed " << seed;
      ++read;
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::invalid_input) << "seed " << seed;
      ASSERT_LT(std::string(error.what()).size(), 600U) << "seed " << seed;
    }
  }
  EXPECT_GT(read, 100);
}

TEST(Card, FilesAreNamedInErrors) {
  const TestFolder folder;
  const std::filesystem::path path = folder.path / "card.json";
  expect_error(ErrorCode::not_found, "cannot read '" + path.string() + "': No such file or directory",
               [&] { (void)read_card(path); });
  expect_error(ErrorCode::invalid_input,
               "'" + folder.path.string() + "' is no regular file, expected a model card",
               [&] { (void)read_card(folder.path); });
  const auto write = [&](const std::string& text) { std::ofstream(path, std::ios::binary) << text; };
  write("{}");
  expect_error(ErrorCode::invalid_input, "'" + path.string() + "': name is missing",
               [&] { (void)read_card(path); });
  write(std::string((4U << 20) + 100, ' '));
  expect_error(ErrorCode::invalid_input,
               "'" + path.string() + "': the text has 4194305 bytes, expected at most 4 MiB",
               [&] { (void)read_card(path); });
  write(to_json(seeds::full_card()));
  EXPECT_EQ(to_json(read_card(path)), to_json(seeds::full_card()));
}

}  // namespace
}  // namespace sg::nn

#include <gtest/gtest.h>

#include "nn/card.h"
#include "nn/card_seeds.h"

namespace sg::nn {
namespace {

Graph small() {
  Graph g;
  const Value x = g.input("image", {-1, 1, -1, -1});
  g.output("edges", g.add("enter", Convolution{.channels = 2}, x));
  return g;
}

TEST(CardMarkdown, SaysWhatTheCardHolds) {
  Card card = seeds::full_card();
  card.graph = small();
  card.outputs = {{"edges", "scores before softmax", {"none", "edge"}}};
  EXPECT_EQ(to_markdown(card), R"(# Tissues of the brain

Shows what a card holds.

- Name: `small-unet`
- Version: 1.0
- Licence of the weights: CC0-1.0
- Weights: `small.safetensors`, 1234 bytes, SHA-256 `)" +
                                   std::string(64, 'a') + R"(`

## Inputs and outputs
- `image`: T1-weighted image, any contrast
- `edges`: scores before softmax
  Classes: 0 none, 1 edge

## Training
- Method: Adam, cross-entropy
- Data (training): phantoms; simulated; licence CC0-1.0
- Command: `train --seed 7`
- Effort: 2000 steps, 8000 examples, 90 min
- Seed: -7
- Hardware: 2 cores
- Software: trainer 1.0
- Revision: 0123abc
- Date: 2025-01-02
- Remark: stopped early

## Measured
| figure | value | interval | on | against |
|---|---|---|---|---|
| Dice | 0.9123 | 0.9 to 0.92 95 % | 20 phantoms (n = 20) | truth |
| time | 0.5 s |  | a slice |  |

## Not validated
- real images

## Network
1 layers, 20 trained parameters.

| layer | kind | output | parameters |
|---|---|---|---|
| `image` | input | \[?,1,?,?\] |  |
| `enter` | convolution | \[?,2,?,?\] | 20 |

## References
- Ronneberger et al. 2015
)");
}

TEST(CardMarkdown, SaysNothingOfWhatIsNotGiven) {
  EXPECT_EQ(to_markdown(seeds::least_card(small())), R"(# 



- Name: `least`
- Weights: `weights.safetensors`, 0 bytes

## Inputs and outputs

## Training
- Effort: 0 steps, 0 examples, 0 s
- Seed: 0

## Network
1 layers, 20 trained parameters.

| layer | kind | output | parameters |
|---|---|---|---|
| `image` | input | \[?,1,?,?\] |  |
| `enter` | convolution | \[?,2,?,?\] | 20 |
)");
}

/// What the purpose becomes: a paragraph of its own, where a text has most room to become something else.
std::string shown(const std::string& text) {
  Card card = seeds::least_card(small());
  card.purpose = text;
  const std::string all = to_markdown(card);
  return all.substr(4, all.find("\n- Name") - 5);
}

TEST(CardMarkdown, HostileTextsStayTexts) {
  EXPECT_EQ(shown("<script>alert(1)</script>"), "\\<script\\>alert(1)\\</script\\>");
  EXPECT_EQ(shown("[x](javascript:y) ![z](w)"), "\\[x\\](javascript:y) !\\[z\\](w)");
  EXPECT_EQ(shown("a|b *c* _d_ `e` ~~f~~ $g$ &lt; \\"),
            "a\\|b \\*c\\* \\_d\\_ \\`e\\` \\~\\~f\\~\\~ \\$g\\$ \\&lt; \\\\");
  EXPECT_EQ(shown("one\ntwo\r\n\r\n# three\t\v\f\x7f."), "one two    \\# three    .");
  EXPECT_EQ(shown("~~~"), "\\~\\~\\~");
  EXPECT_EQ(shown("    code"), "code");
  EXPECT_EQ(shown("> quoted"), "\\> quoted");
  EXPECT_EQ(shown("- a"), "\\- a");
  EXPECT_EQ(shown("---"), "\\---");
  EXPECT_EQ(shown("+ a"), "\\+ a");
  EXPECT_EQ(shown("=="), "\\==");
  EXPECT_EQ(shown("12. a 3. b"), "12\\. a 3. b");
  EXPECT_EQ(shown(" 1) a"), "1\\) a");
  EXPECT_EQ(shown("1a. b"), "1a. b");
  EXPECT_EQ(shown("1.0"), "1.0");
  EXPECT_EQ(shown("1."), "1\\.");
  EXPECT_EQ(shown("1.\n"), "1\\. ");
  EXPECT_EQ(shown("韶光 é"), "韶光 é");
}

TEST(CardMarkdown, EveryPlaceOfATextIsGuarded) {
  const std::string evil = "x\n\n# y\r|`<b>[z](u)~~~";
  Card card = seeds::full_card();
  card.graph = small();
  card.outputs.clear();
  Card::Training& t = card.training;
  for (std::string* text : {&card.title,
                            &card.purpose,
                            &card.name,
                            &card.version,
                            &card.licence,
                            &t.method,
                            &t.command,
                            &t.revision,
                            &t.hardware,
                            &t.software,
                            &t.date,
                            &t.remarks[0],
                            &card.limits[0],
                            &card.references[0],
                            &card.inputs[0].name,
                            &card.inputs[0].meaning,
                            &card.weights.file,
                            &card.weights.sha256,
                            &t.data[0].name,
                            &t.data[0].source,
                            &t.data[0].licence,
                            &t.data[0].use,
                            &card.metrics[0].name,
                            &card.metrics[0].unit,
                            &card.metrics[0].on,
                            &card.metrics[0].against,
                            &card.metrics[0].interval})
    *text = evil;
  card.inputs[0].classes = {evil, evil};
  const std::string text = to_markdown(card);
  const std::string plain = "x  \\# y \\|\\`\\<b\\>\\[z\\](u)\\~\\~\\~", code = "`x  # y | <b>[z](u)~~~`";
  std::string rest = text;
  int texts = 0;
  for (const std::string& guarded : {plain, code})
    for (std::size_t at = rest.find(guarded); at != std::string::npos; at = rest.find(guarded), ++texts)
      rest.erase(at, guarded.size());
  EXPECT_EQ(texts, 29);
  EXPECT_EQ(rest.find_first_of("<>~"), std::string::npos) << rest;
  EXPECT_EQ(rest.find('\r'), std::string::npos);
  const auto lines = [](const std::string& all) { return std::count(all.begin(), all.end(), '\n'); };
  Card tame = seeds::full_card();
  tame.graph = small();
  tame.outputs.clear();
  tame.inputs[0].classes = {"a", "b"};
  EXPECT_EQ(lines(text), lines(to_markdown(tame)));
}

}  // namespace
}  // namespace sg::nn

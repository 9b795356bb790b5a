#include "op/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "op/markdown.h"
#include "op/slicer.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

using testing::HasSubstr;

TEST(Schema, RequestSaysWhatIsAccepted) {
  const Json schema = request_schema(sample_operation());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["required"], Json{"inputs"});
  const Json& inputs = schema["properties"]["inputs"];
  EXPECT_EQ(inputs["required"], Json{"facts"});
  EXPECT_EQ(inputs["additionalProperties"], false);
  const Json& parameters = schema["properties"]["parameters"]["properties"];
  EXPECT_EQ(parameters["lambda"], (Json{{"type", "number"},
                                        {"minimum", 0.0},
                                        {"maximum", 10.0},
                                        {"description", "weight of the fidelity term"},
                                        {"default", 0.1},
                                        {"x-kind", "real"},
                                        {"x-unit", "1"}}));
  EXPECT_EQ(parameters["scheme"]["enum"], (Json{"explicit", "aos", "fed"}));
  EXPECT_EQ(parameters["shift"]["minItems"], 3);
  EXPECT_EQ(parameters["shift"]["items"]["minimum"], -100.0);
  EXPECT_FALSE(parameters["repeats"].contains("default"));
  const Json& outputs = schema["properties"]["outputs"]["properties"];
  EXPECT_EQ(outputs["costly"]["type"], "boolean");
  EXPECT_EQ(outputs["report"]["x-file-types"], Json{".html"});
  EXPECT_EQ(outputs["squares"]["type"], (Json{"string", "boolean"}));
}

TEST(Schema, ResultSaysWhatComesBack) {
  const Json schema = result_schema(sample_operation());
  EXPECT_EQ(schema["properties"]["total"]["type"], "number");
  EXPECT_EQ(schema["properties"]["squares"]["type"], "array");
  EXPECT_FALSE(schema["properties"].contains("summary"));
  EXPECT_EQ(schema["additionalProperties"], true);  // the flattened document
}

/// Walks the tags of `xml`, checks that they nest and returns the children of each parameter element in
/// order.
std::vector<std::pair<std::string, std::vector<std::string>>> children_of_groups(const std::string& xml) {
  std::vector<std::string> open;
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  const std::regex tag("<(/?)([a-z-]+)[^>]*>");
  const std::size_t start = xml.find("<executable>");
  for (std::sregex_iterator it(xml.begin() + static_cast<std::ptrdiff_t>(start), xml.end(), tag), end;
       it != end; ++it) {
    const std::string name = (*it)[2];
    if ((*it)[1].length() > 0) {
      EXPECT_FALSE(open.empty());
      EXPECT_EQ(open.back(), name);
      open.pop_back();
      continue;
    }
    if (open.size() == 2 && open[1] == "parameters") found.push_back({name, {}});
    if (open.size() == 3 && open[1] == "parameters") found.back().second.push_back(name);
    open.push_back(name);
  }
  EXPECT_TRUE(open.empty());
  return found;
}

TEST(Slicer, ElementsStandInTheOrderOfTheModel) {
  const std::string xml = slicer_xml(sample_operation());
  std::size_t last = 0;
  for (const char* tag : {"<category>", "<title>", "<description>", "<version>", "<license>",
                          "<acknowledgements>", "<parameters>"}) {
    const std::size_t at = xml.find(tag);
    ASSERT_NE(at, std::string::npos) << tag;
    EXPECT_GT(at, last) << tag;
    last = at;
  }
  const std::vector<std::string> order{"name",    "longflag", "label",       "description",
                                       "default", "element",  "constraints", "channel"};
  const std::set<std::string> kinds{
      "boolean", "integer", "double",    "string",   "string-enumeration", "double-vector", "integer-vector",
      "image",   "file",    "transform", "geometry", "pointfile",          "table"};
  int parameters = 0;
  for (const auto& [tag, children] : children_of_groups(xml)) {
    if (tag == "label" || tag == "description") continue;
    ++parameters;
    EXPECT_TRUE(kinds.contains(tag)) << tag;
    std::size_t reached = 0;
    for (const std::string& child : children) {
      const auto place =
          static_cast<std::size_t>(std::find(order.begin(), order.end(), child) - order.begin());
      ASSERT_LT(place, order.size()) << child;
      EXPECT_GE(place, reached) << child << " in " << tag;
      reached = place;
    }
  }
  EXPECT_EQ(parameters, 2 + 8 + 4);  // costly and total are values, which the model returns otherwise
  EXPECT_THAT(xml, HasSubstr("<longflag>--lambda</longflag>"));
  EXPECT_THAT(xml, HasSubstr("<maximum>10</maximum>"));
}

TEST(Markdown, PageSaysItAll) {
  const std::string page = markdown(sample_operation());
  EXPECT_THAT(page, HasSubstr("# demo.sample_all\n\nShows every kind.\n"));
  EXPECT_THAT(page, HasSubstr("| `lambda` | real | weight of the fidelity term | 0 to 10; default 0.1 |"));
  EXPECT_THAT(page, HasSubstr("| `shift` | vector | moves by | -100 to 100; in mm; default 0,0,0 |"));
  EXPECT_THAT(page, HasSubstr("| `repeats` | integer | how often | 1 to 9; none by default |"));
  EXPECT_THAT(page, HasSubstr("shaoguang demo sample_all facts.json --steps 3\n  # total > 0"));
  EXPECT_THAT(page, HasSubstr("[doi:10.1109/34.56205](https://doi.org/10.1109/34.56205)"));
  EXPECT_THAT(markdown_index({sample_operation()}), HasSubstr("[demo.sample_all](demo.sample_all.md)"));
}

TEST(Markdown, Usage) { EXPECT_EQ(usage_of(sample_operation()), "shaoguang demo sample_all FILE [options]"); }

}  // namespace
}  // namespace sg::op

#include "op/pipeline.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/test_folder.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    folder.write("facts.json", R"({"a": 1})");
    options.directory = folder.at("out");
  }

  std::vector<Step> read(const std::string& json) {
    folder.write("pipeline.json", json);
    return read_pipeline(operations, folder.at("pipeline.json"), options);
  }
  std::string failure(const std::string& json) {
    try {
      read(json);
    } catch (const Error& e) {
      return fmt::format("{} [{}] {}", name(e.code()), e.field(), e.what());
    }
    return "succeeded";
  }
  static std::string with(const std::string& second) {
    return R"([{"id": "a", "operation": "demo.sample_all", "inputs": {"facts": "facts.json"}}, )" + second +
           "]";
  }

  TestFolder folder;
  std::vector<Operation> operations{sample_operation()};
  PipelineOptions options;
};

TEST_F(PipelineTest, PassesFilesAndValues) {
  options.variables = {{"note", "hello"}};
  const auto steps = read(R"([
    {"id": "a", "operation": "demo.sample_all", "inputs": {"facts": "facts.json"}, "parameters": {"steps": 5}},
    {"id": "b", "operation": "demo.sample_all", "inputs": {"facts": "@a.copied"},
     "parameters": {"lambda": "@a.total", "steps": 3, "note": "${note}$${x}"}, "outputs": {"report": "b.html"}}])");
  std::vector<std::string> seen;
  run_pipeline(steps, options, Context(), [&](const Step& step, const Outcome& outcome) {
    seen.push_back(step.id);
    if (step.id == "b") {
      EXPECT_DOUBLE_EQ(outcome.outputs["total"].get<double>(), 3 * 1.0);  // lambda = total of a = 0.1·10
      EXPECT_EQ(outcome.record["parameters"]["note"], "hello${x}");
    }
  });
  EXPECT_THAT(seen, ElementsAre("a", "b"));
  EXPECT_EQ(Json::parse(folder.read("out/a.copied.json")), (Json{{"a", 1}}));
  const Json first = Json::parse(folder.read("out/a.copied.run.json"));
  const Json second = Json::parse(folder.read("out/b.run.json"));
  EXPECT_EQ(first["outputs"]["copied"]["sha256"], second["inputs"]["facts"]["sha256"]);
}

TEST_F(PipelineTest, StepsWithoutFilesAreRecordedToo) {
  run_pipeline(read(with(R"({"operation": "demo.sample_all", "inputs": {"facts": "facts.json"}})")), options,
               Context());
  EXPECT_TRUE(std::filesystem::exists(folder.at("out/a.run.json")));
  EXPECT_TRUE(std::filesystem::exists(folder.at("out/sample_all.run.json")));
}

TEST_F(PipelineTest, ProgressRunsOverAllSteps) {
  std::vector<double> fractions;
  Context context;
  context.on_progress([&](double fraction, const std::string&) { fractions.push_back(fraction); });
  run_pipeline(read(with(R"({"operation": "demo.sample_all", "inputs": {"facts": "facts.json"}})")), options,
               context);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_GT(fractions.back(), 0.9);
  EXPECT_TRUE(std::any_of(fractions.begin(), fractions.end(), [](double f) { return f > 0.1 && f < 0.4; }));
}

TEST_F(PipelineTest, EverythingIsCheckedFirst) {
  const std::string run = R"("operation": "demo.sample_all", "inputs": {"facts": )";
  EXPECT_THAT(failure("{"), HasSubstr("pipeline.json is not valid JSON: mistake at line 1"));
  EXPECT_THAT(failure("{}"), HasSubstr("is not a pipeline: expected a JSON list of runs"));
  EXPECT_THAT(failure("[]"), HasSubstr("expected a JSON list of runs"));
  EXPECT_EQ(failure("[5]"), "invalid_input [] run 1: a run is number, expected an object");
  EXPECT_EQ(failure(R"([{"operaton": "x"}])"),
            "invalid_input [operaton] run 1: a run has no operaton, did you mean operation?");
  EXPECT_EQ(failure("[{}]"),
            "invalid_input [operation] run 1: operation is missing: the name of what to run");
  EXPECT_THAT(failure(R"([{"operation": "demo.sampleall"}])"), HasSubstr("did you mean demo.sample_all?"));
  EXPECT_EQ(failure(R"([{"operation": "demo.sample_all", "inputs": 3}])"),
            "invalid_input [inputs] run 1: inputs is 3, expected an object of names and values");
  EXPECT_EQ(failure(with("{\"id\": \"a\", " + run + "\"facts.json\"}}")),
            "invalid_input [id] run 2: the id a is used twice");
  EXPECT_THAT(failure(with("{\"id\": \"x.y\", " + run + "\"facts.json\"}}")), HasSubstr("id is \"x.y\""));
  EXPECT_THAT(failure(with("{" + run + "\"none.json\"}}")),
              HasSubstr("not_found [facts] sample_all: facts is "));
  EXPECT_EQ(failure(with("{" + run + "\"facts.json\"}, \"parameters\": {\"lambda\": 12}}")),
            "invalid_input [lambda] sample_all: lambda is 12, expected a number from 0 to 10");
}

TEST_F(PipelineTest, ReferencesAreChecked) {
  const std::string run = R"("operation": "demo.sample_all", "inputs": {"facts": )";
  EXPECT_EQ(failure(with("{" + run + "\"@b.copied\"}}")),
            "invalid_input [facts] run 2: facts is @b.copied, expected @id.output of an earlier run, did you "
            "mean a?");
  EXPECT_EQ(
      failure(with("{" + run + "\"@a.coped\"}}")),
      "invalid_input [facts] run 2: facts is @a.coped, but demo.sample_all has no output coped, did you mean "
      "copied?");
  EXPECT_EQ(failure(with("{" + run + "\"@a.squares\"}}")),
            "invalid_input [facts] run 2: facts is @a.squares (table), expected document");
  EXPECT_EQ(failure(with("{" + run + "\"facts.json\"}, \"parameters\": {\"steps\": \"@a.total\"}}")),
            "invalid_input [steps] run 2: steps is @a.total (real), expected integer");
}

TEST_F(PipelineTest, VariablesMustBeSet) {
  options.variables = {{"facts", "facts.json"}};
  EXPECT_EQ(failure(R"([{"operation": "demo.sample_all", "inputs": {"facts": "${fact}"}}])"),
            "invalid_input [fact] the variable fact is not set, did you mean facts?");
  EXPECT_EQ(failure(R"([{"operation": "demo.sample_all", "inputs": {"facts": "${facts}"}}])"), "succeeded");
  EXPECT_THAT(failure(R"([{"operation": "${facts"}])"), HasSubstr("without }"));
}

TEST_F(PipelineTest, ExistingOutputsAreRefusedBeforeTheFirstStep) {
  std::filesystem::create_directory(folder.path / "out");
  folder.write("out/late.json", "old");
  const std::string json = with(
      R"({"operation": "demo.sample_all", "inputs": {"facts": "@a.copied"}, "outputs": {"copied": "late.json"}})");
  EXPECT_THAT(failure(json), HasSubstr("conflict [copied] sample_all: "));
  options.overwrite = true;
  EXPECT_EQ(failure(json), "succeeded");
}

TEST_F(PipelineTest, AFailingStepIsNamedAndStops) {
  const auto steps = read(with(
      R"({"id": "b", "operation": "demo.sample_all", "inputs": {"facts": "@a.copied"}, "parameters": {"note": "fail"}})"));
  try {
    run_pipeline(steps, options, Context());
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "b: the note says fail");
    EXPECT_EQ(e.field(), "note");
  }
  EXPECT_TRUE(std::filesystem::exists(folder.at("out/a.copied.json")));
}

}  // namespace
}  // namespace sg::op

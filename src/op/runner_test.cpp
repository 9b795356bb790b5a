#include "op/runner.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "core/sha256.h"
#include "core/test_folder.h"
#include "op/provenance.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

using testing::HasSubstr;

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() { folder.write("facts.json", R"({"a": 1, "b": {"c": [1.5, 2]}})"); }

  Request request() const {
    Request r;
    r.inputs["facts"] = folder.at("facts.json");
    r.parameters["steps"] = 3;
    return r;
  }
  /// The message, with its code and field in front, of what run() throws.
  std::string failure(const Request& r) const {
    try {
      run(sample, r, Context());
    } catch (const Error& e) {
      return fmt::format("{} [{}] {}", name(e.code()), e.field(), e.what());
    }
    return "succeeded";
  }

  TestFolder folder;
  Operation sample = sample_operation();
};

TEST_F(RunnerTest, ComputesAndShows) {
  const Outcome outcome = run(sample, request(), Context());
  EXPECT_DOUBLE_EQ(outcome.outputs["total"].get<double>(), 0.1 * (0 + 1 + 2));
  EXPECT_EQ(outcome.outputs["squares"][2]["square"], 4.0);
  EXPECT_EQ(outcome.outputs["copied"]["b"]["c"][0], 1.5);
  EXPECT_EQ(outcome.outputs["length"], 3.5);  // flattened
  EXPECT_FALSE(outcome.outputs.contains("summary"));
  EXPECT_FALSE(outcome.outputs.contains("costly"));
  EXPECT_EQ(outcome.units, (Json{{"total", "mm"}, {"length", "mm"}}));
  EXPECT_TRUE(outcome.written.empty());
  EXPECT_EQ(folder.names(), std::vector<std::string>{"facts.json"});
}

TEST_F(RunnerTest, OptionalOutputsOnlyWhenAskedFor) {
  Request r = request();
  r.outputs["costly"] = true;
  EXPECT_EQ(run(sample, r, Context()).outputs["costly"], 42.0);
}

TEST_F(RunnerTest, WritesFilesAndRecord) {
  Request r = request();
  r.outputs["copied"] = folder.at("copy.json");
  r.outputs["report"] = folder.at("report.html");
  r.parameters["scheme"] = "aos";
  r.command = "demo sample_all --x";
  const Outcome outcome = run(sample, r, Context(7));
  EXPECT_EQ(folder.names(),
            (std::vector<std::string>{"copy.json", "copy.run.json", "facts.json", "report.html"}));
  const Json record = Json::parse(folder.read("copy.run.json"));
  EXPECT_EQ(record["operation"], "demo.sample_all");
  EXPECT_EQ(record["version"], version());
  EXPECT_EQ(record["parameters"]["scheme"], "aos");
  EXPECT_EQ(record["parameters"]["lambda"], 0.1);  // defaults too
  EXPECT_EQ(record["seed"], 7);
  EXPECT_EQ(record["command"], "demo sample_all --x");
  EXPECT_EQ(record["inputs"]["facts"]["sha256"], sha256(folder.read("facts.json")));
  EXPECT_EQ(record["outputs"]["copied"]["sha256"], sha256(folder.read("copy.json")));
  EXPECT_EQ(record["outputs"]["copied"]["bytes"], folder.read("copy.json").size());
  EXPECT_EQ(record["outputs"]["report"]["sha256"], sha256(folder.read("report.html")));
  EXPECT_EQ(record["results"]["total"], outcome.outputs["total"]);
  for (const char* key : {"started", "seconds", "host", "models"}) EXPECT_TRUE(record.contains(key)) << key;
  EXPECT_THAT(folder.read("report.html"), HasSubstr(sha256(folder.read("copy.json"))));
}

TEST_F(RunnerTest, RefusesToOverwriteBeforeComputing) {
  folder.write("copy.json", "old");
  Request r = request();
  r.outputs["copied"] = folder.at("copy.json");
  r.parameters["note"] = "fail";  // would throw if it ran
  EXPECT_THAT(failure(r), HasSubstr("conflict [copied]"));
  EXPECT_THAT(failure(r), HasSubstr("copy.json exists; pass overwrite to replace it"));
  EXPECT_EQ(folder.read("copy.json"), "old");
  r.overwrite = true;
  EXPECT_EQ(failure(r), "invalid_input [note] the note says fail");
  EXPECT_EQ(folder.read("copy.json"), "old");
  r.parameters["note"] = "";
  EXPECT_EQ(failure(r), "succeeded");
  EXPECT_NE(folder.read("copy.json"), "old");
}

TEST_F(RunnerTest, ARecordOfAnotherFileIsKept) {
  Request r = request();
  r.outputs["copied"] = folder.at("x.json");
  EXPECT_EQ(failure(r), "succeeded");
  const std::string first = folder.read("x.run.json");
  r.outputs = {{"report", folder.at("x.html")}};
  EXPECT_EQ(failure(r), "succeeded");
  EXPECT_EQ(folder.read("x.run.json"), first);
  EXPECT_THAT(folder.read("x.html.run.json"), HasSubstr("x.html"));
}

TEST_F(RunnerTest, RecordWhereAsked) {
  Request r = request();
  r.provenance = folder.at("record.json");
  EXPECT_EQ(failure(r), "succeeded");
  EXPECT_EQ(Json::parse(folder.read("record.json"))["operation"], "demo.sample_all");
  EXPECT_THAT(failure(r), HasSubstr("conflict [provenance]"));
}

TEST_F(RunnerTest, RequestErrors) {
  Request r = request();
  r.inputs = Json::object();
  EXPECT_EQ(failure(r), "invalid_input [facts] facts is missing: what is known");
  r = request();
  r.parameters["lamda"] = 1;
  EXPECT_EQ(failure(r), "invalid_input [lamda] demo.sample_all has no parameter lamda, did you mean lambda?");
  r = request();
  r.inputs["lambda"] = "x";
  EXPECT_EQ(failure(r),
            "invalid_input [lambda] demo.sample_all has no input lambda, but it has the parameter lambda");
  r = request();
  r.parameters = 5;
  EXPECT_THAT(failure(r), HasSubstr("parameters are number, expected an object"));
  r = request();
  r.parameters["lambda"] = 12;
  EXPECT_EQ(failure(r), "invalid_input [lambda] lambda is 12, expected a number from 0 to 10");
  r = request();
  r.inputs["facts"] = 5;
  EXPECT_EQ(failure(r), "invalid_input [facts] facts is 5, expected a file ending in .json");
  r.inputs["facts"] = "";
  EXPECT_EQ(failure(r), "invalid_input [facts] facts is empty, expected a file ending in .json");
  r.inputs["facts"] = folder.at("none.json");
  EXPECT_THAT(failure(r), HasSubstr("not_found [facts] facts is "));
  EXPECT_THAT(failure(r), HasSubstr("none.json, which does not exist"));
  r = request();
  r.outputs["copied"] = "x.xyz";
  EXPECT_EQ(failure(r), "unsupported_format [copied] copied is \"x.xyz\", expected a file ending in .json");
  r.outputs = {{"total", "x.txt"}};
  EXPECT_EQ(failure(r), "invalid_input [total] total is \"x.txt\", expected true or false");
  r.outputs = {{"report", true}};
  EXPECT_EQ(failure(r), "invalid_input [report] report is true, expected a file ending in .html");
}

TEST_F(RunnerTest, DamagedInputIsBlamedOnItsField) {
  folder.write("facts.json", "{\"a\": 1,\n oops}");
  EXPECT_THAT(failure(request()), HasSubstr("invalid_input [facts]"));
  EXPECT_THAT(failure(request()), HasSubstr("is not valid JSON: mistake at line 2, column 2"));
  folder.write("facts.json", "[1]");
  EXPECT_THAT(failure(request()), HasSubstr("holds array, expected one JSON object"));
}

TEST_F(RunnerTest, ForeignExceptionsBecomeErrors) {
  Request r = request();
  r.parameters["note"] = "memory";
  EXPECT_EQ(failure(r), "resource [] not enough memory");
  r.parameters["note"] = "foreign";
  EXPECT_EQ(failure(r), "internal [] an unforeseen failure: odd");
}

TEST_F(RunnerTest, PlacesThatCannotBeWritten) {
  Request r = request();
  r.parameters["note"] = "fail";  // would throw if it ran
  r.outputs["copied"] = folder.at("nowhere/x.json");
  EXPECT_THAT(failure(r), HasSubstr("not_found [copied] cannot write x.json in folder"));
  r.outputs["copied"] = "/proc/x.json";
  EXPECT_THAT(failure(r), HasSubstr("[copied] cannot write x.json in folder /proc"));
  r.outputs = {{"copied", folder.at("same.json")}};
  r.provenance = folder.at("same.json");
  EXPECT_THAT(failure(r), HasSubstr("conflict [provenance]"));
  if (geteuid() == 0) return;  // root may write anywhere
  chmod(folder.path.c_str(), 0500);
  r = request();
  r.outputs["copied"] = folder.at("x.json");
  EXPECT_THAT(failure(r), HasSubstr("forbidden [copied]"));
  chmod(folder.path.c_str(), 0700);
}

TEST_F(RunnerTest, FullDiskIsNamed) {
  std::filesystem::create_symlink("/dev/full", folder.at("x.json"));
  Request r = request();
  r.outputs["copied"] = folder.at("x.json");
  EXPECT_THAT(failure(r), HasSubstr("resource [copied]"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.at("x.json")));
}

TEST_F(RunnerTest, CancelLeavesNothing) {
  Request r = request();
  r.outputs["copied"] = folder.at("x.json");
  Context context;
  context.on_progress([&](double fraction, const std::string&) {
    if (fraction > 0.3) context.cancel();
  });
  try {
    run(sample, r, context);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::cancelled);
  }
  context.on_progress({});
  EXPECT_EQ(folder.names(), std::vector<std::string>{"facts.json"});
}

TEST_F(RunnerTest, AnOperationWithFilesOnlyNeedsOne) {
  struct Draw {
    report::Report report;
  };
  const Operation draw = Declare<Draw>("demo.draw", "Draws.")
                             .output(&Draw::report, "report", "r")
                             .run([](Draw& d, const Context&) { d.report = report::Report("x"); });
  try {
    run(draw, {}, Context());
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "demo.draw would write nothing: name a file for report");
  }
}

}  // namespace
}  // namespace sg::op

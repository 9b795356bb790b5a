#include "app/result.h"

#include <gtest/gtest.h>

#include "app/help.h"
#include "op/test_operations.h"

namespace sg::app {
namespace {

op::Outcome outcome() {
  op::Outcome o;
  o.outputs = {{"total", 12.3456789},
               {"flag", true},
               {"nothing", nullptr},
               {"shape", {1, 2, 3}},
               {"grid", {{"spacing", 0.5}}},
               {"squares", {{{"name", "left"}, {"value", 1.5}}, {{"name", "rightmost"}, {"value", 200}}}},
               {"copied", "out.json"}};
  o.units = {{"total", "mm"}, {"grid.spacing", "cm"}};
  o.seconds = 0.25;
  o.written = {"out.json"};
  return o;
}

TEST(Result, TextIsAlignedWithUnits) {
  EXPECT_EQ(result_text(op::sample_operation(), outcome()),
            "total    12.3457 mm\n"
            "flag     yes\n"
            "nothing  –\n"
            "shape    1, 2, 3\n"
            "grid\n"
            "  spacing  0.5 cm\n"
            "squares\n"
            "  name       value\n"
            "  left         1.5\n"
            "  rightmost    200\n"
            "wrote out.json\n");
}

TEST(Result, LongTablesAreCutOnATerminal) {
  op::Outcome o;
  o.outputs["rows"] = op::Json::array();
  for (int i = 0; i < 13; ++i) o.outputs["rows"].push_back({{"label", i}});
  EXPECT_EQ(result_text(op::sample_operation(), o).find("more rows"), std::string::npos);
  for (int i = 13; i < 116; ++i) o.outputs["rows"].push_back({{"label", i}});
  const std::string text = result_text(op::sample_operation(), o);
  EXPECT_NE(text.find("\n     11\n  … 104 more rows (--json shows all)\n"), std::string::npos) << text;
  EXPECT_EQ(result_json(op::sample_operation(), o, {})["rows"].size(), 116U);
}

TEST(Result, JsonHasOutputsOnTop) {
  const op::Json json = result_json(op::sample_operation(), outcome(), {"careful"});
  EXPECT_EQ(json["total"], 12.3456789);
  EXPECT_EQ(json["copied"], "out.json");
  EXPECT_EQ(json["run"]["operation"], "demo.sample_all");
  EXPECT_EQ(json["run"]["units"]["total"], "mm");
  EXPECT_EQ(json["run"]["warnings"][0], "careful");
}

TEST(Result, ProblemsCarryCodeAndField) {
  const op::Json json = op::problem(Error(ErrorCode::conflict, "there already", "out"));
  EXPECT_EQ(json["type"], "urn:shaoguang:error:conflict");
  EXPECT_EQ(json["status"], 409);
  EXPECT_EQ(json["exit_status"], 73);
  EXPECT_EQ(json["detail"], "there already");
  EXPECT_EQ(json["field"], "out");
  EXPECT_FALSE(op::problem(Error(ErrorCode::internal, "x")).contains("field"));
}

TEST(Help, SaysEverythingDeclared) {
  const std::string help = operation_help(op::sample_operation());
  for (const char* part :
       {"Shows every kind.", "Second <paragraph>.", "--lambda X",
        "weight of the fidelity term (0 to 10; default 0.1)", "explicit, aos, fed; default fed",
        "-100 to 100; in mm; default 0,0,0", "--[no-]smooth", "--report FILE", ".html", "--overwrite",
        "shaoguang demo sample_all facts.json --steps 3", "doi:10.1109/34.56205"})
    EXPECT_NE(help.find(part), std::string::npos) << part << "\n" << help;
}

TEST(Help, OverviewGroupsByModule) {
  const std::string text = overview({op::sample_operation()}, {{"demo", "try things"}, {"empty", "nothing"}});
  EXPECT_NE(text.find("demo – try things\n  sample_all"), std::string::npos) << text;
  EXPECT_EQ(text.find("empty"), std::string::npos);
}

}  // namespace
}  // namespace sg::app

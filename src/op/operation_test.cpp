#include "op/operation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "op/check.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Declare, ReadsTheStruct) {
  const Operation sample = sample_operation();
  EXPECT_EQ(sample.module(), "demo");
  EXPECT_EQ(sample.verb(), "sample_all");
  EXPECT_EQ(default_of(sample, *sample.find("lambda")), 0.1);
  EXPECT_EQ(default_of(sample, *sample.find("scheme")), "fed");
  EXPECT_EQ(default_of(sample, *sample.find("shift")), (Json{0.0, 0.0, 0.0}));
  EXPECT_TRUE(default_of(sample, *sample.find("repeats")).is_null());
  EXPECT_EQ(default_of(sample, *sample.find("weight")), 1.0);
  EXPECT_EQ(sample.find("facts")->kind(), Kind::document);
  EXPECT_TRUE(sample.find("extra")->optional);
  EXPECT_EQ(sample.find("nothing"), nullptr);
}

TEST(Declare, AssignReachesTheMembers) {
  const Operation sample = sample_operation();
  Sample object;
  assign(*sample.find("lambda"), &object, 2.0);
  assign(*sample.find("scheme"), &object, "aos");
  assign(*sample.find("shift"), &object, Json{1.0, 2.0, 3.0});
  assign(*sample.find("repeats"), &object, 4);
  assign(*sample.find("weight"), &object, 7.0);
  assign(*sample.find("note"), &object, nullptr);
  EXPECT_EQ(object.lambda, 2);
  EXPECT_EQ(object.scheme, Scheme::aos);
  EXPECT_EQ(object.shift, (Vec3{1, 2, 3}));
  EXPECT_EQ(object.repeats, 4);
  EXPECT_EQ(object.options.weight, 7);
}

TEST(Verify, AcceptsACompleteDeclaration) { EXPECT_THAT(verify(sample_operation()), IsEmpty()); }

struct Poor {
  double x = 5;
  Scheme scheme = Scheme::aos;
  bool flag = false;
  Document document;
};

TEST(Verify, NamesWhatIsMissing) {
  const Operation poor = Declare<Poor>("Bad", "No full stop")
                             .param(&Poor::x, "xValue", "")
                             .in(0, 1)
                             .param(&Poor::scheme, "scheme", "s")
                             .param(&Poor::flag, "json", "j")
                             .in(0, 1)
                             .positional()
                             .param(&Poor::flag, "json", "j")
                             .input(&Poor::document, "document", "d")
                             .flattened()
                             .dimensions(4)
                             .run([](Poor&, const Context&) {});
  const auto problems = verify(poor);
  for (const char* expected :
       {"not of the form module.verb", "full stop", "no reference", "no example", "no output",
        "\"xValue\" is not a snake_case", "xValue: no help", "xValue: no unit", "the default of xValue is 5",
        "scheme: one_of", "json: every command", "json: a range on", "json: only inputs, and parameters",
        "json: declared twice", "document: only document outputs", "document: dimensions are 2 or 3"})
    EXPECT_THAT(problems, Contains(HasSubstr(expected)));
}

TEST(Verify, AnExampleMustCheckSomething) {
  Operation sample = sample_operation();
  sample.examples.front().checks.clear();
  EXPECT_THAT(verify(sample), Contains(HasSubstr("checks nothing")));
}

TEST(Find, TakesDashesAndNamesTheNearest) {
  const std::vector<Operation> operations{sample_operation()};
  EXPECT_EQ(find(operations, "demo.sample-all").name, "demo.sample_all");
  try {
    find(operations, "demo.sampel_all");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::not_found);
    EXPECT_STREQ(e.what(), "there is no operation demo.sampel_all, did you mean demo.sample_all?");
  }
}

}  // namespace
}  // namespace sg::op

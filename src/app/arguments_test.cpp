#include "app/arguments.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "op/test_operations.h"

namespace sg::app {
namespace {

const op::Operation& sample() {
  static const op::Operation operation = op::sample_operation();
  return operation;
}

std::string failure(const Arguments& arguments) {
  try {
    parse(sample(), arguments);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_input);
    return e.what();
  }
  return "accepted";
}

TEST(Arguments, Forms) {
  const OperationCommand command =
      parse(sample(),
            {"in.json", "--lambda", "2", "--shift=-1,2,-3", "--no-smooth", "--scheme", "aos", "--copied",
             "out.json", "--costly", "--squares", "--json", "--seed", "7", "--threads=2", "--note", "-x-"});
  EXPECT_EQ(command.request.inputs, (op::Json{{"facts", "in.json"}}));
  EXPECT_EQ(
      command.request.parameters,
      (op::Json{
          {"lambda", 2.0}, {"shift", {-1, 2, -3}}, {"smooth", false}, {"scheme", "aos"}, {"note", "-x-"}}));
  EXPECT_EQ(command.request.outputs, (op::Json{{"copied", "out.json"}, {"costly", true}, {"squares", true}}));
  EXPECT_TRUE(command.common.json);
  EXPECT_EQ(command.common.seed, 7u);
  EXPECT_EQ(command.common.threads, 2);
}

TEST(Arguments, ValuesThatLookLikeOptions) {
  EXPECT_EQ(parse(sample(), {"--facts", "a", "--note=--json"}).request.parameters["note"], "--json");
  EXPECT_EQ(parse(sample(), {"--", "--odd-name.json"}).request.inputs["facts"], "--odd-name.json");
  EXPECT_EQ(parse(sample(), {"--shift", "-5"}).request.parameters["shift"], (op::Json{-5, -5, -5}));
  EXPECT_EQ(parse(sample(), {"-5"}).request.inputs["facts"], "-5");
}

TEST(Arguments, Mistakes) {
  EXPECT_EQ(failure({"--lamda", "2"}), "demo.sample_all has no option --lamda, did you mean --lambda?");
  EXPECT_EQ(failure({"--jsno"}), "demo.sample_all has no option --jsno, did you mean --json?");
  EXPECT_EQ(failure({"--zzzzzz"}), "demo.sample_all has no option --zzzzzz");
  EXPECT_EQ(failure({"--no-lambda"}), "demo.sample_all has no option --no_lambda, did you mean --lambda?");
  EXPECT_EQ(failure({"-l", "2"}), "unknown option -l: options begin with two dashes");
  EXPECT_EQ(failure({"--lambda"}), "--lambda needs a value");
  EXPECT_EQ(failure({"--lambda", "--json"}), "--lambda needs a value");
  EXPECT_EQ(failure({"--lambda", "12"}), "lambda is 12, expected a number from 0 to 10");
  EXPECT_EQ(failure({"--lambda", "1", "--lambda", "2"}), "--lambda is given twice");
  EXPECT_EQ(failure({"a.json", "--facts", "b.json"}), "facts is given twice");
  EXPECT_EQ(failure({"--smooth", "--no-smooth"}), "smooth is given twice");
  EXPECT_EQ(failure({"--json=yes"}), "--json takes no value, not \"yes\"");
  EXPECT_EQ(failure({"--no-smooth=1"}), "--no_smooth takes no value, not \"1\"");
  EXPECT_EQ(failure({"--costly=1"}), "--costly takes no value, not \"1\"");
  EXPECT_EQ(failure({"a.json", "b.json"}),
            "unexpected \"b.json\": demo.sample_all takes its values as --name VALUE");
  EXPECT_EQ(failure({"--seed", "-1"}),
            "seed is \"-1\", expected a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(failure({"--threads", "x"}), "threads is \"x\", expected a whole number from 0 to 2147483647");
}

TEST(Arguments, PlainCommands) {
  const PlainCommand command =
      parse_plain("pipeline", {{"set", "NAME=VALUE", ""}}, {"p.json", "--set", "a=1", "--set=b=2", "--json"});
  EXPECT_EQ(command.positional, Arguments{"p.json"});
  EXPECT_EQ(command.values.at("set"), (Arguments{"a=1", "b=2"}));
  EXPECT_TRUE(command.common.json);
  EXPECT_THROW(parse_plain("pipeline", {}, {"--sett"}), Error);
}

TEST(Arguments, QuotedLineIsWhatAShellTakes) {
  EXPECT_EQ(quoted({"image", "info", "a b.nii", "it's", "", "x=1,2"}),
            "image info 'a b.nii' 'it'\\''s' '' x=1,2");
}

}  // namespace
}  // namespace sg::app

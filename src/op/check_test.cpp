#include "op/check.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "op/test_operations.h"

namespace sg::op {
namespace {

const Operation& sample() {
  static const Operation operation = sample_operation();
  return operation;
}

std::string refusal(const std::string& field, const Json& value) {
  try {
    checked(*sample().find(field), value);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_input);
    EXPECT_EQ(e.field(), field);
    return e.what();
  }
  return "accepted";
}

std::string text_refusal(const std::string& field, const std::string& text) {
  try {
    checked_text(*sample().find(field), text);
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Check, MessagesNameValueAndExpectation) {
  EXPECT_EQ(refusal("lambda", 12), "lambda is 12, expected a number from 0 to 10");
  EXPECT_EQ(refusal("lambda", 10.5), "lambda is 10.5, expected a number from 0 to 10");
  EXPECT_EQ(refusal("lambda", "much"), "lambda is \"much\", expected a number from 0 to 10");
  EXPECT_EQ(refusal("lambda", nullptr), "lambda is null, expected a number from 0 to 10");
  EXPECT_EQ(refusal("steps", 2.5), "steps is 2.5, expected a whole number from 1 to 100");
  EXPECT_EQ(refusal("steps", 1e300), "steps is 1e+300, expected a whole number from 1 to 100");
  EXPECT_EQ(refusal("smooth", 1), "smooth is 1, expected true or false");
  EXPECT_EQ(refusal("scheme", "fad"),
            "scheme is \"fad\", expected one of explicit, aos, fed, did you mean fed?");
  const std::string three =
      ", expected three numbers such as 1,2,3, or one for all three, each from -100 to 100 mm";
  EXPECT_EQ(refusal("shift", Json{1, 2}), "shift is [1,2]" + three);
  EXPECT_EQ(refusal("shift", Json{1, 2, 300}), "shift is [1,2,300]" + three);
  EXPECT_EQ(refusal("note", 5), "note is 5, expected text");
  EXPECT_EQ(refusal("weight", std::nan("")), "weight is nan, expected a number kg");
}

TEST(Check, TextSaysTheSameAsJson) {
  EXPECT_EQ(text_refusal("lambda", "12"), refusal("lambda", 12));
  EXPECT_EQ(text_refusal("lambda", "much"), refusal("lambda", "much"));
  EXPECT_EQ(text_refusal("steps", "2.5"), refusal("steps", 2.5));
  EXPECT_EQ(text_refusal("shift", "1,2"), refusal("shift", Json{1, 2}));
  EXPECT_EQ(text_refusal("lambda", "nan"), "lambda is nan, expected a number from 0 to 10");
  EXPECT_EQ(text_refusal("lambda", ""), "lambda is \"\", expected a number from 0 to 10");
  EXPECT_EQ(text_refusal("lambda", "1x"), "lambda is \"1x\", expected a number from 0 to 10");
  EXPECT_EQ(text_refusal("smooth", "yes"), "smooth is \"yes\", expected true or false");
}

TEST(Check, AcceptsAndNormalises) {
  EXPECT_EQ(checked_text(*sample().find("lambda"), "+2.5e0"), 2.5);
  EXPECT_EQ(checked(*sample().find("lambda"), 3), 3.0);
  EXPECT_TRUE(checked(*sample().find("steps"), 3.0).is_number_integer());
  EXPECT_EQ(checked_text(*sample().find("shift"), "1,-2,3.5"), (Json{1, -2, 3.5}));
  EXPECT_EQ(checked_text(*sample().find("shift"), "7"), (Json{7, 7, 7}));
  EXPECT_EQ(checked_text(*sample().find("note"), "12"), "12");
}

TEST(Check, BoundariesAreIncluded) {
  EXPECT_EQ(refusal("lambda", 0), "accepted");
  EXPECT_EQ(refusal("lambda", 10), "accepted");
  EXPECT_NE(refusal("lambda", 10.000001), "accepted");
  EXPECT_NE(refusal("steps", 0), "accepted");
}

TEST(Check, IntRangeIsThatOfTheMember) {
  struct Plain {
    int narrow = 0;
    std::int64_t wide = 0;
  };
  const Operation plain = Declare<Plain>("a.b", "C.")
                              .param(&Plain::narrow, "narrow", "n")
                              .param(&Plain::wide, "wide", "w")
                              .run([](Plain&, const Context&) {});
  EXPECT_THROW(checked(*plain.find("narrow"), 3000000000), Error);
  EXPECT_EQ(checked(*plain.find("wide"), 3000000000), 3000000000);
  EXPECT_THROW(checked(*plain.find("wide"), 18446744073709551615ULL), Error);
}

TEST(Check, Dimensions) {
  struct Flat {
    Volume<float> image;
  };
  const Operation three = Declare<Flat>("a.b", "C.")
                              .input(&Flat::image, "image", "i")
                              .dimensions(3)
                              .run([](Flat&, const Context&) {});
  const auto message = [&](const Volume<float>& volume) -> std::string {
    try {
      check_dimensions(*three.find("image"), &volume, "x.nii");
    } catch (const Error& e) {
      EXPECT_EQ(e.field(), "image");
      return e.what();
    }
    return "accepted";
  };
  Grid grid;
  grid.size = {4, 5, 6};
  EXPECT_EQ(message(Volume<float>(grid)), "accepted");
  EXPECT_EQ(message(Volume<float>(grid, 7, OuterAxis::time)),
            "x.nii is 4-D with 7 time points (4×5×6 voxels), expected one 3-D volume in image");
  EXPECT_EQ(message(Volume<float>(grid, 3, OuterAxis::channel)),
            "x.nii is 3-D with 3 channels (4×5×6 voxels), expected one 3-D volume in image");
  grid.size = {4, 5, 1};
  EXPECT_EQ(message(Volume<float>(grid)), "x.nii is 2-D (4×5×1 voxels), expected one 3-D volume in image");
}

TEST(Spelling, FindsWhatWasMeant) {
  const std::vector<std::string> words{"registration", "evaluation", "image", "bias_field", "scheme"};
  EXPECT_EQ(nearest("registraton", words), "registration");
  EXPECT_EQ(nearest("imgae", words), "image");  // one transposition
  EXPECT_EQ(nearest("Image", words), "image");
  EXPECT_EQ(nearest("bias-field", words), "bias_field");
  EXPECT_EQ(nearest("eval", words), "evaluation");  // unique beginning
  EXPECT_EQ(nearest("zzz", words), "");
  EXPECT_EQ(nearest("", words), "");
  EXPECT_EQ(did_you_mean("shceme", words), ", did you mean scheme?");
}

}  // namespace
}  // namespace sg::op

#include "core/error.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sg {
namespace {

constexpr ErrorCode all_codes[] = {
    ErrorCode::invalid_input, ErrorCode::unsupported_format, ErrorCode::not_found,
    ErrorCode::conflict,      ErrorCode::forbidden,          ErrorCode::cancelled,
    ErrorCode::unavailable,   ErrorCode::resource,           ErrorCode::internal};

TEST(ErrorTable, EveryCodeHasItsOwnNameExitStatusAndHttpStatus) {
  std::set<std::string_view> names;
  std::set<int> exits;
  for (ErrorCode code : all_codes) {
    names.insert(name(code));
    exits.insert(exit_status(code));
    EXPECT_GT(exit_status(code), 0);
    EXPECT_LT(exit_status(code), 256);
    EXPECT_GE(http_status(code), 400);
    EXPECT_LT(http_status(code), 600);
  }
  EXPECT_EQ(names.size(), std::size(all_codes));
  EXPECT_EQ(exits.size(), std::size(all_codes));
}

TEST(ErrorTable, RowsStandAtTheirCodes) {
  EXPECT_EQ(name(ErrorCode::invalid_input), "invalid_input");
  EXPECT_EQ(http_status(ErrorCode::not_found), 404);
  EXPECT_EQ(exit_status(ErrorCode::cancelled), 130);
  EXPECT_EQ(name(ErrorCode::internal), "internal");
  EXPECT_EQ(http_status(ErrorCode::internal), 500);
}

TEST(Error, CanBeBlamedOnAField) {
  const Error error(ErrorCode::conflict, "there is one already");
  EXPECT_EQ(error.field(), "");
  const Error blamed = error.at("output");
  EXPECT_EQ(blamed.field(), "output");
  EXPECT_EQ(blamed.code(), ErrorCode::conflict);
  EXPECT_STREQ(blamed.what(), "there is one already");
}

}  // namespace
}  // namespace sg

#include "image/operations.h"

#include <gtest/gtest.h>

namespace sg::image {
namespace {

TEST(Operations, AreWellDeclared) {
  for (const op::Operation& operation : {info_operation(), convert_operation(), resample_operation(),
                                         view_operation(), simulate_acquisition_operation()}) {
    EXPECT_EQ(op::verify(operation), std::vector<std::string>{}) << operation.name;
  }
}

}  // namespace
}  // namespace sg::image

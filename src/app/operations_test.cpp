#include "app/operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace sg::app {
namespace {

TEST(Operations, EveryDeclarationIsComplete) {
  for (const op::Operation& operation : operations())
    for (const std::string& problem : op::verify(operation))
      ADD_FAILURE() << operation.name << ": " << problem;
}

TEST(Operations, NamesAreUniqueAndGroupedInTheOrderOfModules) {
  std::set<std::string> names;
  std::vector<std::string> seen;
  for (const op::Operation& operation : operations()) {
    EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
    if (seen.empty() || seen.back() != operation.module()) seen.push_back(operation.module());
  }
  std::vector<std::string> listed;
  for (const Module& module : modules()) listed.push_back(module.name);
  EXPECT_EQ(seen, listed);
}

}  // namespace
}  // namespace sg::app

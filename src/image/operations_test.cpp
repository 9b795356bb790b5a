#include "image/operations.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "op/runner.h"

namespace sg::image {
namespace {

TEST(Operations, AreWellDeclared) {
  for (const op::Operation& operation : {info_operation(), convert_operation(), resample_operation(),
                                         view_operation(), simulate_acquisition_operation()}) {
    EXPECT_EQ(op::verify(operation), std::vector<std::string>{}) << operation.name;
  }
}

/// The field that a run of the operation's defaults, changed by `prepare`, blames.
template <class F>
std::string blamed(const op::Operation& operation, F prepare) {
  const auto object = operation.make();
  prepare(operation, object.get());
  try {
    operation.run(object.get(), Context());
  } catch (const Error& e) {
    return e.field();
  }
  return "nothing";
}

TEST(Operations, RefuseFieldsThatDoNotGoTogether) {
  EXPECT_EQ(blamed(resample_operation(), [](const auto&, void*) {}), "spacing");
  EXPECT_EQ(blamed(resample_operation(),
                   [](const op::Operation& operation, void* object) {
                     operation.find("reference")->engage(object);
                     operation.find("spacing")->engage(object);
                   }),
            "spacing");
  EXPECT_EQ(blamed(view_operation(),
                   [](const op::Operation& operation, void* object) {
                     op::assign(*operation.find("window"), object, op::Json::array({5.0}));
                   }),
            "window");
  op::Request request;
  request.inputs = {{"image", "x.nii"}};
  request.outputs = {{"acquired_labels", "y.nii"}};
  try {
    op::check(simulate_acquisition_operation(), request);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.field(), "labels");
  }
}

}  // namespace
}  // namespace sg::image

#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "nn/tensor.h"

namespace sg::nn {

/// With one axis.
inline Tensor tensor_of(const std::vector<float>& values) {
  Tensor tensor({static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.data());
  return tensor;
}

/// Runs `work`, which must throw an Error of this code whose message holds `part` and stays readable.
template <class Work>
void expect_error(ErrorCode code, const std::string& part, const Work& work) {
  try {
    work();
    FAIL() << "no error, expected one with '" << part << "'";
  } catch (const Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_NE(text.find(part), std::string::npos) << text << "\nexpected: " << part;
    EXPECT_LT(text.size(), 600U);
  }
}

/// Runs `work`, which must refuse with exactly this message.
template <class Work>
void expect_message(const std::string& message, const Work& work) {
  try {
    work();
    ADD_FAILURE() << "no error, expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), message);
    EXPECT_EQ(error.code(), ErrorCode::invalid_input);
  }
}

}  // namespace sg::nn

#pragma once
#include <string>
#include <vector>

#include "op/operation.h"

namespace sg::platform {

/// What a process of `Previews` does until the other end of the socket `link` is closed or nothing was asked
/// for five minutes: reads a question a line, answers each with a line. Questions:
///   {"image": PATH, "region": {…}, "operation": NAME, "parameters": {…}, "outputs": […], "seed": N}
///   {"image": PATH, "region": {…}}    the image itself        {"cancel": true}    the question before
/// Answers: "answer JSON" or "problem JSON". The image asked for last stays in memory.
void answer_previews(const std::vector<op::Operation>& operations, int link);

}  // namespace sg::platform

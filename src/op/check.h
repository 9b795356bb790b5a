#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "op/json.h"
#include "op/operation.h"

namespace sg::op {

/// What a field takes, as it stands in messages and help: "a number from 0 to 10 mm", "one of nearest,
/// linear".
std::string expectation(const FieldInfo& field);

/// `given` in the form the field stores: whole reals as integers where asked, one number for all of Vec3. The
/// one place where inline values are judged, so every surface says the same. Throws invalid_input at the
/// field, e.g. "lambda is 12, expected a number from 0 to 10".
Json checked(const FieldInfo& field, const Json& given);
/// The same from text as typed on a command line or in a form.
Json checked_text(const FieldInfo& field, const std::string& text);

/// Puts what is given into `object`, checked; what is not keeps its default.
void set_parameters(const Operation& operation, void* object, const Json& given);

/// Throws invalid_input if the loaded volume does not have the dimensions the field asks for; `file` is how
/// it is called.
void check_dimensions(const FieldInfo& field, const void* value, const std::string& file);

/// The candidate that `word` most likely means (edit distance with transpositions ≤ a third of its length, or
/// a unique beginning); "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);
/// ", did you mean “x”?" or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace sg::op

#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace sg {

/// What went wrong, in the words every surface shares. One table (error.cpp) maps a code to its name, the
/// exit status of the command line and the HTTP status of the server.
enum class ErrorCode {
  invalid_input,       // a value or file that breaks a stated rule
  unsupported_format,  // well formed, but a variant we do not read or write
  not_found,
  conflict,  // something already there would be overwritten or contradicted
  forbidden,
  cancelled,
  unavailable,  // a needed service, model or device is absent
  resource,     // memory, disk or time ran out
  internal      // our own mistake
};

/// The only exception of the project. `message` names the offending value and what was expected and never
/// holds a patient identifier; `field` names the input or parameter at fault ("" if none).
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string field = "")
      : std::runtime_error(message), code_(code), field_(std::move(field)) {}
  ErrorCode code() const { return code_; }
  const std::string& field() const { return field_; }
  /// The same error blamed on `field`; used where a lower layer does not know which input it was given.
  Error at(std::string field) const { return {code_, what(), std::move(field)}; }

 private:
  ErrorCode code_;
  std::string field_;
};

std::string_view name(ErrorCode code);
int exit_status(ErrorCode code);
int http_status(ErrorCode code);

}  // namespace sg

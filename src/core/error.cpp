#include "core/error.h"

#include <array>

namespace sg {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit_status;
  int http_status;
};

// Exit statuses follow sysexits(3) where it has a fitting one, so that scripts can tell bad data from a full
// disk.
constexpr std::array<Row, 9> table{{
    {ErrorCode::invalid_input, "invalid_input", 65, 422},
    {ErrorCode::unsupported_format, "unsupported_format", 66, 415},
    {ErrorCode::not_found, "not_found", 67, 404},
    {ErrorCode::conflict, "conflict", 73, 409},
    {ErrorCode::forbidden, "forbidden", 77, 403},
    {ErrorCode::cancelled, "cancelled", 130, 499},
    {ErrorCode::unavailable, "unavailable", 69, 503},
    {ErrorCode::resource, "resource", 74, 507},
    {ErrorCode::internal, "internal", 70, 500},
}};

const Row& row(ErrorCode code) { return table.at(static_cast<std::size_t>(code)); }

}  // namespace

std::string_view name(ErrorCode code) { return row(code).name; }
int exit_status(ErrorCode code) { return row(code).exit_status; }
int http_status(ErrorCode code) { return row(code).http_status; }

}  // namespace sg

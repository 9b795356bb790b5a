#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sg::io {

// Small text helpers of the header parsers; all are independent of the locale.

std::string_view trimmed(std::string_view text);
std::string lower(std::string_view text);
/// Pieces between runs of white space.
std::vector<std::string_view> words(std::string_view text);
/// The number that is the whole of `text` (nan and inf included), or nothing.
std::optional<double> parse_number(std::string_view text);
std::optional<long long> parse_integer(std::string_view text);
/// Length of the well-formed UTF-8 sequence at the front of `text` (not empty), 0 if there is none.
std::size_t utf8_length(std::string_view text);
/// What a file's text field holds, fit to show and store: up to the first NUL, trimmed, control characters
/// and bytes that are not UTF-8 replaced by '?', at most `limit` bytes.
std::string clean_text(std::string_view text, std::size_t limit = 4096);
/// A number in the fewest digits that read back the same double.
std::string shortest(double value);

}  // namespace sg::io

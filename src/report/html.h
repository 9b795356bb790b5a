#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sg::report {

/// Text made safe between tags and inside double-quoted attributes: & < > " ' become references, bytes that
/// are not valid UTF-8 and control characters other than tab and line feed become U+FFFD.
std::string escape(std::string_view text);

/// RFC 4648, with padding.
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace sg::report

#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sg::nn {

/// The beginning of a foreign text for a message: whole UTF-8 characters up to `most` bytes, control
/// characters as \u001b.
inline std::string excerpt(std::string_view text, std::size_t most = 40) {
  const bool cut = text.size() > most;
  if (cut) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
    text = text.substr(0, most);
  }
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F)
      result += fmt::format("\\u{:04x}", byte);
    else
      result += c;
  }
  return result + (cut ? "…" : "");
}

}  // namespace sg::nn

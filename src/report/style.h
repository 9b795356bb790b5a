#pragma once
#include <string_view>

namespace sg::report {

/// The page's style sheet: custom properties for light and dark, print rules.
std::string_view style_sheet();
/// The page's only script (the slider of before/after pictures), and the base64 SHA-256 by which the page's
/// content security policy allows it.
std::string_view script();
std::string_view script_hash();

}  // namespace sg::report

#pragma once

namespace sg::app {

/// What main() calls in libsg_app once it is loaded; the exit status.
using Entry = int (*)(int argc, char** argv);
inline constexpr const char* entry_name = "shaoguang_entry";

}  // namespace sg::app

#pragma once

namespace sg::report {

/// What a reader should think of a value. Never shown by colour alone.
enum class Tone { neutral, good, warn, bad };

}  // namespace sg::report

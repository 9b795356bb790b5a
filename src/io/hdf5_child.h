#pragma once
#include <functional>
#include <span>
#include <string>

#include "io/files.h"

namespace sg::io {

/// Runs `work` in a forked child and returns the bytes it handed out. Meant for libraries that hostile bytes
/// can crash or hang (see docs/adr/0002-hdf5.md): a crash, an exception that is not Error, `seconds` of time
/// or `memory` bytes beyond what the process has now become Error{invalid_input} with `what` as the thing
/// that is damaged; an Error comes through as it is. The child has the caller's thread only: `work` must not
/// use parallel_for or wait for other threads. Throws resource if no process can be started. Cost: a fork,
/// about 1 ms plus 10 ms for each GiB the caller holds.
Bytes run_in_child(const std::function<Bytes()>& work, const std::string& what, int seconds = 60,
                   std::uint64_t memory = std::uint64_t{4} << 30);

}  // namespace sg::io

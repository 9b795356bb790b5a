#pragma once
#include <functional>
#include <span>
#include <string>

#include "io/files.h"

namespace sg::io {

/// What a child may use before it counts as lost.
struct ChildLimits {
  int cpu_seconds = 10;                           // wall clock: ten times as much
  std::uint64_t memory = std::uint64_t{1} << 30;  // address space beyond what the process has now
};

/// Runs `work` in a forked child and returns the bytes it handed out. Meant for libraries that hostile bytes
/// can crash or hang (see docs/adr/0002-hdf5.md): a crash, an exception that is not Error, or a broken limit
/// becomes Error{invalid_input} with `what` as the thing that is damaged; an Error comes through as it is.
/// The child has the caller's thread only: `work` must not use parallel_for or wait for other threads. Throws
/// resource if no process can be started. Cost: a fork, which grows with the memory the caller holds.
Bytes run_in_child(const std::function<Bytes()>& work, const std::string& what,
                   const ChildLimits& limits = {});

}  // namespace sg::io

#include "io/hdf5_child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "core/error.h"

namespace sg::io {
namespace {

enum class Outcome : std::uint8_t { done, refused, failed };

bool write_all(int descriptor, const void* data, std::size_t size) {
  const auto* p = static_cast<const std::uint8_t*>(data);
  while (size > 0) {
    const ssize_t n = ::write(descriptor, p, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

void limit(int resource, rlim_t value) {
  const rlimit wanted{value, value};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &wanted);
}

/// Address space of this process in bytes, 0 if unknown. No stdio: its locks may have been held by another
/// thread when this process was forked.
std::uint64_t address_space() {
  char text[64] = {};
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t n = ::read(file, text, sizeof text - 1);
  ::close(file);
  return n <= 0 ? 0 : std::strtoull(text, nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

[[noreturn]] void be_the_child(int out, const std::function<Bytes()>& work, const ChildLimits& limits) {
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM, SIGXCPU, SIGTERM, SIGINT})
    ::signal(number, SIG_DFL);
  // The C library reports a broken heap on standard error, where it would only puzzle the user.
  if (const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0)
    ::dup2(nowhere, STDERR_FILENO);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu_seconds));
  // Address sanitizers reserve terabytes; there the limit would only break them.
  const std::uint64_t now = address_space();
  if (now > 0 && now < std::uint64_t{1} << 40) limit(RLIMIT_AS, now + limits.memory);
  ::alarm(static_cast<unsigned>(10 * limits.cpu_seconds));
  const auto answer = [out](Outcome outcome, const void* data, std::size_t size) {
    const bool sent = write_all(out, &outcome, 1) && write_all(out, data, size);
    ::_exit(sent ? 0 : 1);
  };
  try {
    const Bytes result = work();
    answer(Outcome::done, result.data(), result.size());
  } catch (const Error& e) {
    const std::string text = static_cast<char>(e.code()) + std::string(e.what());
    answer(Outcome::refused, text.data(), text.size());
  } catch (...) {
    answer(Outcome::failed, "", 0);
  }
  ::_exit(1);
}

/// Reads until the other end closes; false when time ran out or more came than the child may hold.
bool read_until_closed(int in, Bytes& bytes, const ChildLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10 * limits.cpu_seconds + 5);
  std::array<std::uint8_t, 1 << 16> block;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{in, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&entry, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t n = ::read(in, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    if (bytes.size() > limits.memory) return false;
    bytes.insert(bytes.end(), block.data(), block.data() + n);
  }
}

}  // namespace

Bytes run_in_child(const std::function<Bytes()>& work, const std::string& what, const ChildLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ErrorCode::resource, fmt::format("no pipe for a child process: {}", std::strerror(errno)));
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_the_child(ends[1], work, limits);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    throw Error(ErrorCode::resource,
                fmt::format("no child process can be started: {}", std::strerror(errno)));
  }
  Bytes bytes;
  const bool closed = read_until_closed(ends[0], bytes, limits);
  ::close(ends[0]);
  if (!closed) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool finished = closed && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !bytes.empty();
  const Outcome outcome = finished ? static_cast<Outcome>(bytes.front()) : Outcome::failed;
  if (outcome == Outcome::done) {
    bytes.erase(bytes.begin());
    return bytes;
  }
  if (outcome == Outcome::refused && bytes.size() > 1) {
    throw Error(static_cast<ErrorCode>(bytes[1]), std::string(bytes.begin() + 2, bytes.end()));
  }
  throw Error(ErrorCode::invalid_input, what + " is damaged: reading it failed and was stopped");
}

}  // namespace sg::io

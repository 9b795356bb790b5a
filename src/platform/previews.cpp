#include "platform/previews.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <list>
#include <mutex>

#include "core/error.h"
#include "op/json.h"
#include "platform/job.h"

extern char** environ;

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using op::Json;

constexpr auto look = std::chrono::milliseconds(50);
constexpr auto grace = std::chrono::milliseconds(500);  // for work that hears of a cancel

/// A process that answers (preview_worker.h), and the socket to it.
class Worker {
 public:
  explicit Worker(const fs::path& program) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      throw Error(ErrorCode::resource, fmt::format("no socket for a preview: {}", std::strerror(errno)));
    link_ = ends[0];
    const int room = 4 << 20;  // an answer in one piece
    ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    std::string path = program.string(), word = "preview-worker";
    char* words[] = {path.data(), word.data(), nullptr};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    // Connections of the server would stay open as long as it lives.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    const int failed = ::posix_spawn(&pid_, words[0], &actions, &attributes, words, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    ::close(ends[1]);
    if (failed == 0) {
      std::ofstream(fmt::format("/proc/{}/oom_score_adj", pid_)) << 700;
      return;
    }
    ::close(link_);
    throw Error(ErrorCode::unavailable, fmt::format("{} cannot be started: {}", path, std::strerror(failed)));
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    ::close(link_);
    if (pid_ <= 0) return;  // it has ended, and its number may be another's
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  /// Nothing is expected of an idle one: what it says is that it has ended.
  bool has_ended() const {
    pollfd ready{link_, POLLIN, 0};
    return ::poll(&ready, 1, 0) != 0;
  }
  void say(const Json& json) {
    const std::string line = op::dump(json) + "\n";
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t count = ::send(link_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) throw ended();
      sent += static_cast<std::size_t>(count);
    }
  }
  /// Whether the answer is complete, after a moment of waiting for it.
  bool hear(std::string& answer) {
    pollfd ready{link_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(look.count())) <= 0) return false;
    const std::size_t before = answer.size();
    answer.resize(before + (1 << 20));
    const ssize_t count = ::recv(link_, answer.data() + before, answer.size() - before, 0);
    answer.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count <= 0) throw ended();
    if (answer.back() != '\n') return false;
    answer.pop_back();
    return true;
  }

  bool busy = false;
  std::string image;  // asked for last

 private:
  /// Why there will be no answer; a process that has closed its socket is about to end.
  Error ended() {
    int status = 0;
    pid_t gone = 0;
    for (const auto last = Clock::now() + grace; gone == 0 && Clock::now() < last;) {
      gone = ::waitpid(pid_, &status, WNOHANG);
      if (gone == 0) ::usleep(5000);
    }
    if (gone != 0) pid_ = 0;
    return {ErrorCode::internal, gone > 0 && WIFSIGNALED(status)
                                     ? fmt::format("the preview's process ended with signal {} ({})",
                                                   WTERMSIG(status), ::strsignal(WTERMSIG(status)))
                                     : std::string("the preview's process ended without an answer")};
  }

  int link_ = -1;
  pid_t pid_ = 0;
};

}  // namespace

struct Previews::Pool {
  Pool(Workspace& w, Options o) : workspace(w), options(std::move(o)), folder(w.folder() / "previews") {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  ~Pool() {
    workers.clear();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  std::string laid_out(const std::string& id) {
    const Artifact artifact = workspace.store().artifact(id);
    if (artifact.state == ArtifactState::inspecting)
      throw Error(ErrorCode::conflict, fmt::format("{} is still being looked at", artifact.name));
    const std::lock_guard lock(mutex);
    return workspace.lay_out(artifact, folder / id).string();
  }

  Worker& taken(const std::string& image, const Gone& gone, Clock::time_point end) {
    std::unique_lock lock(mutex);
    for (;;) {
      workers.remove_if([](const auto& worker) { return !worker->busy && worker->has_ended(); });
      Worker* best = nullptr;
      for (const auto& worker : workers)
        if (!worker->busy && (best == nullptr || worker->image == image)) best = worker.get();
      if (best == nullptr && std::ssize(workers) < options.workers)
        best = workers.emplace_back(std::make_unique<Worker>(options.program)).get();
      if (best != nullptr) {
        best->busy = true;
        best->image = image;
        return *best;
      }
      freed.wait_for(lock, look);
      if (gone()) throw Error(ErrorCode::cancelled, "nobody waits for the preview any more");
      if (Clock::now() > end)
        throw Error(ErrorCode::unavailable,
                    fmt::format("{} previews are being made, try again later", options.workers));
    }
  }
  void give_back(Worker& worker, bool usable) {
    const std::lock_guard lock(mutex);
    worker.busy = false;
    if (!usable) workers.remove_if([&](const auto& one) { return one.get() == &worker; });
    freed.notify_one();
  }

  std::string asked(const Json& question, const Gone& gone) {
    const auto end = Clock::now() + options.limit;
    Worker& worker = taken(question["image"].get<std::string>(), gone, end);
    bool usable = false;
    std::string line;
    try {
      worker.say(question);
      usable = heard(worker, line, gone, end);
    } catch (...) {
      give_back(worker, false);
      throw;
    }
    give_back(worker, usable);
    if (gone()) throw Error(ErrorCode::cancelled, "nobody waits for the preview any more");
    if (line.starts_with(good)) return line.substr(std::strlen(good));
    if (!usable || Clock::now() > end)
      throw Error(
          ErrorCode::resource,
          fmt::format("the preview was not ready within {:g} s, expected a smaller region, a faster method "
                      "or a run",
                      std::chrono::duration<double>(options.limit).count()));
    throw op::error_of(op::parse_json(line.substr(std::strlen(bad)), "a preview"));
  }

  /// False if the work had to be given up and its process does not hear of it.
  static bool heard(Worker& worker, std::string& line, const Gone& gone, Clock::time_point end) {
    while (!worker.hear(line)) {
      if (!gone() && Clock::now() < end) continue;
      worker.say({{"cancel", true}});
      for (const auto last = Clock::now() + grace; Clock::now() < last;)
        if (worker.hear(line)) return true;
      line.clear();
      return false;
    }
    return true;
  }

  static constexpr const char *good = "answer ", *bad = "problem ";
  Workspace& workspace;
  Options options;
  fs::path folder;
  std::mutex mutex;
  std::condition_variable freed;
  std::list<std::unique_ptr<Worker>> workers;
};

Previews::Previews(Workspace& workspace, Options options)
    : pool_(std::make_unique<Pool>(workspace, std::move(options))) {}
Previews::~Previews() = default;

std::string Previews::frame(const std::string& artifact, std::int64_t number, const Gone& gone) {
  return pool_->asked({{"image", pool_->laid_out(artifact)}, {"region", {{"frame", number}}}}, gone);
}

std::string Previews::preview(const op::Operation& operation, const RunRequest& request, const Json& region,
                              const Gone& gone) {
  if (!operation.previews)
    throw Error(ErrorCode::invalid_input, operation.name + " gives no previews, expected a run", "operation");
  const Run judged = prepare_run(pool_->workspace, operation, request);
  if (judged.inputs.size() != 1)
    throw Error(ErrorCode::invalid_input,
                fmt::format("{} inputs were given, expected the image alone", judged.inputs.size()),
                "inputs");
  return pool_->asked({{"image", pool_->laid_out(judged.inputs.begin()->second)},
                       {"region", region},
                       {"operation", operation.name},
                       {"parameters", request.parameters},
                       {"outputs", request.outputs.value_or(std::vector<std::string>{})},
                       {"seed", judged.seed}},
                      gone);
}

}  // namespace sg::platform

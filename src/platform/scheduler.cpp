#include "platform/scheduler.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.h"

extern char** environ;

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr auto tick = std::chrono::milliseconds(100);
constexpr auto patience = std::chrono::seconds(10);
constexpr int most_inspections = 3;  // of one file
constexpr int most_together = 50;    // in one process

/// One scheduler a workspace; the lock goes with the process that holds it, however that ends.
int lock_of(const fs::path& folder) {
  const fs::path file = folder / "scheduler.lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0)
    throw Error(ErrorCode::forbidden,
                fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    ::close(descriptor);
    throw Error(ErrorCode::conflict,
                fmt::format("workspace {} is served by another process already", folder.string()));
  }
  return descriptor;
}

}  // namespace

struct Scheduler::Worker {
  Worker(Workspace& w, Options o, ProgressSink p)
      : workspace(w), options(std::move(o)), progress(std::move(p)), lock(lock_of(w.folder())) {
    if (options.slots < 1) options.slots = 1;
    settle(workspace);
    thread = std::thread([this] { loop(); });
  }
  ~Worker() {
    {
      const std::lock_guard guard(mutex);
      stopping = true;
    }
    changed.notify_all();
    thread.join();
    ::close(lock);
  }

  struct Child {
    std::string id;
    std::vector<std::string> inspects;  // artifacts, done in this order; empty: the child is a run
    double fraction = -1;
  };

  void loop() {
    std::int64_t seen = -1;
    for (;;) {
      {
        std::unique_lock guard(mutex);
        changed.wait_for(guard, tick, [this] { return stopping || awake; });
        if (stopping) return;
        awake = false;
      }
      try {
        const bool ended = reap();
        const std::int64_t change = workspace.store().last_change();
        if (ended || change != seen) {
          seen = change;
          cancel();
          start();
        }
        kill_stubborn();
        report();
      } catch (const Error&) {
        // A locked database or a full disk passes; the records are the truth and are read again at the next
        // tick.
        seen = -1;
      }
    }
  }

  /// Children that ended; true if there were any.
  bool reap() {
    bool ended = false;
    for (auto child = children.begin(); child != children.end();) {
      int status = 0;
      if (::waitpid(child->first, &status, WNOHANG) != child->first) {
        ++child;
        continue;
      }
      ended = true;
      const Child gone = child->second;
      child = children.erase(child);
      if (!gone.inspects.empty()) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
          give_up_first(gone.inspects, status);
        } else {
          for (const std::string& id : gone.inspects) inspections.erase(id);
        }
        std::error_code ignored;
        fs::remove(workspace.log_file(gone.id), ignored);
      }
      if (gone.inspects.empty()) started.erase(gone.id);
    }
    // Also runs of an earlier scheduler, whose processes are nobody's children here.
    if (ended || ++since_settled > 20) {
      since_settled = 0;
      ended = !settle(workspace).empty() || ended;
    }
    return ended;
  }

  /// An inspection that crashed: the file is kept and says so. It is the first that was not done; the others
  /// are tried again.
  void give_up_first(const std::vector<std::string>& ids, int status) {
    for (const std::string& id : ids) {
      if (give_up(id, status)) return;
    }
  }
  bool give_up(const std::string& id, int status) {
    try {
      Artifact artifact = workspace.store().artifact(id);
      if (artifact.state != ArtifactState::inspecting) return false;
      artifact.state = ArtifactState::unreadable;
      artifact.problem = WIFSIGNALED(status)
                             ? fmt::format("reading it ended with signal {} ({})", WTERMSIG(status),
                                           ::strsignal(WTERMSIG(status)))
                             : fmt::format("reading it ended with status {}", WEXITSTATUS(status));
      workspace.store().update(artifact);
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::not_found) throw;  // deleted meanwhile
      return false;
    }
  }

  void cancel() {
    RunQuery query;
    query.state = RunState::running;
    query.limit = 1000;
    for (const platform::Run& run : workspace.store().runs(query).items) {
      if (!run.cancel_requested || !asked.insert(run.id).second) continue;
      if (is_alive(run.process, run.process_start)) ::kill(static_cast<pid_t>(run.process), SIGTERM);
      deadlines[run.id] = Clock::now() + patience;
    }
  }

  void kill_stubborn() {
    for (auto it = deadlines.begin(); it != deadlines.end();) {
      if (Clock::now() < it->second) {
        ++it;
        continue;
      }
      const platform::Run run = workspace.store().run(it->first);
      if (run.state == RunState::running && is_alive(run.process, run.process_start))
        ::kill(static_cast<pid_t>(run.process), SIGKILL);
      asked.erase(it->first);
      it = deadlines.erase(it);
    }
  }

  int running(bool inspects) const {
    int count = 0;
    for (const auto& [pid, child] : children) count += child.inspects.empty() != inspects ? 1 : 0;
    return count;
  }

  void start() {
    if (running(true) < 1) {
      Child child;
      for (const std::string& id : workspace.store().to_inspect(1000)) {
        if (std::ssize(child.inspects) < most_together && ++inspections[id] <= most_inspections)
          child.inspects.push_back(id);
      }
      if (!child.inspects.empty()) {
        child.id = child.inspects[0];
        std::vector<std::string> arguments{"inspect"};
        arguments.insert(arguments.end(), child.inspects.begin(), child.inspects.end());
        launch(std::move(arguments), std::move(child));
      }
    }
    RunQuery running_query;
    running_query.state = RunState::running;
    // Those started but not yet in the records count, too; those in the records may not be ours.
    std::set<std::string> busy = started;
    for (const platform::Run& run : workspace.store().runs(running_query).items) busy.insert(run.id);
    if (std::ssize(busy) >= options.slots) return;
    for (const std::string& id :
         workspace.store().ready_runs(options.slots + static_cast<int>(busy.size()))) {
      if (busy.contains(id)) continue;
      if (std::ssize(busy) >= options.slots || !launch({"run-job", id}, {.id = id})) return;
      started.insert(id);
      busy.insert(id);
    }
  }

  bool launch(std::vector<std::string> arguments, Child child) {
    arguments.insert(arguments.begin(), options.program.string());
    arguments.insert(arguments.end(), {"--workspace", workspace.folder().string()});
    if (options.threads > 0)
      arguments.insert(arguments.end(), {"--threads", std::to_string(options.threads)});
    std::vector<char*> words;
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const fs::path log = workspace.log_file(child.id);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    // A session of its own: Ctrl-C at the server's terminal is not for it.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t pid = 0;
    const int failed = ::posix_spawn(&pid, words[0], &actions, &attributes, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (failed != 0) return false;
    // The server answers first, and where memory runs out the run goes, not the server.
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), 10);
    std::ofstream(fmt::format("/proc/{}/oom_score_adj", pid)) << 500;
    children[pid] = std::move(child);
    return true;
  }

  void report() {
    if (!progress) return;
    for (auto& [pid, child] : children) {
      if (!child.inspects.empty()) continue;
      const Progress now = progress_of(workspace, child.id);
      if (now.fraction == child.fraction) continue;
      child.fraction = now.fraction;
      progress(child.id, now);
    }
  }

  Workspace& workspace;
  Options options;
  ProgressSink progress;
  int lock = -1;
  std::map<pid_t, Child> children;
  std::set<std::string> started, asked;
  std::map<std::string, Clock::time_point> deadlines;
  std::map<std::string, int> inspections;
  int since_settled = 0;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false, awake = true;
  std::thread thread;
};

Scheduler::Scheduler(Workspace& workspace, Options options, ProgressSink progress)
    : worker_(std::make_unique<Worker>(workspace, std::move(options), std::move(progress))) {}
Scheduler::~Scheduler() = default;

void Scheduler::wake() {
  {
    const std::lock_guard guard(worker_->mutex);
    worker_->awake = true;
  }
  worker_->changed.notify_all();
}

}  // namespace sg::platform

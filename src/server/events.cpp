#include "server/events.h"

#include <fmt/format.h>

#include "core/error.h"

namespace sg::server {
namespace {

using platform::Json;
constexpr auto period = std::chrono::milliseconds(100);
constexpr std::size_t kept = 2000;

std::string text_of(std::int64_t id, const std::string& name, const Json& data) {
  // op::dump writes one line, so that nothing in the data can begin a field of the stream.
  return (id > 0 ? fmt::format("id: {}\n", id) : "") +
         fmt::format("event: {}\ndata: {}\n\n", name, op::dump(data));
}

}  // namespace

Events::Events(const platform::Workspace& workspace) : workspace_(workspace), thread_([this] { watch(); }) {}

Events::~Events() {
  stop();
  thread_.join();
}

void Events::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Events::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Events::publish(Event event) {
  {
    const std::lock_guard lock(mutex_);
    recent_.push_back(std::move(event));
    if (recent_.size() > kept) {
      recent_.pop_front();
      ++first_;
    }
  }
  changed_.notify_all();
}

void Events::progress(const std::string& run, const platform::Progress& progress) {
  Json data = {{"run", run}};
  put_progress(data, progress);
  publish({0, run, text_of(0, "progress", data)});
}

Event Events::event_of(const platform::Change& change) const {
  const bool about_run = change.kind.ends_with("run");
  const std::string run = about_run ? change.id : "";
  if (change.kind.starts_with("deleted ")) {
    return {change.number, run,
            text_of(change.number, "deleted", {{"kind", change.kind.substr(8)}, {"id", change.id}})};
  }
  try {
    const Json data = about_run ? to_json(workspace_.store().run(change.id))
                                : to_json(workspace_.store().artifact(change.id));
    return {change.number, run, text_of(change.number, change.kind, data)};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;  // deleted since; its deletion follows
    return {change.number, run, ""};
  }
}

void Events::watch() {
  std::int64_t seen = -1;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, period, [this] { return stopping_; });
      if (stopping_) return;
    }
    try {
      if (seen < 0) seen = workspace_.store().last_change();
      for (const platform::Change& change : workspace_.store().changes_since(seen)) {
        Event event = event_of(change);
        seen = change.number;
        if (!event.text.empty()) publish(std::move(event));
      }
    } catch (const Error&) {
      continue;  // locked for long, or the disk is full: the log is read again from where it stood
    }
  }
}

Events::Listener Events::listen(std::int64_t after) const {
  const std::lock_guard lock(mutex_);
  return {after, first_ + static_cast<std::int64_t>(recent_.size())};
}

std::vector<Event> Events::next(Listener& listener, std::chrono::milliseconds patience) {
  std::vector<Event> events;
  if (listener.change >= 0) {  // what it missed, from the log
    const std::vector<platform::Change> missed = workspace_.store().changes_since(listener.change);
    for (const platform::Change& change : missed) events.push_back(event_of(change));
    listener.change = missed.empty() ? -1 : missed.back().number;
    std::erase_if(events, [](const Event& event) { return event.text.empty(); });
    if (!events.empty()) return events;
  }
  std::unique_lock lock(mutex_);
  const auto end = [this] { return first_ + static_cast<std::int64_t>(recent_.size()); };
  changed_.wait_for(lock, patience, [&] { return stopping_ || end() > listener.position; });
  // A listener too slow to be kept in step loses progress and the oldest events; the page asks anew.
  for (std::int64_t i = std::max(listener.position, first_); i < end(); ++i)
    events.push_back(recent_[static_cast<std::size_t>(i - first_)]);
  listener.position = end();
  return events;
}

}  // namespace sg::server

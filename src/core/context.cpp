#include "core/context.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "core/error.h"

namespace sg {

struct Context::State {
  std::uint64_t seed = 0;
  std::atomic<bool> cancelled{false};
  std::mutex mutex;  // guards everything below
  double reached = -1;
  std::string stage;
  ProgressSink progress;
  LogSink log;
};

Context::Context() : state_(std::make_shared<State>()) {}
Context::Context(std::uint64_t seed) : Context() { state_->seed = seed; }

void Context::on_progress(ProgressSink sink) {
  std::lock_guard lock(state_->mutex);
  state_->progress = std::move(sink);
}

void Context::on_log(LogSink sink) {
  std::lock_guard lock(state_->mutex);
  state_->log = std::move(sink);
}

Context Context::part(double from, double to, std::string stage) const {
  Context child = *this;
  child.from_ = from_ + from * (to_ - from_);
  child.to_ = from_ + to * (to_ - from_);
  if (!stage.empty()) child.stage_ = std::move(stage);
  child.progress(0);
  return child;
}

Context Context::silent() const {
  Context child = *this;
  child.quiet_ = true;
  return child;
}

void Context::progress(double fraction) const {
  check();
  if (quiet_) return;
  std::lock_guard lock(state_->mutex);
  const double whole = from_ + std::clamp(fraction, 0.0, 1.0) * (to_ - from_);
  if (whole < state_->reached || (whole == state_->reached && stage_ == state_->stage)) return;
  state_->reached = whole;
  state_->stage = stage_;
  if (state_->progress) state_->progress(whole, stage_);
}

void Context::check() const {
  if (cancelled()) throw Error(ErrorCode::cancelled, "the run was cancelled");
}

void Context::cancel() const { state_->cancelled = true; }
bool Context::cancelled() const { return state_->cancelled; }

void Context::log(LogLevel level, const std::string& text) const {
  std::lock_guard lock(state_->mutex);
  if (state_->log) state_->log(level, text);
}

Rng Context::rng(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a: the stream depends on the name's bytes only
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return Rng(state_->seed).fork(hash);
}

std::uint64_t Context::seed() const { return state_->seed; }

}  // namespace sg

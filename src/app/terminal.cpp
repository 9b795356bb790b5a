#include "app/terminal.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "core/error.h"

namespace sg::app {
namespace {

constexpr double redraw_seconds = 0.1;
constexpr double report_seconds = 5;
constexpr int bar_width = 24;

std::atomic<const Context*> interruptible{nullptr};

extern "C" void on_interrupt(int) {
  static std::atomic<bool> once{false};
  const Context* context = interruptible.load();
  if (context == nullptr || once.exchange(true)) _exit(exit_status(ErrorCode::cancelled));
  context->cancel();  // one atomic store
}

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Monitor::Monitor(Context& context, bool quiet, bool collect)
    : context_(context), quiet_(quiet), collect_(collect), terminal_(isatty(STDERR_FILENO) == 1) {
  context.on_progress([this](double fraction, const std::string& stage) { show(fraction, stage); });
  context.on_log([this](LogLevel level, const std::string& text) { log(level, text); });
}

Monitor::~Monitor() {
  context_.on_progress({});
  context_.on_log({});
  clear();
}

void Monitor::show(double fraction, const std::string& stage) {
  if (quiet_ || (collect_ && !terminal_)) return;
  const Clock::time_point now = Clock::now();
  if (std::chrono::duration<double>(now - last_).count() < (terminal_ ? redraw_seconds : report_seconds))
    return;
  last_ = now;
  draw(fraction, stage, std::chrono::duration<double>(now - start_).count());
}

void Monitor::draw(double fraction, const std::string& stage, double seconds) {
  const std::string text = fmt::format("{:3.0f} %  {:.0f} s  {}", fraction * 100, seconds, stage);
  if (!terminal_) {
    fmt::print(stderr, "{}\n", text);
    return;
  }
  const int full = std::clamp(static_cast<int>(fraction * bar_width), 0, bar_width);
  std::string line(static_cast<std::size_t>(full), '#');
  line.resize(bar_width, '.');
  line = fmt::format("[{}] {}", line, text);
  if (line.size() >= terminal_width()) line.resize(terminal_width() - 1);
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  drawn_ = true;
}

void Monitor::clear() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
  drawn_ = false;
}

void Monitor::log(LogLevel level, const std::string& text) {
  if (level < LogLevel::warning) return;
  warnings_.push_back(text);
  if (quiet_ || collect_) return;
  clear();
  fmt::print(stderr, "warning: {}\n", text);
}

void cancel_on_interrupt(const Context& context) {
  // Kept for ever: a signal may arrive while everything else is being torn down.
  interruptible = new Context(context);
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

}  // namespace sg::app

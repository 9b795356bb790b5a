#include "platform/preview_worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "core/error.h"
#include "core/stats.h"
#include "io/image_io.h"
#include "op/guarded.h"
#include "op/preview.h"
#include "report/html.h"

namespace sg::platform {
namespace {

namespace fs = std::filesystem;
using op::Json;

constexpr int patience_ms = 5 * 60 * 1000;
constexpr std::int64_t most_pixels = 4 << 20;
static_assert(std::endian::native == std::endian::little, "pixels are sent as they lie in memory");

struct Question {
  Json json;
  Context context;
};

/// Questions as they come, so that a cancel is heard while an answer is being worked on.
class Questions {
 public:
  explicit Questions(int link) : link_(link), reader_([this] { read(); }) {}
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  /// The process ends with the reader.
  ~Questions() { reader_.join(); }

  Question next() {
    std::unique_lock lock(mutex_);
    come_.wait(lock, [this] { return !waiting_.empty(); });
    Question question = std::move(waiting_.front());
    waiting_.pop_front();
    current_ = question.context;
    return question;
  }
  void done() {
    const std::lock_guard lock(mutex_);
    current_.reset();
  }

 private:
  void read() {
    std::string text;
    std::vector<char> block(1 << 16);
    for (;;) {
      pollfd ready{link_, POLLIN, 0};
      const bool silent = ::poll(&ready, 1, patience_ms) == 0;
      if (silent && !busy()) _exit(0);
      if (silent) continue;
      const ssize_t count = ::recv(link_, block.data(), block.size(), 0);
      if (count <= 0) _exit(0);  // whoever asked is gone, and with it the use of what is being made
      text.append(block.data(), static_cast<std::size_t>(count));
      for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1))
        take(op::parse_json(text.substr(0, end), "a question"));
    }
  }
  bool busy() {
    const std::lock_guard lock(mutex_);
    return current_.has_value() || !waiting_.empty();
  }
  void take(Json json) {
    const std::lock_guard lock(mutex_);
    if (json.contains("cancel")) {
      if (current_) current_->cancel();
      for (const Question& question : waiting_) question.context.cancel();
      return;
    }
    const auto seed = json.value("seed", std::uint64_t{0});
    waiting_.push_back({std::move(json), Context(seed)});
    come_.notify_one();
  }

  int link_;
  std::mutex mutex_;
  std::condition_variable come_;
  std::deque<Question> waiting_;
  std::optional<Context> current_;
  std::thread reader_;
};

/// Pixels, colours interleaved: bytes as they are, all else as float32.
Json raster_of(const AnyVolume& image) {
  const Grid& grid = grid_of(image);
  const std::int64_t channels = channels_of(image), pixels = grid.size[0] * grid.size[1];
  const auto interleaved = [&](const auto& voxels) {
    using T = std::decay_t<decltype(*voxels.data())>;
    std::vector<T> values(static_cast<std::size_t>(pixels * channels));
    for (std::int64_t c = 0; c < channels; ++c)
      for (std::int64_t i = 0; i < pixels; ++i)
        values[static_cast<std::size_t>(i * channels + c)] = voxels.data()[c * pixels + i];
    return report::base64({reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)});
  };
  const auto* bytes = std::get_if<Volume<std::uint8_t>>(&image);
  return {{"width", grid.size[0]},
          {"height", grid.size[1]},
          {"channels", channels},
          {"type", bytes != nullptr ? "uint8" : "float32"},
          {"data", bytes != nullptr ? interleaved(*bytes) : interleaved(converted_to<float>(image))}};
}

/// The values between which a picture is shown: bytes as they are, else nearly all of them.
Json window_of(const AnyVolume& image) {
  if (std::holds_alternative<Volume<std::uint8_t>>(image)) return {0, 255};
  Volume<float> values = converted_to<float>(image);
  const auto end = std::remove_if(values.values().begin(), values.values().end(),
                                  [](float v) { return !std::isfinite(v); });
  const auto finite = values.values().first(static_cast<std::size_t>(end - values.values().begin()));
  if (finite.empty()) return {0, 1};
  return {quantile(finite, 0.002), quantile(finite, 0.998)};
}

class Answers {
 public:
  Answers(const std::vector<op::Operation>& operations, int link) : operations_(operations), link_(link) {}

  void answer(const Question& question) const {
    std::string line;
    try {
      line = "answer " + op::dump(op::guarded("", [&] { return found(question); }));
    } catch (const Error& error) {
      line = "problem " + op::dump(op::problem(without_folder(error, question.json)));
    }
    send(line + "\n");
  }

 private:
  Json found(const Question& question) const {
    const Json& json = question.json;
    const Image& image = image_at(json.at("image").get<std::string>(), question.context);
    const op::Window window = op::within(image, op::window_from(json.value("region", Json::object())));
    if (window.width * window.height > most_pixels)
      throw Error(ErrorCode::invalid_input,
                  fmt::format("region has {} by {} pixels, expected at most {} in all: a smaller part",
                              window.width, window.height, most_pixels),
                  "region");
    Image part = op::part_of(image, window);
    const auto& size = grid_of(image.voxels).size;
    Json answer = {{"region",
                    {{"frame", window.frame},
                     {"x", window.x},
                     {"y", window.y},
                     {"width", window.width},
                     {"height", window.height}}},
                   {"frames", op::frames_of(image)},
                   {"size", {size[0], size[1]}}};
    if (!json.contains("operation")) {
      answer["window"] = window_of(part.voxels);
      answer["image"] = raster_of(part.voxels);
      return answer;
    }
    work(question, std::move(part), answer);
    return answer;
  }

  void work(const Question& question, Image part, Json& answer) const {
    Context context = question.context;
    Json warnings = Json::array();
    std::mutex mutex;
    context.on_log([&](LogLevel level, const std::string& text) {
      const std::lock_guard lock(mutex);
      if (level >= LogLevel::warning) warnings.push_back(text);
    });
    const Json& json = question.json;
    op::Preview made =
        op::preview(op::find(operations_, json.at("operation").get<std::string>()), std::move(part),
                    json.at("parameters"), json.at("outputs").get<std::vector<std::string>>(), context);
    context.check();
    answer["images"] = Json::object();
    for (const auto& [name, image] : made.images) answer["images"][name] = raster_of(image.voxels);
    answer["values"] = std::move(made.values);
    answer["units"] = std::move(made.units);
    answer["warnings"] = std::move(warnings);
    answer["seconds"] = made.seconds;
  }

  const Image& image_at(const std::string& path, const Context& context) const {
    if (path != path_) {
      path_.clear();
      image_ = {};  // there may not be room for two
      image_ = io::read_image(path, context);
      path_ = path;
    }
    return image_;
  }

  /// Where the image was laid out is not for those who read the message.
  static Error without_folder(const Error& error, const Json& question) {
    std::string text = error.what();
    const fs::path image = question.value("image", "");
    for (const std::string& prefix : {image.parent_path().string() + "/", image.string()})
      for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;)
        text.erase(at, prefix.size());
    return {error.code(), text, error.field()};
  }

  void send(const std::string& line) const {
    for (std::size_t sent = 0; sent < line.size();) {
      const ssize_t count = ::send(link_, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) _exit(0);
      sent += static_cast<std::size_t>(count);
    }
  }

  const std::vector<op::Operation>& operations_;
  int link_;
  mutable std::string path_;
  mutable Image image_;
};

/// A method that wants all memory is told "not enough memory" at half of it, before the machine is in
/// trouble.
void limit_memory() {
  const auto bytes =
      static_cast<rlim_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
  const rlimit limit{bytes / 2, bytes / 2};
  ::setrlimit(RLIMIT_DATA, &limit);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
}

}  // namespace

void answer_previews(const std::vector<op::Operation>& operations, int link) {
  limit_memory();
  Questions questions(link);
  const Answers answers(operations, link);
  for (;;) {
    const Question question = questions.next();
    answers.answer(question);
    questions.done();
  }
}

}  // namespace sg::platform

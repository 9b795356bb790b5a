#include "ultrasound/rivals.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <thread>

#include "core/error.h"
#include "io/image_io.h"

extern char** environ;

namespace sg::ultrasound {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "shaoguang-rival-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw Error(ErrorCode::resource,
                  fmt::format("no folder could be made in {}", fs::temp_directory_path().string()));
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string at(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

/// Runs a program to its end, silently; ends it when the context says stop.
void run_program(std::vector<std::string> words, const Context& context) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
  pid_t child = 0;
  const int refused = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (refused != 0) throw Error(ErrorCode::resource, fmt::format("{} could not be started", words[0]));
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (context.cancelled()) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      context.check();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error(ErrorCode::resource, fmt::format("{} failed", words[0]));
}

}  // namespace

std::vector<Rival> installed_rivals() {
  std::vector<Rival> found;
  const Rival bm3d{"bm3d", "bm3d", "BM3D, the program of IPOL's article"};
  if (on_path(bm3d.program)) found.push_back(bm3d);
  return found;
}

GaussianDenoiser denoiser_of(const Rival& rival, const Context& context) {
  return [rival, context](const Volume<float>& image, double sigma) {
    const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
    if (image.empty() || *low == *high) return image.clone();
    const float least = *low, scale = 255 / (*high - *low);
    Volume<float> scaled = image.clone();
    for (float& value : scaled.values()) value = (value - least) * scale;
    const Folder folder;
    io::write_image(scaled, folder.at("in.tif"));
    run_program(
        {rival.program, folder.at("in.tif"), fmt::format("{:.6g}", sigma * scale), folder.at("out.tif")},
        context);
    const Volume<float> found = io::read_volume(folder.at("out.tif"));
    if (found.size() != image.size())
      throw Error(ErrorCode::internal, fmt::format("{} left an image of {}, expected {}", rival.program,
                                                   found.grid().describe(), image.grid().describe()));
    Volume<float> result(image.grid());
    for (std::int64_t i = 0; i < result.size(); ++i) result.data()[i] = found.data()[i] / scale + least;
    return result;
  };
}

}  // namespace sg::ultrasound

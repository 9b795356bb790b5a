#include "shell.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sg::test {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t copied_below = 4 << 20;

fs::path make_folder(const char* name) {
  std::string pattern = (fs::temp_directory_path() / name).string();
  return mkdtemp(pattern.data());
}

std::string single_quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string read_text(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

Workplace::Workplace(const fs::path& data)
    : path_(make_folder("sg-cli-XXXXXX")), captured_(make_folder("sg-out-XXXXXX")) {
  for (const auto& entry : fs::directory_iterator(data)) {
    const fs::path name = path_ / entry.path().filename();
    if (entry.is_directory() || fs::file_size(entry.path()) > copied_below)
      fs::create_symlink(fs::canonical(entry.path()), name);
    else
      fs::copy_file(entry.path(), name);
  }
}

Workplace::~Workplace() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  fs::remove_all(captured_, ignored);
}

ShellResult Workplace::run(const std::string& command, const fs::path& binary) const {
  const fs::path script = captured_ / "script", out = captured_ / "out", err = captured_ / "err";
  std::ofstream(script) << "PATH=" << single_quoted(binary.parent_path().string()) << ":$PATH\ncd "
                        << single_quoted(path_.string()) << "\n"
                        << command << "\n";
  const std::string line = "bash " + single_quoted(script.string()) + " > " + single_quoted(out.string()) +
                           " 2> " + single_quoted(err.string()) + " < /dev/null";
  const auto start = std::chrono::steady_clock::now();
  const int status = std::system(line.c_str());
  ShellResult result;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_text(out);
  result.err = read_text(err);
  return result;
}

}  // namespace sg::test

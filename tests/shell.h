#pragma once
#include <filesystem>
#include <string>

namespace sg::test {

struct ShellResult {
  int status = 0;  // 128 + signal if it was killed
  std::string out, err;
  double seconds = 0;
};

/// A folder of its own with the example data in it (small files copied, large ones linked), removed at the
/// end.
class Workplace {
 public:
  explicit Workplace(const std::filesystem::path& data);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  const std::filesystem::path& path() const { return path_; }
  /// Runs a bash command line in the folder, `binary`'s folder first in PATH.
  ShellResult run(const std::string& command, const std::filesystem::path& binary) const;

 private:
  std::filesystem::path path_, captured_;
};

std::string read_text(const std::filesystem::path& file);

}  // namespace sg::test

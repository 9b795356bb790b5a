#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sg {

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::span<const std::uint8_t> bytes);
  /// The digest, 64 lower-case hexadecimal digits; ends the hash.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct FileHash {
  std::string sha256;  // 64 lower-case hexadecimal digits
  std::uint64_t bytes = 0;
};

/// SHA-256 (FIPS 180-4) of a file; of a folder, of the sorted lines "digest  relative path\n" of its regular
/// files, as `sha256sum` prints them. Reads 1 MiB at a time. Throws not_found or forbidden.
FileHash hash_path(const std::filesystem::path& path);
std::string sha256(std::string_view bytes);

}  // namespace sg

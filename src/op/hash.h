#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace sg::op {

struct FileHash {
  std::string sha256;  // 64 lower-case hexadecimal digits
  std::uint64_t bytes = 0;
};

/// SHA-256 (FIPS 180-4) of a file; of a folder, of the sorted lines "digest  relative path\n" of its regular
/// files, as `sha256sum` prints them. Reads 1 MiB at a time. Throws not_found or forbidden.
FileHash hash_path(const std::filesystem::path& path);
std::string sha256(std::string_view bytes);

}  // namespace sg::op

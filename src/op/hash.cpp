#include "op/hash.h"

#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace sg::op {
namespace fs = std::filesystem;
namespace {

class Hasher {
 public:
  Hasher() { crypto_hash_sha256_init(&state_); }
  void add(const unsigned char* bytes, std::size_t count) {
    crypto_hash_sha256_update(&state_, bytes, count);
  }
  std::string digest() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> raw{};
    crypto_hash_sha256_final(&state_, raw.data());
    std::string text;
    for (unsigned char byte : raw) text += fmt::format("{:02x}", byte);
    return text;
  }

 private:
  crypto_hash_sha256_state state_;
};

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

FileHash hash_file(const fs::path& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file)
    throw Error(errno == EACCES ? ErrorCode::forbidden : ErrorCode::not_found,
                fmt::format("{}: {}", path.string(), std::strerror(errno)));
  Hasher hasher;
  FileHash result;
  std::vector<unsigned char> block(1 << 20);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    hasher.add(block.data(), count);
    result.bytes += count;
  }
  result.sha256 = hasher.digest();
  return result;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  Hasher hasher;
  const std::vector<unsigned char> copy(bytes.begin(), bytes.end());
  hasher.add(copy.data(), copy.size());
  return hasher.digest();
}

FileHash hash_path(const fs::path& path) {
  if (!fs::is_directory(path)) return hash_file(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  FileHash result;
  std::string listing;
  for (const fs::path& file : files) {
    const FileHash one = hash_file(file);
    listing += one.sha256 + "  " + fs::relative(file, path).string() + "\n";
    result.bytes += one.bytes;
  }
  result.sha256 = sha256(listing);
  return result;
}

}  // namespace sg::op

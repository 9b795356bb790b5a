#include "core/sha256.h"

#include <fmt/format.h>
#include <sodium/crypto_hash_sha256.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/error.h"

namespace sg {
namespace fs = std::filesystem;
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

FileHash hash_file(const fs::path& path) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (!file)
    throw Error(errno == EACCES ? ErrorCode::forbidden : ErrorCode::not_found,
                fmt::format("{}: {}", path.string(), std::strerror(errno)));
  Sha256 hash;
  FileHash result;
  std::vector<std::uint8_t> block(1 << 20);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    hash.update(std::span(block).first(count));
    result.bytes += count;
  }
  result.sha256 = hash.hex();
  return result;
}

}  // namespace

struct Sha256::State {
  crypto_hash_sha256_state state;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { crypto_hash_sha256_init(&state_->state); }
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::uint8_t> bytes) {
  crypto_hash_sha256_update(&state_->state, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
  std::array<unsigned char, crypto_hash_sha256_BYTES> raw{};
  crypto_hash_sha256_final(&state_->state, raw.data());
  std::string text;
  for (unsigned char byte : raw) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return hash.hex();
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

}  // namespace sg

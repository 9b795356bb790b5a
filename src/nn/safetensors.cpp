#include "nn/safetensors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/sha256.h"
#include "nn/path_error.h"
#include "nn/safetensors_header.h"

namespace sg::nn {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t prefix = 8;  // bytes that hold the header's length

/// A regular file's bytes as memory. Move-only.
class Mapping {
 public:
  Mapping() = default;
  explicit Mapping(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) fail_by_errno("cannot read", path, errno);
    struct stat status {};
    const bool known = ::fstat(descriptor, &status) == 0;
    int error = known ? 0 : errno;
    // A mapping of no bytes is refused by the system; an empty span says the same.
    if (known && S_ISREG(status.st_mode) && status.st_size > 0) {
      const auto bytes = static_cast<std::size_t>(status.st_size);
      void* start = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
      error = start == MAP_FAILED ? errno : 0;
      if (error == 0) bytes_ = {static_cast<std::uint8_t*>(start), bytes};
    }
    ::close(descriptor);
    if (error != 0) fail_by_errno("cannot read", path, error);
    if (!S_ISREG(status.st_mode))
      throw Error(ErrorCode::invalid_input,
                  fmt::format("'{}' is no regular file, expected a safetensors file", path.string()));
  }
  Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping() {
    if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
  }
  std::span<const std::uint8_t> bytes() const { return bytes_; }

 private:
  std::span<std::uint8_t> bytes_;
};

}  // namespace

struct TensorFile::State {
  Mapping mapping;                   // what `file` views, if this file was opened
  std::vector<std::uint8_t> memory;  // what it views, if the bytes were given away
  std::span<const std::uint8_t> file, data;
  Header header;
  std::vector<std::size_t> by_name;  // places in header.entries

  void read();
  const Header::Entry* find(std::string_view name) const;
  const Header::Entry& at(std::string_view name) const;
};

void TensorFile::State::read() {
  if (file.size() < prefix)
    throw Error(ErrorCode::invalid_input,
                fmt::format("a safetensors file of {} bytes, expected at least 10", file.size()));
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), prefix);
  if (length > largest_header || length > file.size() - prefix) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("a safetensors header of {} bytes, expected at most {}", length,
                            std::min<std::uint64_t>(largest_header, file.size() - prefix)));
  }
  data = file.subspan(prefix + length);
  header = parse_header({reinterpret_cast<const char*>(file.data()) + prefix, length}, data.size());
  const std::vector<Header::Entry>& entries = header.entries;
  by_name.resize(entries.size());
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  std::sort(by_name.begin(), by_name.end(),
            [&](std::size_t a, std::size_t b) { return entries[a].name < entries[b].name; });
  const auto twice = std::adjacent_find(by_name.begin(), by_name.end(), [&](std::size_t a, std::size_t b) {
    return entries[a].name == entries[b].name;
  });
  if (twice != by_name.end())
    throw Error(ErrorCode::invalid_input,
                fmt::format("the safetensors header has tensor '{:.80}' twice", entries[*twice].name));
}

const Header::Entry* TensorFile::State::find(std::string_view name) const {
  const auto place = std::lower_bound(
      by_name.begin(), by_name.end(), name,
      [&](std::size_t i, std::string_view wanted) { return header.entries[i].name < wanted; });
  if (place == by_name.end() || header.entries[*place].name != name) return nullptr;
  return &header.entries[*place];
}

const Header::Entry& TensorFile::State::at(std::string_view name) const {
  if (const Header::Entry* entry = find(name)) return *entry;
  const std::string known =
      header.entries.empty() ? "none" : fmt::format("'{:.80}' …", header.entries.front().name);
  throw Error(ErrorCode::not_found, fmt::format("there is no tensor '{:.80}', expected one of the {}: {}",
                                                name, header.entries.size(), known));
}

TensorFile::TensorFile(std::unique_ptr<State> state) : state_(std::move(state)) { state_->read(); }
TensorFile::TensorFile(TensorFile&&) noexcept = default;
TensorFile& TensorFile::operator=(TensorFile&&) noexcept = default;
TensorFile::~TensorFile() = default;

TensorFile TensorFile::open(const fs::path& path) {
  auto state = std::make_unique<State>();
  state->mapping = Mapping(path);
  state->file = state->mapping.bytes();
  return naming_path(path, [&] { return TensorFile(std::move(state)); });
}

TensorFile TensorFile::parse(std::span<const std::uint8_t> bytes) {
  auto state = std::make_unique<State>();
  state->file = bytes;
  return TensorFile(std::move(state));
}

TensorFile TensorFile::parse(std::vector<std::uint8_t>&& bytes) {
  auto state = std::make_unique<State>();
  state->memory = std::move(bytes);
  state->file = state->memory;
  return TensorFile(std::move(state));
}

std::vector<std::string> TensorFile::names() const {
  std::vector<std::string> names;
  for (const Header::Entry& entry : state_->header.entries) names.push_back(entry.name);
  return names;
}

bool TensorFile::contains(std::string_view name) const { return state_->find(name) != nullptr; }

StoredTensor TensorFile::entry(std::string_view name) const {
  const Header::Entry& entry = state_->at(name);
  return {entry.dtype, entry.shape, state_->data.subspan(entry.begin, entry.end - entry.begin)};
}

Tensor TensorFile::tensor(std::string_view name) const {
  const StoredTensor stored = entry(name);
  Tensor tensor(stored.shape);
  decode(stored.dtype, stored.bytes, {tensor.data(), static_cast<std::size_t>(tensor.size())});
  return tensor;
}

const Metadata& TensorFile::metadata() const { return state_->header.metadata; }

std::string TensorFile::sha256() const {
  Sha256 hash;
  hash.update(state_->file);
  return hash.hex();
}

}  // namespace sg::nn

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <limits>
#include <utility>

#include "core/error.h"
#include "nn/path_error.h"
#include "nn/safetensors.h"
#include "nn/safetensors_header.h"

namespace sg::nn {
namespace fs = std::filesystem;
namespace {

using Bytes = std::span<const std::uint8_t>;
using Sink = std::function<void(Bytes)>;

/// A new file under a hidden name beside `target`; gone unless it was committed.
class Replacement {
 public:
  explicit Replacement(const fs::path& target) : target_(target) {
    std::error_code ignored;
    if (const fs::path real = fs::canonical(target, ignored); !ignored) target_ = real;
    if (const fs::file_status status = fs::status(target_, ignored); fs::exists(status)) {
      if (fs::is_directory(status)) fail_by_errno("cannot write", target, EISDIR);
      // A device would be replaced by a file of its name.
      if (!fs::is_regular_file(status))
        throw Error(ErrorCode::invalid_input,
                    fmt::format("cannot write '{}': it is no regular file", target.string()));
      if (::access(target_.c_str(), W_OK) != 0) fail_by_errno("cannot write", target, errno);
    }
    // Beyond a size limit the kernel would end the process by a signal instead of failing the write.
    static const auto ignore_size_signal = std::signal(SIGXFSZ, SIG_IGN);
    static_cast<void>(ignore_size_signal);
    static std::atomic<unsigned> serial{0};
    for (int attempt = 0; attempt < 100 && descriptor_ < 0; ++attempt) {
      temporary_ = target_.parent_path() /
                   fmt::format(".{:.100}.{}-{}.part", target_.filename().string(), ::getpid(), serial++);
      descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor_ < 0 && errno != EEXIST) fail_by_errno("cannot write", target_, errno);
    }
    if (descriptor_ < 0) fail_by_errno("cannot write", target_, EEXIST);
  }
  ~Replacement() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void write(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 30));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) fail_by_errno("cannot write", target_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
  }

  void commit() {
    if (::fsync(descriptor_) != 0 || ::rename(temporary_.c_str(), target_.c_str()) != 0)
      fail_by_errno("cannot write", target_, errno);
    ::close(std::exchange(descriptor_, -1));
    sync_folder();
  }

 private:
  /// The new name outlasts a power cut only once its folder is stored.
  void sync_folder() const {
    const fs::path folder = target_.has_parent_path() ? target_.parent_path() : ".";
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;  // a folder that may be written to but not read
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0 && error != EINVAL) fail_by_errno("cannot store", target_, error);
  }

  fs::path target_, temporary_;
  int descriptor_ = -1;
};

std::uint64_t stored_bytes(const NamedTensor& tensor) {
  const std::int64_t values = count(tensor.shape), size = size_of(tensor.dtype);
  const bool fits = values <= std::numeric_limits<std::int64_t>::max() / size;
  const auto* floats = std::get_if<std::span<const float>>(&tensor.values);
  const std::uint64_t given = floats != nullptr ? floats->size() : std::get<Bytes>(tensor.values).size();
  const std::int64_t expected = !fits ? -1 : floats != nullptr ? values : values * size;
  if (expected < 0 || given != static_cast<std::uint64_t>(expected)) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("tensor '{:.80}' has {} {}, but shape {} of {} takes {} values", tensor.name,
                            given, floats != nullptr ? "values" : "bytes", to_string(tensor.shape),
                            name(tensor.dtype), values));
  }
  return static_cast<std::uint64_t>(values * size);
}

/// Widest first, so that every tensor starts at a multiple of its size; then by name.
std::vector<const NamedTensor*> in_order(std::span<const NamedTensor> tensors) {
  std::vector<const NamedTensor*> order;
  for (const NamedTensor& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
  const auto twice = std::adjacent_find(order.begin(), order.end(),
                                        [](const auto* a, const auto* b) { return a->name == b->name; });
  if (twice != order.end())
    throw Error(ErrorCode::invalid_input,
                fmt::format("tensor '{:.80}' is given twice, expected names that differ", (*twice)->name));
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return size_of(a->dtype) > size_of(b->dtype); });
  return order;
}

Header header_of(const std::vector<const NamedTensor*>& order, const Metadata& metadata) {
  Header header{{}, metadata};
  std::uint64_t end = 0;
  for (const NamedTensor* tensor : order) {
    if (tensor->name == "__metadata__")
      throw Error(ErrorCode::invalid_input,
                  "a tensor cannot be called '__metadata__', which the format keeps");
    const std::uint64_t begin = end;
    end += stored_bytes(*tensor);
    header.entries.push_back({tensor->name, tensor->dtype, tensor->shape, begin, end});
  }
  return header;
}

void emit_values(const NamedTensor& tensor, const Sink& sink) {
  if (const auto* bytes = std::get_if<Bytes>(&tensor.values)) return sink(*bytes);
  constexpr std::size_t block = 1U << 16;  // values
  const auto values = std::get<std::span<const float>>(tensor.values);
  const auto size = static_cast<std::size_t>(size_of(tensor.dtype));
  std::vector<std::uint8_t> encoded(std::min(block, values.size()) * size);
  for (std::size_t at = 0; at < values.size(); at += block) {
    const auto part = values.subspan(at, std::min(block, values.size() - at));
    const auto target = std::span(encoded).first(part.size() * size);
    try {
      encode(tensor.dtype, part, target);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("tensor '{:.80}': {}", tensor.name, error.what()));
    }
    sink(target);
  }
}

void emit(std::span<const NamedTensor> tensors, const Metadata& metadata, const Sink& sink) {
  const std::vector<const NamedTensor*> order = in_order(tensors);
  const std::string header = format_header(header_of(order, metadata));
  const std::uint64_t length = header.size();
  sink({reinterpret_cast<const std::uint8_t*>(&length), sizeof(length)});
  sink({reinterpret_cast<const std::uint8_t*>(header.data()), header.size()});
  for (const NamedTensor* tensor : order) emit_values(*tensor, sink);
}

}  // namespace

NamedTensor::NamedTensor(std::string n, const Tensor& tensor, DType d)
    : name(std::move(n)),
      dtype(d),
      shape(tensor.shape),
      values(std::span<const float>(tensor.data(), static_cast<std::size_t>(tensor.size()))) {}

NamedTensor::NamedTensor(std::string n, const StoredTensor& stored)
    : name(std::move(n)), dtype(stored.dtype), shape(stored.shape), values(stored.bytes) {}

std::vector<std::uint8_t> format_tensors(std::span<const NamedTensor> tensors, const Metadata& metadata) {
  std::vector<std::uint8_t> file;
  emit(tensors, metadata, [&](Bytes bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); });
  return file;
}

void write_tensors(const fs::path& path, std::span<const NamedTensor> tensors, const Metadata& metadata) {
  Replacement file(path);
  emit(tensors, metadata, [&](Bytes bytes) { file.write(bytes); });
  file.commit();
}

}  // namespace sg::nn

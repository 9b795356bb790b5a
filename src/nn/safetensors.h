#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "nn/dtype.h"
#include "nn/tensor.h"

// The safetensors format (github.com/huggingface/safetensors): the length of the header (8 bytes,
// little-endian), the header as JSON {"name": {"dtype", "shape", "data_offsets"}, "__metadata__": {"key":
// "text"}}, then the values. It holds numbers only: reading a file cannot run anything.

namespace sg::nn {

using Metadata = std::map<std::string, std::string>;

/// A tensor as a file holds it: little-endian values, last axis fastest, at any address. A view.
struct StoredTensor {
  DType dtype = DType::f32;
  Shape shape;
  std::span<const std::uint8_t> bytes;
};

/// A safetensors file open for reading. Everything is checked on opening, so that what is asked later is
/// there: header at most 100 MB of UTF-8 JSON beginning with '{'; no other members than the format's, no name
/// twice; sizes not negative, at most 32 axes; data without gaps or overlaps from the first byte to the last;
/// at most 65,536 metadata. Errors: invalid_input for what breaks the format, unsupported_format for other
/// types of values (F8…), more axes or metadata. Move-only; const members are thread-safe.
class TensorFile {
 public:
  /// Maps the file; values are read from disk when they are used. The file should be replaced by renaming, as
  /// write_tensors does: one that another program shortens in place while it is open ends this process
  /// (SIGBUS) where a missing page is read. Further errors, each naming the path: not_found, forbidden,
  /// invalid_input (no regular file), resource.
  static TensorFile open(const std::filesystem::path& path);
  /// The same of bytes that stay where they are and must outlive the result.
  static TensorFile parse(std::span<const std::uint8_t> bytes);
  /// The same of bytes that it keeps.
  static TensorFile parse(std::vector<std::uint8_t>&& bytes);
  TensorFile(TensorFile&&) noexcept;
  TensorFile& operator=(TensorFile&&) noexcept;
  ~TensorFile();

  /// In the order of their data.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const;
  /// Valid as long as this file is open. Throws not_found.
  StoredTensor entry(std::string_view name) const;
  /// As float32, by the rules of `decode`. Throws not_found, resource.
  Tensor tensor(std::string_view name) const;
  const Metadata& metadata() const;
  /// SHA-256 of the whole file, 64 lower-case hexadecimal digits. Reads all of it at every call.
  std::string sha256() const;

 private:
  struct State;
  explicit TensorFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A tensor to write; a view of its values, which must outlive the writing.
struct NamedTensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  /// float32 that are rounded to `dtype` (`encode`), or the bytes as they go into the file.
  std::variant<std::span<const float>, std::span<const std::uint8_t>> values;

  /// Rounded to f32, f16, bf16 or f64.
  NamedTensor(std::string name, const Tensor& tensor, DType dtype = DType::f32);
  NamedTensor(std::string name, const Tensor&& tensor, DType dtype = DType::f32) = delete;  // gone too soon
  /// As it stands.
  NamedTensor(std::string name, const StoredTensor& stored);
};

/// Numbers of a fixed size as they stand in memory: labels, indices, training data.
template <class T>
StoredTensor stored(Shape shape, std::span<const T> values);

/// The file's bytes. The same tensors give the same bytes in whatever order they come: metadata by key, then
/// wider types first, then by name (bytewise). The first value lies at a multiple of 64, every other at a
/// multiple of its size. Throws invalid_input for a name that comes twice, is "__metadata__" or not UTF-8;
/// values that do not fit shape and type; and where `encode` does (an infinity is written only where there
/// was one), naming the tensor.
std::vector<std::uint8_t> format_tensors(std::span<const NamedTensor> tensors, const Metadata& metadata = {});
/// The same to a file, which holds its former content or the new one at every moment, also after a crash:
/// written to a hidden temporary beside it, synced, renamed over it (a link stays, what it points to is
/// replaced). Needs no more memory than the header and 512 KiB. Further errors, each naming the path:
/// not_found (no such folder), forbidden, resource (disk full), invalid_input (a folder or device is there).
void write_tensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                   const Metadata& metadata = {});

template <class T>
StoredTensor stored(Shape shape, std::span<const T> values) {
  static_assert(std::is_same_v<T, bool> ||
                    (std::is_arithmetic_v<T> && sizeof(T) <= 8 && (std::is_signed_v<T> || sizeof(T) == 1)),
                "the format has no such type");
  constexpr DType dtype = std::is_same_v<T, bool>                         ? DType::boolean
                          : std::is_floating_point_v<T> && sizeof(T) == 8 ? DType::f64
                          : std::is_floating_point_v<T>                   ? DType::f32
                          : sizeof(T) == 8                                ? DType::i64
                          : sizeof(T) == 4                                ? DType::i32
                          : sizeof(T) == 2                                ? DType::i16
                          : std::is_signed_v<T>                           ? DType::i8
                                                                          : DType::u8;
  return {
      dtype, std::move(shape), {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()}};
}

}  // namespace sg::nn

#pragma once
#include <memory>
#include <string>

#include <tiffio.h>

#include "io/files.h"

namespace sg::io {

/// libtiff on bytes in memory, with messages kept instead of printed. Not movable: libtiff holds its address.
class TiffFile {
 public:
  /// For reading. `bytes` must outlive this. Throws invalid_input.
  explicit TiffFile(ByteView bytes);
  /// For writing; BigTIFF if `expected` bytes need it.
  explicit TiffFile(std::uint64_t expected);
  ~TiffFile();
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* get() const { return tiff_; }
  /// Throws invalid_input with libtiff's first message after `what`.
  [[noreturn]] void fail(const std::string& what) const;
  bool has_failed() const { return !message_.empty(); }
  /// Ends writing and hands over the file.
  Bytes finish();

 private:
  void open(const char* mode);
  static tmsize_t on_read(thandle_t handle, void* to, tmsize_t count);
  static tmsize_t on_write(thandle_t handle, void* from, tmsize_t count);
  static toff_t on_seek(thandle_t handle, toff_t offset, int whence);
  static toff_t on_size(thandle_t handle);
  static int on_message(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);

  ByteView input_;
  Bytes output_;
  bool writing_ = false;
  std::uint64_t at_ = 0;
  std::string message_;
  TIFF* tiff_ = nullptr;
};

}  // namespace sg::io

#include "io/tiff_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "core/error.h"

namespace sg::io {

TiffFile::TiffFile(ByteView bytes) : input_(bytes) { open("rm"); }
TiffFile::TiffFile(std::uint64_t expected) : writing_(true) {
  open(expected > 4'000'000'000U ? "w8l" : "wl");
}
TiffFile::~TiffFile() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

void TiffFile::open(const char* mode) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (!options) throw Error(ErrorCode::resource, "not enough memory to open a TIFF");
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), on_message, this);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF*, void*, const char*, const char*, va_list) { return 1; }, nullptr);
  if (!writing_) {
    TIFFOpenOptionsSetMaxSingleMemAlloc(
        options.get(), static_cast<tmsize_t>(std::max<std::size_t>(64U << 20, 8 * input_.size())));
  }
  const auto close = [](thandle_t) { return 0; };
  tiff_ = TIFFClientOpenExt("TIFF", mode, this, on_read, on_write, on_seek, close, on_size, nullptr, nullptr,
                            options.get());
  if (tiff_ == nullptr) fail("damaged TIFF");
}

void TiffFile::fail(const std::string& what) const {
  throw Error(ErrorCode::invalid_input, message_.empty() ? what : fmt::format("{}: {}", what, message_));
}

Bytes TiffFile::finish() {
  TIFFClose(tiff_);
  tiff_ = nullptr;
  if (has_failed()) throw Error(ErrorCode::resource, fmt::format("could not write the TIFF: {}", message_));
  return std::move(output_);
}

tmsize_t TiffFile::on_read(thandle_t handle, void* to, tmsize_t count) {
  auto* self = static_cast<TiffFile*>(handle);
  const ByteView source = self->writing_ ? ByteView(self->output_) : self->input_;
  if (self->at_ >= source.size() || count <= 0) return 0;
  const std::size_t n =
      std::min(static_cast<std::size_t>(count), source.size() - static_cast<std::size_t>(self->at_));
  std::memcpy(to, source.data() + self->at_, n);
  self->at_ += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t TiffFile::on_write(thandle_t handle, void* from, tmsize_t count) {
  auto* self = static_cast<TiffFile*>(handle);
  try {  // an exception must not pass through C
    const auto n = static_cast<std::size_t>(count);
    const std::size_t end = static_cast<std::size_t>(self->at_) + n;
    if (end > self->output_.capacity()) self->output_.reserve(std::max(end, 2 * self->output_.capacity()));
    if (end > self->output_.size()) self->output_.resize(end);
    std::memcpy(self->output_.data() + self->at_, from, n);
    self->at_ = end;
    return count;
  } catch (const std::bad_alloc&) {
    return -1;
  }
}

toff_t TiffFile::on_seek(thandle_t handle, toff_t offset, int whence) {
  auto* self = static_cast<TiffFile*>(handle);
  const std::uint64_t base = whence == SEEK_CUR ? self->at_ : whence == SEEK_END ? on_size(handle) : 0;
  self->at_ = base + offset;
  return self->at_;
}

toff_t TiffFile::on_size(thandle_t handle) {
  const auto* self = static_cast<TiffFile*>(handle);
  return self->writing_ ? self->output_.size() : self->input_.size();
}

int TiffFile::on_message(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  auto& message = static_cast<TiffFile*>(self)->message_;
  if (message.empty()) {
    char text[256];
    std::vsnprintf(text, sizeof text, format, arguments);
    try {
      message = text;
    } catch (const std::bad_alloc&) {
      return 1;  // the call that failed says so in its result too
    }
  }
  return 1;
}

}  // namespace sg::io

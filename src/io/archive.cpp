#include "io/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "core/error.h"
#include "io/files.h"

namespace sg::io {
namespace {

constexpr std::size_t block = 256 << 10;

std::string words_of(archive* a) {
  const char* text = archive_error_string(a);
  return text == nullptr ? "unknown reason" : text;
}

}  // namespace

bool is_archive_name(const std::string& name) {
  const std::string ending = extension_of(name);
  return ending == ".zip" || ending == ".tar" || ending == ".tgz" || ending == ".tar.gz";
}

struct ArchiveReader::Open {
  std::filesystem::path file;
  ArchiveLimits limits;
  archive* handle = archive_read_new();
  std::int64_t entries = 0, bytes = 0, packed = 0;

  ~Open() { archive_read_free(handle); }
  [[noreturn]] void damaged() const {
    throw Error(ErrorCode::invalid_input,
                fmt::format("archive {} cannot be read: {}", file.filename().string(), words_of(handle)));
  }
  void count(std::size_t more) {
    bytes += static_cast<std::int64_t>(more);
    const bool bomb = bytes > limits.judged_from && packed > 0 &&
                      static_cast<double>(bytes) > limits.ratio * static_cast<double>(packed);
    if (bytes <= limits.bytes && !bomb) return;
    throw Error(ErrorCode::resource,
                bomb ? fmt::format("archive {} of {} bytes expands to more than {} times that: not unpacked",
                                   file.filename().string(), packed, limits.ratio)
                     : fmt::format("archive {} expands to more than {} bytes: not unpacked",
                                   file.filename().string(), limits.bytes));
  }
};

ArchiveReader::ArchiveReader(const std::filesystem::path& file, ArchiveLimits limits)
    : open_(std::make_unique<Open>()) {
  if (!std::filesystem::exists(file))
    throw Error(ErrorCode::not_found, fmt::format("there is no file {}", file.string()));
  open_->file = file;
  open_->limits = limits;
  open_->packed = static_cast<std::int64_t>(std::filesystem::file_size(file));
  archive_read_support_format_zip(open_->handle);
  archive_read_support_format_tar(open_->handle);
  archive_read_support_filter_gzip(open_->handle);
  if (archive_read_open_filename(open_->handle, file.c_str(), block) != ARCHIVE_OK) open_->damaged();
}
ArchiveReader::~ArchiveReader() = default;

std::optional<std::string> ArchiveReader::next() {
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(open_->handle, &entry);
    if (status == ARCHIVE_EOF) return std::nullopt;
    if (status < ARCHIVE_WARN) open_->damaged();
    if (++open_->entries > open_->limits.entries) {
      throw Error(ErrorCode::resource, fmt::format("archive {} holds more than {} files: not unpacked",
                                                   open_->file.filename().string(), open_->limits.entries));
    }
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) continue;
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    return name == nullptr ? "file" : name;
  }
}

std::size_t ArchiveReader::read(std::span<std::uint8_t> bytes) {
  const la_ssize_t got = archive_read_data(open_->handle, bytes.data(), bytes.size());
  if (got < 0) open_->damaged();
  open_->count(static_cast<std::size_t>(got));
  return static_cast<std::size_t>(got);
}

struct ZipWriter::Open {
  Sink sink;
  bool gone = false;  // the sink takes no more
  archive* handle = archive_write_new();

  ~Open() {
    if (handle == nullptr) return;
    // Without this, freeing would write the directory of an archive that was given up.
    archive_write_fail(handle);
    archive_write_free(handle);
  }
  void done(int status) const {
    if (status >= ARCHIVE_WARN) return;
    if (gone) throw Error(ErrorCode::cancelled, "whoever asked for the archive has gone");
    throw Error(ErrorCode::internal, fmt::format("the archive cannot be written: {}", words_of(handle)));
  }
};

ZipWriter::ZipWriter(Sink sink) : open_(std::make_unique<Open>()) {
  open_->sink = std::move(sink);
  archive_write_set_format_zip(open_->handle);
  archive_write_zip_set_compression_store(open_->handle);
  archive_write_set_bytes_in_last_block(open_->handle, 1);
  const auto write = [](archive* handle, void* self, const void* data, std::size_t size) -> la_ssize_t {
    auto& open = *static_cast<Open*>(self);
    if (open.sink({static_cast<const std::uint8_t*>(data), size})) return static_cast<la_ssize_t>(size);
    open.gone = true;
    archive_set_error(handle, ECANCELED, "the receiver has gone");
    return -1;
  };
  open_->done(archive_write_open(open_->handle, open_.get(), nullptr, write, nullptr));
}
ZipWriter::~ZipWriter() = default;

void ZipWriter::add(const std::filesystem::path& file, const std::string& name) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorCode::not_found, fmt::format("cannot read {}", file.string()));
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                            archive_entry_free);
  archive_entry_set_pathname_utf8(entry.get(), name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(std::filesystem::file_size(file)));
  open_->done(archive_write_header(open_->handle, entry.get()));
  std::array<char, block> buffer{};
  while (stream.read(buffer.data(), buffer.size()) || stream.gcount() > 0) {
    const auto size = static_cast<std::size_t>(stream.gcount());
    if (archive_write_data(open_->handle, buffer.data(), size) < 0) open_->done(ARCHIVE_FATAL);
  }
}

void ZipWriter::finish() {
  open_->done(archive_write_close(open_->handle));
  archive_write_free(open_->handle);
  open_->handle = nullptr;
}

}  // namespace sg::io

#include "io/image_io.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "io/dicom.h"
#include "io/dicom_write.h"
#include "io/files.h"
#include "io/gzip.h"
#include "io/metaimage.h"
#include "io/nifti.h"
#include "io/nrrd.h"
#include "io/path_error.h"
#include "io/raster.h"

namespace sg::io {
namespace fs = std::filesystem;
namespace {

using Metadata = std::map<std::string, std::string>;

/// What goes with the voxels: the metadata, if the image came from the same format; the image itself, if it
/// is one.
struct Besides {
  const Metadata& metadata;
  const Image* image = nullptr;
};
constexpr std::size_t head_size = 4096;

struct Handler {
  ImageFormat format;
  /// Does a file begin like this (gzip already expanded)?
  bool (*matches)(ByteView head);
  Image (*read)(const fs::path& path, const Context& context);
  void (*write)(const VolumeView& volume, const Besides& besides, const fs::path& path,
                const Context& context);
};

/// The .img of a .hdr and the other way round, plain or gzip; empty if there is none.
fs::path nifti_partner(const fs::path& path, const std::string& wanted) {
  fs::path stem = path;
  if (extension_of(path).ends_with(".gz")) stem = stem.stem();
  stem = path.parent_path() / stem.stem();
  for (const char* suffix : {"", ".gz"}) {
    const fs::path partner = stem.string() + wanted + suffix;
    std::error_code ignored;
    if (fs::exists(partner, ignored)) return partner;
  }
  return {};
}

Image read_nifti_file(const fs::path& path, const Context& context) {
  const std::string extension = extension_of(path);
  if (extension == ".img" || extension == ".img.gz") {
    const fs::path header = nifti_partner(path, ".hdr");
    if (header.empty()) {
      throw Error(ErrorCode::not_found, "its header, the .hdr file of the same name, is missing");
    }
    return read_nifti(read_file(header), read_file(path), context);
  }
  const Bytes file = read_file(path);
  const fs::path pair = extension.starts_with(".hdr") ? nifti_partner(path, ".img") : fs::path();
  return read_nifti(file, pair.empty() ? Bytes() : read_file(pair), context);
}

void write_nifti_file(const VolumeView& volume, const Besides& besides, const fs::path& path,
                      const Context& context) {
  const Bytes file = write_nifti(volume, besides.metadata);
  write_file(path, extension_of(path).ends_with(".gz") ? compressed(file, Envelope::gzip, 1, context) : file);
}

Image read_nrrd_file(const fs::path& path, const Context& context) {
  return read_nrrd(read_file(path), fetch_beside(path), context);
}

void write_nrrd_file(const VolumeView& volume, const Besides& besides, const fs::path& path,
                     const Context& context) {
  write_file(path, write_nrrd(volume, besides.metadata, context));
}

Image read_metaimage_file(const fs::path& path, const Context& context) {
  return read_metaimage(read_file(path), fetch_beside(path), context);
}

void write_metaimage_file(const VolumeView& volume, const Besides& besides, const fs::path& path,
                          const Context& context) {
  if (extension_of(path) == ".mha")
    return write_file(path, write_metaimage(volume, besides.metadata, "", context));
  // Voxels first: a header must never point at data that is not there.
  const fs::path data = fs::path(path).replace_extension(".raw");
  write_file(data, metaimage_data(volume));
  write_file(path, write_metaimage(volume, besides.metadata, data.filename().string(), context));
}

template <Image (*read)(ByteView)>
Image read_picture(const fs::path& path, const Context&) {
  return read(read_file(path));
}

const std::vector<Handler>& handlers() {
  static const std::vector<Handler> all{
      {{"NIfTI", {".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz"}, true},
       looks_like_nifti,
       read_nifti_file,
       write_nifti_file},
      {{"NRRD", {".nrrd", ".nhdr"}, true}, looks_like_nrrd, read_nrrd_file, write_nrrd_file},
      {{"MetaImage", {".mha", ".mhd"}, true},
       looks_like_metaimage,
       read_metaimage_file,
       write_metaimage_file},
      {{"PNG", {".png"}, true},
       looks_like_png,
       read_picture<read_png>,
       [](const VolumeView& volume, const Besides& besides, const fs::path& path, const Context&) {
         write_file(path, write_png(volume, besides.metadata));
       }},
      {{"JPEG", {".jpg", ".jpeg"}, true},
       looks_like_jpeg,
       read_picture<read_jpeg>,
       [](const VolumeView& volume, const Besides&, const fs::path& path, const Context&) {
         write_file(path, write_jpeg(volume));
       }},
      {{"TIFF", {".tif", ".tiff"}, true},
       looks_like_tiff,
       read_picture<read_tiff>,
       [](const VolumeView& volume, const Besides& besides, const fs::path& path, const Context&) {
         write_file(path, write_tiff(volume, besides.metadata));
       }},
      // Last, since DICOM without a preamble is recognised by less.
      {{"DICOM", {".dcm", ".ima"}, true},
       looks_like_dicom,
       read_dicom,
       [](const VolumeView& volume, const Besides& besides, const fs::path& path, const Context&) {
         write_file(path, write_dicom(volume, besides.image));
       }},
  };
  return all;
}

bool has_extension(const ImageFormat& format, const std::string& extension) {
  return std::find(format.extensions.begin(), format.extensions.end(), extension) != format.extensions.end();
}

const Handler* handler_of(const fs::path& path) {
  Bytes head = read_head(path, head_size);
  if (is_gzip(head)) {
    try {
      head = decompressed(head, head_size);
    } catch (const Error&) {
      head.clear();  // damaged: the extension has to tell
    }
  }
  // A DICOM preamble may look like another format, TIFF for instance, so that both kinds of program can open
  // the file.
  constexpr std::array<std::uint8_t, 4> dicm{'D', 'I', 'C', 'M'};
  if (head.size() >= 132 && std::equal(dicm.begin(), dicm.end(), head.begin() + 128))
    return &handlers().back();
  for (const Handler& handler : handlers()) {
    if (handler.matches(head)) return &handler;
  }
  const std::string extension = extension_of(path);
  for (const Handler& handler : handlers()) {
    if (has_extension(handler.format, extension)) return &handler;
  }
  return nullptr;
}

std::string readable_extensions() {
  std::vector<std::string> all;
  for (const Handler& handler : handlers()) {
    all.insert(all.end(), handler.format.extensions.begin(), handler.format.extensions.end());
  }
  return fmt::format("{}", fmt::join(all, " "));
}

/// An extension that a writer takes: .hdr/.img pairs, detached NRRD headers and .ima are read only.
const Handler* writer_of(const fs::path& path) {
  const std::string extension = extension_of(path);
  static const std::vector<std::string> read_only{".hdr", ".img", ".hdr.gz", ".img.gz", ".nhdr", ".ima"};
  if (std::find(read_only.begin(), read_only.end(), extension) != read_only.end()) return nullptr;
  for (const Handler& handler : handlers()) {
    if (handler.format.writable && has_extension(handler.format, extension)) return &handler;
  }
  return nullptr;
}

const Handler& require_writer(const fs::path& path) {
  const Handler* handler = writer_of(path);
  if (handler == nullptr) {
    std::vector<std::string> usual;
    for (const Handler& each : handlers()) {
      if (each.format.writable) usual.push_back(each.format.extensions.front());
    }
    throw Error(ErrorCode::unsupported_format,
                fmt::format("'{}': images are not written as '{}', expected one of {}", path.string(),
                            extension_of(path), fmt::join(usual, " ")));
  }
  return *handler;
}

}  // namespace

const std::vector<ImageFormat>& image_formats() {
  static const std::vector<ImageFormat> formats = [] {
    std::vector<ImageFormat> list;
    for (const Handler& handler : handlers()) list.push_back(handler.format);
    return list;
  }();
  return formats;
}

std::string probe_image(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return "DICOM";
  const Handler* handler = handler_of(path);
  return handler != nullptr ? handler->format.name : "";
}

bool can_write_image(const fs::path& path) { return writer_of(path) != nullptr; }

Image read_image(const fs::path& path, const Context& context) {
  context.check();
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return read_dicom(path, context);
  const Handler* handler = handler_of(path);
  if (handler == nullptr) {
    if (read_head(path, 1).empty()) {
      throw Error(ErrorCode::invalid_input, fmt::format("'{}' is empty, expected an image", path.string()));
    }
    throw Error(ErrorCode::unsupported_format, fmt::format("'{}' is no image of a kind that is read: {}",
                                                           path.string(), readable_extensions()));
  }
  return naming_path(path, [&] { return handler->read(path, context); });
}

Volume<float> read_volume(const fs::path& path, const Context& context) {
  Image image = read_image(path, context);
  if (auto* same = std::get_if<Volume<float>>(&image.voxels)) return std::move(*same);
  return converted_to<float>(image.voxels);
}

void write_image(const VolumeView& volume, const fs::path& path, const Context& context) {
  const Handler& handler = require_writer(path);
  naming_path(path, [&] { handler.write(volume, {Metadata()}, path, context); });
}

void write_image(const Image& image, const fs::path& path, const Context& context) {
  const Handler& handler = require_writer(path);
  const bool same_format = image.format.starts_with(handler.format.name);
  naming_path(path, [&] {
    const Metadata none;
    handler.write(image.voxels, {same_format ? image.metadata : none, &image}, path, context);
  });
}

}  // namespace sg::io

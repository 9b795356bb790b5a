#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"
#include "io/dicom.h"
#include "io/dicom_write.h"
#include "io/gzip.h"
#include "io/metaimage.h"
#include "io/nifti.h"
#include "io/nifti_header.h"
#include "io/nrrd.h"
#include "io/raster.h"
#include "io/voxels.h"

// For fuzz targets and for the tests that replay mutations: what is fed to a reader, and tiny valid files to
// start from.

namespace sg::io {

/// The image readers, each as a function of bytes. Errors are a correct answer; anything else that is thrown
/// is not.
struct FuzzedReader {
  std::string name;  // the fuzz target is name + "_fuzz"
  void (*read)(ByteView data);
  std::vector<Bytes> (*seeds)();
};

namespace seeds {

inline Grid grid(std::array<std::int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  grid.spacing = {0.5, 0.75, 1.25};
  grid.origin = {-1, 2, -3};
  grid.direction = {{{{0, -1, 0}, {1, 0, 0}, {0, 0, 1}}}};
  return grid;
}

template <class T>
Volume<T> ramp(std::array<std::int64_t, 3> size, std::int64_t channels = 1,
               OuterAxis outer = OuterAxis::none) {
  Volume<T> volume(grid(size), channels, outer);
  for (std::int64_t i = 0; i < volume.size(); ++i) volume.data()[i] = static_cast<T>(i * 7 % 120);
  return volume;
}

inline Bytes text(std::string_view text) { return {as_bytes(text).begin(), as_bytes(text).end()}; }

inline std::vector<Bytes> nifti() {
  const Bytes plain = write_nifti(ramp<std::int16_t>({3, 2, 2}));
  NiftiHeader wide = parse_nifti_header(plain);
  wide.version = 2;
  wide.data_offset = 544;
  Bytes second = format_nifti_header(wide);
  second.insert(second.end(), plain.begin() + 352, plain.end());
  Bytes pair = plain;
  pair[345] = 'i';
  std::fill_n(pair.begin() + 108, 4, std::uint8_t{0});  // vox_offset
  return {plain,
          write_nifti(ramp<float>({2, 2, 1}, 3, OuterAxis::time)),
          write_nifti(ramp<float>({2, 2, 1}, 3, OuterAxis::channel)),
          write_nifti(ramp<std::uint8_t>({2, 2, 1}, 3, OuterAxis::channel)),
          compressed(plain, Envelope::gzip),
          second,
          pair};
}

inline std::vector<Bytes> nrrd() {
  return {
      write_nrrd(ramp<std::int16_t>({3, 2, 2})),
      write_nrrd(ramp<float>({2, 2, 1}, 3, OuterAxis::time)),
      write_nrrd(ramp<std::uint8_t>({2, 2, 1}, 3, OuterAxis::channel), {{"Segment0_Name", "liver"}}),
      text("NRRD0001\ntype: short\ndimension: 2\nsizes: 2 2\nspacings: 1 2\naxis mins: 0 1\nencoding: "
           "text\n\n1 2\n3 4\n"),
      text("NRRD0004\ntype: uchar\ndimension: 3\nspace: RAS\nsizes: 2 1 2\nspace directions: (1,0,0) (0,2,0) "
           "(0,0,3)\n"
           "space units: \"mm\" \"mm\" \"cm\"\nkinds: domain domain domain\nendian: big\nbyte skip: "
           "-1\nencoding: raw\n\nabcd"),
      text("NRRD0005\ntype: uchar\ndimension: 2\nsizes: 2 2\naxis maxs: 4 4\ncenterings: cell "
           "node\nencoding: raw\n"
           "line skip: 1\ndata file: voxels\n"),
  };
}

inline std::vector<Bytes> metaimage() {
  return {write_metaimage(ramp<std::int16_t>({3, 2, 2})),
          write_metaimage(ramp<float>({2, 2, 1}, 3, OuterAxis::time)),
          write_metaimage(ramp<std::uint8_t>({2, 2, 1}, 3, OuterAxis::channel)),
          write_metaimage(ramp<std::uint8_t>({2, 2, 2}), {}, "voxels"),
          text("NDims = 2\nDimSize = 2 2\nBinaryData = False\nElementSize = 1 2\nElementType = MET_SHORT\n"
               "ElementDataFile = LOCAL\n1 2 3 4\n"),
          text("ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementByteOrderMSB = True\nHeaderSize = -1\n"
               "ElementSpacing = 1 1\nDistanceUnits = cm\nElementType = MET_USHORT\nElementDataFile = "
               "LOCAL\nabcdefgh")};
}

inline std::vector<Bytes> png() {
  return {write_png(ramp<std::uint8_t>({5, 4, 1})), write_png(ramp<std::uint16_t>({5, 4, 1})),
          write_png(ramp<std::uint8_t>({5, 4, 1}, 3, OuterAxis::channel)),
          write_png(ramp<std::uint16_t>({3, 4, 1}, 4, OuterAxis::channel))};
}

inline std::vector<Bytes> jpeg() {
  return {write_jpeg(ramp<std::uint8_t>({9, 8, 1})),
          write_jpeg(ramp<std::uint8_t>({8, 9, 1}, 3, OuterAxis::channel))};
}

inline std::vector<Bytes> tiff() {
  return {write_tiff(ramp<std::uint8_t>({5, 4, 1})), write_tiff(ramp<std::uint16_t>({4, 3, 2})),
          write_tiff(ramp<float>({3, 3, 1})),
          write_tiff(ramp<std::uint8_t>({4, 3, 1}, 3, OuterAxis::channel))};
}

inline std::vector<Bytes> gzip() {
  const Bytes content(300, 'a');
  return {compressed(content, Envelope::gzip), compressed(content, Envelope::zlib, 9),
          compressed(as_bytes("a few different words"), Envelope::gzip)};
}

/// libpng stops at the first wrong checksum; with right ones a mutated file gets further.
inline Bytes with_png_checksums(ByteView data) {
  Bytes file(data.begin(), data.end());
  const auto number = [&](std::size_t at) {
    return std::uint32_t{file[at]} << 24 | std::uint32_t{file[at + 1]} << 16 |
           std::uint32_t{file[at + 2]} << 8 | file[at + 3];
  };
  std::size_t at = 8;
  while (at + 12 <= file.size() && number(at) <= file.size() - at - 12) {
    const std::size_t length = number(at);
    std::uint32_t crc = 0xFFFFFFFF;
    for (std::size_t i = at + 4; i < at + 8 + length; ++i) {
      crc ^= file[i];
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    for (std::size_t i = 0; i < 4; ++i)
      file[at + 8 + length + i] = static_cast<std::uint8_t>(~crc >> (24 - 8 * i));
    at += 12 + length;
  }
  return file;
}

/// Reads and, as far as that type can be, writes again what was read.
inline void read_and_derive(ByteView data) {
  const Image image = read_dicom(data, "fuzz");
  try {
    write_dicom(image.voxels, &image);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported_format) throw;
  }
}

inline std::vector<Bytes> dicom() {
  Image image;
  image.metadata = {{"DerivationDescription", "blurred"}, {"DerivationCode", "113087,DCM,Smoothing"}};
  image.voxels = ramp<std::uint8_t>({3, 2, 1}, 3, OuterAxis::channel);
  const Bytes colour = write_dicom(image.voxels, &image);
  const Image again = read_dicom(colour, "seed");
  return {write_dicom(ramp<std::int16_t>({3, 2, 2})), colour, write_dicom(again.voxels, &again)};
}

/// Stands for the file that a header refers to.
inline Bytes detached(const std::string&) { return text("one line\nabcdefghijklmnop"); }

}  // namespace seeds

inline const std::vector<FuzzedReader>& fuzzed_readers() {
  static const std::vector<FuzzedReader> readers{
      {"nifti", [](ByteView data) { read_nifti(data, data.size() > 352 ? data.subspan(352) : ByteView()); },
       seeds::nifti},
      {"nrrd", [](ByteView data) { read_nrrd(data, seeds::detached); }, seeds::nrrd},
      {"metaimage", [](ByteView data) { read_metaimage(data, seeds::detached); }, seeds::metaimage},
      {"png", [](ByteView data) { read_png(seeds::with_png_checksums(data)); }, seeds::png},
      {"jpeg", [](ByteView data) { read_jpeg(data); }, seeds::jpeg},
      {"tiff", [](ByteView data) { read_tiff(data); }, seeds::tiff},
      {"dicom", seeds::read_and_derive, seeds::dicom},
      {"gzip", [](ByteView data) { decompressed(data, 1 << 16); }, seeds::gzip},
  };
  return readers;
}

/// One call of the reader called `name`. Returns whether the bytes were accepted.
inline bool feed(const FuzzedReader& reader, ByteView data) {
  try {
    reader.read(data);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::internal) throw;
    return false;
  }
}

inline int fuzz(const char* name, const std::uint8_t* data, std::size_t size) {
  for (const FuzzedReader& reader : fuzzed_readers()) {
    if (reader.name == name) feed(reader, {data, size});
  }
  return 0;
}

}  // namespace sg::io

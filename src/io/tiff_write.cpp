#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "io/raster.h"
#include "io/tiff_file.h"

namespace sg::io {
namespace {

void put_page(TiffFile& file, const VolumeView& volume, ByteView slice, bool with_size) {
  TIFF* tiff = file.get();
  const Grid& grid = volume.grid();
  const auto channels = static_cast<unsigned>(volume.channels());
  const std::size_t size = size_of(volume.scalar());
  const bool is_float = volume.scalar() == Scalar::f32 || volume.scalar() == Scalar::f64;
  const bool is_signed = (static_cast<int>(volume.scalar()) & 1) != 0;
  const bool colour = !is_float && !is_signed && size <= 2 && channels >= 3;
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(grid.size[0]));
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(grid.size[1]));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, static_cast<unsigned>(8 * size));
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
  TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT,
               is_float    ? SAMPLEFORMAT_IEEEFP
               : is_signed ? SAMPLEFORMAT_INT
                           : SAMPLEFORMAT_UINT);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, colour ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  const unsigned extra = channels - (colour ? 3 : 1);
  if (extra > 0) {
    const std::vector<std::uint16_t> meaning(
        extra, static_cast<std::uint16_t>(colour ? EXTRASAMPLE_UNASSALPHA : EXTRASAMPLE_UNSPECIFIED));
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, extra, meaning.data());
  }
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  TIFFSetField(tiff, TIFFTAG_ZIPQUALITY, 4);
  if (!is_float && size <= 4) TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
  if (with_size) {
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 10 / grid.spacing.x);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 10 / grid.spacing.y);
  }
  const std::size_t row_length = slice.size() / static_cast<std::size_t>(grid.size[1]);
  const std::size_t rows = std::max<std::size_t>(1, (256U << 10) / row_length);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<std::uint32_t>(rows));
  // libtiff's predictor changes the buffer it is given.
  Bytes strip;
  for (std::size_t at = 0, index = 0; at < slice.size(); at += rows * row_length, ++index) {
    const ByteView part = slice.subspan(at, std::min(rows * row_length, slice.size() - at));
    strip.assign(part.begin(), part.end());
    if (TIFFWriteEncodedStrip(tiff, static_cast<std::uint32_t>(index), strip.data(),
                              static_cast<tmsize_t>(strip.size())) < 0) {
      file.fail("could not write the TIFF");
    }
  }
  if (TIFFWriteDirectory(tiff) == 0) file.fail("could not write the TIFF");
}

}  // namespace

Bytes write_tiff(const VolumeView& volume, const std::map<std::string, std::string>& metadata) {
  const Grid& grid = volume.grid();
  constexpr std::int64_t limit = std::int64_t{1} << 31;
  const bool time = volume.outer() == OuterAxis::time && volume.channels() > 1;
  if (time || volume.channels() > 4 || grid.size[0] >= limit || grid.size[1] >= limit ||
      grid.size[2] > 65535) {
    throw Error(ErrorCode::unsupported_format,
                fmt::format("TIFF cannot hold {} × {} {}, expected at most 65535 slices and 1 to 4 channels",
                            grid.describe(), volume.channels(), time ? "time points" : "channels"));
  }
  const auto found = metadata.find("pixel_size");
  const bool with_size = found == metadata.end() || found->second != "unknown";
  TiffFile file(volume.bytes().size() + volume.bytes().size() / 8 + 1024);
  const Bytes voxels = encode_voxels(volume, true);
  const std::size_t slice_length = voxels.size() / static_cast<std::size_t>(grid.size[2]);
  for (std::size_t z = 0; z < static_cast<std::size_t>(grid.size[2]); ++z) {
    put_page(file, volume, ByteView(voxels).subspan(z * slice_length, slice_length), with_size);
  }
  return file.finish();
}

}  // namespace sg::io

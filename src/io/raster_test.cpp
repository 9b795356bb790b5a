#include "io/raster.h"

#include <gtest/gtest.h>
#include <jpeglib.h>
#include <tiffio.h>

#include <cstring>

#include "io/image_io.h"
#include "io/image_seeds.h"
#include "io/io_fixture.h"
#include "io/tiff_file.h"

namespace sg::io {
namespace {

void put32(Bytes& out, std::size_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_chunk(Bytes& out, const std::string& type, const Bytes& data) {
  put32(out, data.size());
  out.insert(out.end(), type.begin(), type.end());
  out.insert(out.end(), data.begin(), data.end());
  put32(out, 0);
}

/// A PNG from its parts: `rows` are the filtered rows.
Bytes make_png(std::uint32_t width, std::uint32_t height, std::uint8_t depth, std::uint8_t colour,
               const Bytes& rows, const std::vector<std::pair<std::string, Bytes>>& more = {}) {
  Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  put32(header, width);
  put32(header, height);
  header.insert(header.end(), {depth, colour, 0, 0, 0});
  put_chunk(file, "IHDR", header);
  for (const auto& [type, data] : more) put_chunk(file, type, data);
  put_chunk(file, "IDAT", compressed(rows, Envelope::zlib));
  put_chunk(file, "IEND", {});
  return seeds::with_png_checksums(file);
}

std::vector<int> values_of(const Image& image) {
  const auto& volume = std::get<Volume<std::uint8_t>>(image.voxels);
  return {volume.values().begin(), volume.values().end()};
}

TEST(Png, SmallDepthsFillTheRangeOfAByte) {
  EXPECT_EQ(values_of(read_png(make_png(4, 1, 1, 0, {0, 0b10100000}))), (std::vector<int>{255, 0, 255, 0}));
  EXPECT_EQ(values_of(read_png(make_png(4, 1, 2, 0, {0, 0b00011011}))), (std::vector<int>{0, 85, 170, 255}));
  EXPECT_EQ(values_of(read_png(make_png(2, 1, 4, 0, {0, 0x1F}))), (std::vector<int>{17, 255}));
}

TEST(Png, PalettesBecomeColours) {
  const Bytes palette{10, 20, 30, 40, 50, 60};
  const Image opaque = read_png(make_png(2, 1, 8, 3, {0, 1, 0}, {{"PLTE", palette}}));
  EXPECT_EQ(channels_of(opaque.voxels), 3);
  EXPECT_EQ(values_of(opaque), (std::vector<int>{40, 10, 50, 20, 60, 30}));
  const Image clear = read_png(make_png(2, 1, 8, 3, {0, 1, 0}, {{"PLTE", palette}, {"tRNS", {7}}}));
  EXPECT_EQ(channels_of(clear.voxels), 4);
  EXPECT_EQ(values_of(clear)[7], 7);
}

TEST(Png, TextsAreIgnored) {
  const Image image = read_png(make_png(1, 1, 8, 0, {0, 5}, {{"tEXt", {'N', 'a', 'm', 'e', 0, 'X'}}}));
  EXPECT_EQ(image.metadata.size(), 1U);
}

TEST(Png, ErrorsSayWhatIsWrong) {
  const Bytes good = write_png(noise<std::uint8_t>(seeds::grid({50, 40, 1})));
  expect_error(ErrorCode::invalid_input, "damaged PNG",
               [&] { read_png(ByteView(good).first(good.size() / 2)); });
  expect_error(ErrorCode::invalid_input, "damaged PNG", [&] { read_png(ByteView(good).first(20)); });
  expect_error(ErrorCode::invalid_input, "damaged PNG", [] { read_png({}); });
  Bytes wrong_sum = good;
  wrong_sum[20] ^= 1;
  expect_error(ErrorCode::invalid_input, "CRC", [&] { read_png(wrong_sum); });
  expect_error(ErrorCode::invalid_input, "900000×900000 pixels do not fit into a file of", [] {
    read_png(make_png(900000, 900000, 8, 0, {0, 0}));
  });
  Grid deep;
  deep.size = {2, 2, 3};
  expect_error(ErrorCode::unsupported_format, "PNG cannot hold 2×2×3",
               [&] { write_png(Volume<std::uint8_t>(deep)); });
  expect_error(ErrorCode::unsupported_format, "× 5 uint8", [] {
    write_png(Volume<std::uint8_t>(seeds::grid({2, 2, 1}), 5, OuterAxis::channel));
  });
}

TEST(Png, ReportPicturesReadBack) {
  const auto picture = noise<std::uint8_t>(seeds::grid({123, 45, 1}), 3, OuterAxis::channel);
  expect_same_voxels(picture, read_png(encode_png(picture)).voxels);
}

/// Encodes with libjpeg itself in a colour space our writer does not use.
Bytes make_jpeg(J_COLOR_SPACE space, int components, const Bytes& pixels, unsigned width, unsigned height) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* data = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&info, &data, &length);
  info.image_width = width;
  info.image_height = height;
  info.input_components = components;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_simple_progression(&info);
  info.density_unit = 2;
  info.X_density = info.Y_density = 50;
  jpeg_start_compress(&info, TRUE);
  Bytes copy = pixels;
  for (unsigned y = 0; y < height; ++y) {
    JSAMPROW row = copy.data() + std::size_t{y} * width * static_cast<unsigned>(components);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  Bytes file(data, data + length);
  std::free(data);
  return file;
}

TEST(Jpeg, InksBecomeColours) {
  // Adobe's convention, which libjpeg writes: inks are stored inverted. 255 = no ink.
  Bytes pixels;
  for (int i = 0; i < 64; ++i) pixels.insert(pixels.end(), {255, 0, 128, 255});
  const Image image = read_jpeg(make_jpeg(JCS_CMYK, 4, pixels, 8, 8));
  const auto& volume = std::get<Volume<std::uint8_t>>(image.voxels);
  ASSERT_EQ(volume.channels(), 3);
  EXPECT_NEAR(volume.at(3, 3, 0, 0), 255, 2);
  EXPECT_NEAR(volume.at(3, 3, 0, 1), 0, 2);
  EXPECT_NEAR(volume.at(3, 3, 0, 2), 128, 2);
}

TEST(Jpeg, MetricDensityIsThePixelSize) {
  const Image image = read_jpeg(make_jpeg(JCS_GRAYSCALE, 1, Bytes(64, 9), 8, 8));
  EXPECT_DOUBLE_EQ(grid_of(image.voxels).spacing.x, 0.2);
  EXPECT_EQ(image.metadata.at("pixel_size"), "stated");
}

TEST(Jpeg, ErrorsSayWhatIsWrong) {
  const Bytes good = write_jpeg(noise<std::uint8_t>(seeds::grid({50, 40, 1})));
  expect_error(ErrorCode::invalid_input, "damaged JPEG",
               [&] { read_jpeg(ByteView(good).first(good.size() / 2)); });
  expect_error(ErrorCode::invalid_input, "damaged JPEG", [&] { read_jpeg(ByteView(good).first(10)); });
  expect_error(ErrorCode::invalid_input, "damaged JPEG", [] { read_jpeg({}); });
  Bytes large = good;
  const std::uint8_t marker[] = {0xFF, 0xC0};
  const auto frame = std::search(large.begin(), large.end(), std::begin(marker), std::end(marker));
  ASSERT_NE(frame, large.end());
  frame[5] = frame[7] = 0xFA;
  expect_error(ErrorCode::invalid_input, "truncated", [&] { read_jpeg(large); });
  Bytes twelve_bits = good;
  twelve_bits[static_cast<std::size_t>(frame - large.begin()) + 4] = 12;
  expect_error(ErrorCode::unsupported_format, "precision 12", [&] { read_jpeg(twelve_bits); });
  Bytes arithmetic = good;
  arithmetic[static_cast<std::size_t>(frame - large.begin()) + 1] = 0xC9;
  expect_error(ErrorCode::unsupported_format, "arithmetic coding", [&] { read_jpeg(arithmetic); });
  expect_error(ErrorCode::unsupported_format, "JPEG cannot hold", [] {
    write_jpeg(Volume<std::uint16_t>(seeds::grid({2, 2, 1})));
  });
}

struct TiffForm {
  unsigned bits, samples, photometric, planar, compression;
  bool tiled;
};

/// A TIFF of 20×18 pixels whose decoded bytes are `pixels` (of one plane after the other if planar).
Bytes make_tiff(const TiffForm& form, const Bytes& pixels, const std::string& description = "",
                const std::vector<std::uint16_t>& palette = {}) {
  TiffFile file(std::uint64_t{1000});
  TIFF* tiff = file.get();
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 20);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 18);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, form.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, form.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, form.photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, form.planar);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, form.compression);
  if (!description.empty()) {
    TIFFSetField(tiff, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 4.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 2.0);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
  }
  if (!palette.empty()) TIFFSetField(tiff, TIFFTAG_COLORMAP, &palette[0], &palette[256], &palette[512]);
  const unsigned planes = form.planar == PLANARCONFIG_SEPARATE ? form.samples : 1;
  const std::size_t pixel = form.bits / 8 * (planes > 1 ? 1 : form.samples), row = (20 * pixel * 8 + 7) / 8;
  const std::size_t plane_length = pixels.size() / planes;
  Bytes copy = pixels;
  if (!form.tiled) {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 18);
    for (unsigned plane = 0; plane < planes; ++plane) {
      EXPECT_GT(TIFFWriteEncodedStrip(tiff, plane, &copy[plane * plane_length],
                                      static_cast<tmsize_t>(plane_length)),
                0);
    }
  } else {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 16);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    for (unsigned plane = 0; plane < planes; ++plane) {
      for (unsigned tile = 0; tile < 4; ++tile) {
        Bytes block(16 * 16 * pixel);
        for (std::size_t y = 0; y < 16; ++y) {
          const std::size_t py = tile / 2 * 16 + y, px = tile % 2 * 16;
          if (py >= 18) continue;
          std::memcpy(&block[y * 16 * pixel], &copy[plane * plane_length + py * row + px * pixel],
                      std::min<std::size_t>(16, 20 - px) * pixel);
        }
        EXPECT_GT(
            TIFFWriteEncodedTile(tiff, plane * 4 + tile, block.data(), static_cast<tmsize_t>(block.size())),
            0);
      }
    }
  }
  return file.finish();
}

Bytes ramp_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  return bytes;
}

TEST(Tiff, LayoutsAndCompressionsReadTheSame) {
  const Bytes grey = ramp_bytes(360), colour = ramp_bytes(1080);
  for (const unsigned compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS, COMPRESSION_ADOBE_DEFLATE}) {
    for (const bool tiled : {false, true}) {
      SCOPED_TRACE(std::to_string(compression) + (tiled ? " tiles" : " strips"));
      const Image one =
          read_tiff(make_tiff({8, 1, PHOTOMETRIC_MINISBLACK, PLANARCONFIG_CONTIG, compression, tiled}, grey));
      EXPECT_EQ(values_of(one), std::vector<int>(grey.begin(), grey.end()));
      const Image planes =
          read_tiff(make_tiff({8, 3, PHOTOMETRIC_RGB, PLANARCONFIG_SEPARATE, compression, tiled}, colour));
      EXPECT_EQ(values_of(planes), std::vector<int>(colour.begin(), colour.end()));
      const Image woven =
          read_tiff(make_tiff({8, 3, PHOTOMETRIC_RGB, PLANARCONFIG_CONTIG, compression, tiled}, colour));
      const auto& volume = std::get<Volume<std::uint8_t>>(woven.voxels);
      for (std::int64_t i = 0; i < 360; ++i) {
        for (std::int64_t c = 0; c < 3; ++c)
          ASSERT_EQ(volume.data()[c * 360 + i], colour[static_cast<std::size_t>(3 * i + c)]);
      }
    }
  }
}

TEST(Tiff, PalettesBecomeColoursAndWhiteIsZeroIsKept) {
  std::vector<std::uint16_t> palette(768);
  for (std::size_t i = 0; i < 256; ++i) {
    palette[i] = static_cast<std::uint16_t>((255 - i) << 8);
    palette[256 + i] = static_cast<std::uint16_t>(i << 8);
  }
  const Bytes indices = ramp_bytes(360);
  const Image image = read_tiff(make_tiff(
      {8, 1, PHOTOMETRIC_PALETTE, PLANARCONFIG_CONTIG, COMPRESSION_NONE, false}, indices, "", palette));
  ASSERT_EQ(channels_of(image.voxels), 3);
  EXPECT_EQ(values_of(image)[1], 255 - indices[1]);
  EXPECT_EQ(values_of(image)[361], indices[1]);
  const Image white = read_tiff(
      make_tiff({8, 1, PHOTOMETRIC_MINISWHITE, PLANARCONFIG_CONTIG, COMPRESSION_NONE, false}, indices));
  EXPECT_EQ(values_of(white)[5], indices[5]);
  EXPECT_EQ(white.metadata.at("photometric"), "white is zero");
}

TEST(Tiff, ImageJDescriptionsGiveTheVoxelSize) {
  const std::string description = "ImageJ=1.53t\nimages=1\nunit=micron\nspacing=3.0\n";
  const Image image =
      read_tiff(make_tiff({8, 1, PHOTOMETRIC_MINISBLACK, PLANARCONFIG_CONTIG, COMPRESSION_NONE, false},
                          ramp_bytes(360), description));
  EXPECT_NEAR(grid_of(image.voxels).spacing.x, 0.25e-3, 1e-9);
  EXPECT_NEAR(grid_of(image.voxels).spacing.y, 0.5e-3, 1e-9);
}

TEST(Tiff, PagesOfAnotherFormAreLeftOutWithAWarning) {
  TiffFile file(std::uint64_t{1000});
  for (const unsigned width : {6U, 6U, 3U}) {
    TIFF* tiff = file.get();
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 1);
    Bytes row(width, static_cast<std::uint8_t>(width));
    TIFFWriteEncodedStrip(tiff, 0, row.data(), width);
    TIFFWriteDirectory(tiff);
  }
  const Image image = read_tiff(file.finish());
  EXPECT_EQ(grid_of(image.voxels).size, (std::array<std::int64_t, 3>{6, 1, 2}));
  EXPECT_NE(image.warnings.front().find("1 of the TIFF's 3 pages differ"), std::string::npos);
}

/// Overwrites the value of a tag in the only directory of a little-endian classic TIFF.
Bytes with_tag(Bytes file, std::uint16_t tag, std::uint32_t value) {
  std::uint32_t directory = 0;
  std::memcpy(&directory, &file[4], 4);
  std::uint16_t count = 0;
  std::memcpy(&count, &file[directory], 2);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* entry = &file[directory + 2 + 12 * i];
    std::uint16_t found = 0;
    std::memcpy(&found, entry, 2);
    if (found == tag) {
      const std::uint16_t long_type = 4;
      std::memcpy(entry + 2, &long_type, 2);
      std::memcpy(entry + 8, &value, 4);
      return file;
    }
  }
  ADD_FAILURE() << "no tag " << tag;
  return file;
}

TEST(Tiff, ErrorsSayWhatIsWrong) {
  const Bytes good = make_tiff({8, 1, PHOTOMETRIC_MINISBLACK, PLANARCONFIG_CONTIG, COMPRESSION_NONE, false},
                               ramp_bytes(360));
  const auto bad = [](const std::string& part, const Bytes& file, ErrorCode code = ErrorCode::invalid_input) {
    expect_error(code, part, [&] { read_tiff(file); });
  };
  bad("damaged TIFF", {});
  bad("damaged TIFF", Bytes(good.begin(), good.begin() + 100));
  bad("compression 4 is not read", with_tag(good, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6),
      ErrorCode::unsupported_format);
  bad("photometric interpretation 8", with_tag(good, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_CIELAB),
      ErrorCode::unsupported_format);
  bad("samples of 12 bits", with_tag(good, TIFFTAG_BITSPERSAMPLE, 12), ErrorCode::unsupported_format);
  bad("pixels do not fit",
      with_tag(with_tag(good, TIFFTAG_IMAGELENGTH, 2000000000), TIFFTAG_ROWSPERSTRIP, 2000000000));
  bad("damaged TIFF", with_tag(good, TIFFTAG_IMAGEWIDTH, 0));
  Bytes packed = write_tiff(noise<std::uint16_t>(seeds::grid({50, 40, 1})));
  std::fill(packed.begin() + 500, packed.begin() + 900, std::uint8_t{0x55});
  bad("damaged TIFF at row 0", packed);
  Volume<float> series(seeds::grid({2, 2, 1}), 4, OuterAxis::time);
  expect_error(ErrorCode::unsupported_format, "TIFF cannot hold", [&] { write_tiff(series); });
}

}  // namespace
}  // namespace sg::io

#include "io/dicom_color.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

std::vector<std::uint16_t> expand_segments(const std::vector<std::uint16_t>& code, std::size_t entries) {
  std::vector<std::uint16_t> table;
  std::size_t at = 0;
  while (table.size() < entries && at + 2 < code.size()) {
    const unsigned kind = code[at], length = code[at + 1];
    at += 2;
    if (kind == 0 && at + length <= code.size()) {
      table.insert(table.end(), code.begin() + static_cast<std::ptrdiff_t>(at),
                   code.begin() + static_cast<std::ptrdiff_t>(at + length));
      at += length;
    } else if (kind == 1 && !table.empty()) {
      const double from = table.back(), to = code[at++];
      for (unsigned i = 1; i <= length; ++i) {
        table.push_back(static_cast<std::uint16_t>(std::lround(from + (to - from) * i / length)));
      }
    } else {
      throw Error(
          ErrorCode::unsupported_format,
          fmt::format("segmented palette: segment of kind {} and length {} is not read, expected discrete "
                      "or linear ones that fit",
                      kind, length));
    }
  }
  return table;
}

}  // namespace

void ybr_to_rgb(std::span<std::int32_t> planes, const std::string& photometric, int bits) {
  const std::size_t pixels = planes.size() / 3;
  const double top = std::ldexp(1.0, bits) - 1, half = std::ldexp(1.0, bits - 1);
  const bool partial = photometric.starts_with("YBR_PARTIAL");
  const double unit = std::ldexp(1.0, bits - 8);
  const auto whole = [top](double v) {
    return static_cast<std::int32_t>(std::clamp(std::nearbyint(v), 0.0, top));
  };
  for (std::size_t i = 0; i < pixels; ++i) {
    double y = planes[i], cb = planes[pixels + i] - half, cr = planes[2 * pixels + i] - half;
    if (partial) {
      y = (y - 16 * unit) * 255 / 219;
      cb = cb * 255 / 224;
      cr = cr * 255 / 224;
    }
    planes[i] = whole(y + 1.402 * cr);
    planes[pixels + i] = whole(y - 0.344136286 * cb - 0.714136286 * cr);
    planes[2 * pixels + i] = whole(y + 1.772 * cb);
  }
}

DicomPalette read_palette(const DicomDataset& dataset, bool is_signed) {
  DicomPalette palette;
  for (std::size_t c = 0; c < 3; ++c) {
    const std::vector<double> descriptor = dataset.numbers(tag::palette_descriptor[c]);
    if (descriptor.size() != 3) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("palette descriptor {} has {} values, expected 3", c + 1, descriptor.size()));
    }
    const auto bare = [](double v) {
      return static_cast<std::uint16_t>(static_cast<std::int64_t>(v) & 0xFFFF);
    };
    const std::size_t entries = bare(descriptor[0]) == 0 ? 65536 : bare(descriptor[0]);
    palette.first = is_signed ? static_cast<std::int16_t>(bare(descriptor[1])) : bare(descriptor[1]);
    palette.bits = bare(descriptor[2]) <= 8 ? 8 : 16;
    std::vector<std::uint16_t> table = dataset.words(tag::palette_data[c]);
    if (table.empty() && dataset.has(tag::segmented_palette[c])) {
      table = expand_segments(dataset.words(tag::segmented_palette[c]), entries);
    } else if (palette.bits == 8 && table.size() < entries && table.size() * 2 >= entries) {
      std::vector<std::uint16_t> unpacked;  // two 8-bit entries a word
      for (const std::uint16_t word : table) {
        unpacked.push_back(word & 0xFF);
        unpacked.push_back(word >> 8);
      }
      table = std::move(unpacked);
    }
    if (table.size() < entries) {
      throw Error(ErrorCode::invalid_input,
                  fmt::format("palette {} has {} entries, expected {}", c + 1, table.size(), entries));
    }
    table.resize(entries);
    palette.color[c] = std::move(table);
  }
  return palette;
}

void apply_palette(const DicomPalette& palette, std::span<std::int32_t> planes) {
  const std::size_t pixels = planes.size() / 3;
  const std::int32_t mask = palette.bits == 8 ? 0xFF : 0xFFFF;
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::int64_t index = planes[i] - palette.first;
    for (std::size_t c = 0; c < 3; ++c) {
      const auto& table = palette.color[c];
      const auto entry = std::clamp<std::int64_t>(index, 0, static_cast<std::int64_t>(table.size()) - 1);
      planes[c * pixels + i] = table[static_cast<std::size_t>(entry)] & mask;
    }
  }
}

}  // namespace sg::io

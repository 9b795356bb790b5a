#include <fmt/format.h>
#include <iconv.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <memory>

#include "core/error.h"
#include "io/dicom.h"
#include "io/dicom_dataset.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr const char* implicit_little = "1.2.840.10008.1.2";
constexpr const char* explicit_little = "1.2.840.10008.1.2.1";
constexpr const char* deflated_little = "1.2.840.10008.1.2.1.99";
constexpr const char* explicit_big = "1.2.840.10008.1.2.2";

bool vr_letters(Bytes bytes) {
  return bytes.size() >= 8 && bytes[4] >= 'A' && bytes[4] <= 'Z' && bytes[5] >= 'A' && bytes[5] <= 'Z';
}

std::uint32_t little32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16 |
         std::uint32_t{p[3]} << 24;
}

/// The uncompressed encoding whose first element looks right, or nullptr.
const char* guessed_syntax(Bytes bytes) {
  if (bytes.size() < 8) return nullptr;
  const unsigned little = bytes[0] | bytes[1] << 8, big = bytes[0] << 8 | bytes[1];
  const auto usual = [](unsigned group) { return group >= 0x0002 && group <= 0x7FE0; };
  if (vr_letters(bytes)) {
    if (usual(little) && little <= 0x00FF) return explicit_little;
    if (usual(big) && big <= 0x00FF) return explicit_big;
    return usual(little) ? explicit_little : usual(big) ? explicit_big : nullptr;
  }
  if (usual(little) && little32(bytes.data() + 4) <= bytes.size() - 8) return implicit_little;
  return nullptr;
}

std::vector<std::uint8_t> inflated(Bytes bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) throw Error(ErrorCode::resource, "zlib cannot start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::vector<std::uint8_t> result;
  std::array<std::uint8_t, 1 << 16> block;
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = block.data();
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    result.insert(result.end(), block.data(), block.data() + (block.size() - stream.avail_out));
    if (result.size() > std::size_t{4} << 30) {
      throw Error(ErrorCode::resource, "the deflated data set grows beyond 4 GiB, expected less");
    }
  }
  if (status != Z_STREAM_END) {
    throw Error(ErrorCode::invalid_input,
                fmt::format("the deflated data set breaks off after {} bytes, the file may be truncated",
                            result.size()));
  }
  return result;
}

/// Length of the meta group (elements of group 2, always explicit little-endian).
std::size_t meta_length(Bytes bytes) {
  std::size_t at = 0;
  while (bytes.size() - at >= 8 && bytes[at] == 2 && bytes[at + 1] == 0 && vr_letters(bytes.subspan(at))) {
    const std::uint8_t* p = bytes.data() + at;
    const std::string vr{static_cast<char>(p[4]), static_cast<char>(p[5])};
    const bool long_form = vr == "OB" || vr == "UN" || vr == "SQ" || vr == "UT";
    if (long_form && bytes.size() - at < 12) break;
    const std::size_t length = long_form ? 12 + std::size_t{little32(p + 8)} : 8u + (p[6] | p[7] << 8);
    if (length > bytes.size() - at) return bytes.size();
    at += length;
  }
  return at;
}

bool is_native(const std::string& uid) {
  return uid == implicit_little || uid == explicit_little || uid == explicit_big;
}

}  // namespace

bool looks_like_dicom(Bytes bytes) {
  if (bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0) return true;
  if (bytes.size() < 16) return false;
  const unsigned little = bytes[0] | bytes[1] << 8, big = bytes[0] << 8 | bytes[1];
  const bool start = little == 2 || little == 8 || big == 8;
  // A first element of group 2 or 8 has a small element number and either a representation or a short length.
  if (!start || guessed_syntax(bytes) == nullptr) return false;
  return vr_letters(bytes) || little32(bytes.data() + 4) <= 1024;
}

DicomFile parse_dicom(Bytes bytes) {
  DicomFile file;
  Bytes rest = bytes;
  if (rest.size() >= 132 && std::memcmp(rest.data() + 128, "DICM", 4) == 0) {
    rest = rest.subspan(132);
  } else if (!looks_like_dicom(bytes)) {
    throw Error(ErrorCode::invalid_input,
                bytes.empty()
                    ? "the file is empty, expected DICOM"
                    : "not DICOM: no \"DICM\" after 128 bytes and no element of group 2 or 8 at the start");
  }
  const std::size_t meta = meta_length(rest);
  file.transfer_syntax = DicomDataset(rest.first(meta), {false, false}).text(tag::transfer_syntax_uid);
  rest = rest.subspan(meta);
  const char* guess = guessed_syntax(rest);
  if (file.transfer_syntax.empty()) {
    file.transfer_syntax = guess == nullptr ? explicit_little : guess;
    file.warnings.push_back(fmt::format("no transfer syntax is stated, read as {}", file.transfer_syntax));
  } else if (is_native(file.transfer_syntax) && guess != nullptr && file.transfer_syntax != guess) {
    file.warnings.push_back(
        fmt::format("transfer syntax {} is stated but the data are {}", file.transfer_syntax, guess));
    file.transfer_syntax = guess;
  }
  if (file.transfer_syntax == deflated_little) {
    file.inflated = inflated(rest);
    rest = file.inflated;
  }
  const DicomEncoding encoding{file.transfer_syntax == implicit_little, file.transfer_syntax == explicit_big};
  file.dataset = DicomDataset(rest, encoding);
  return file;
}

std::string to_utf8(const std::string& text, const std::string& character_set) {
  bool ascii = true;
  for (char c : text) ascii = ascii && static_cast<unsigned char>(c) < 0x80 && c != 0x1B;
  if (ascii) return text;
  static constexpr std::array<std::array<const char*, 2>, 18> names{{{"ISO_IR 100", "ISO-8859-1"},
                                                                     {"ISO_IR 101", "ISO-8859-2"},
                                                                     {"ISO_IR 109", "ISO-8859-3"},
                                                                     {"ISO_IR 110", "ISO-8859-4"},
                                                                     {"ISO_IR 144", "ISO-8859-5"},
                                                                     {"ISO_IR 127", "ISO-8859-6"},
                                                                     {"ISO_IR 126", "ISO-8859-7"},
                                                                     {"ISO_IR 138", "ISO-8859-8"},
                                                                     {"ISO_IR 148", "ISO-8859-9"},
                                                                     {"ISO_IR 203", "ISO-8859-15"},
                                                                     {"ISO_IR 13", "SHIFT_JIS"},
                                                                     {"ISO_IR 166", "TIS-620"},
                                                                     {"ISO_IR 192", "UTF-8"},
                                                                     {"GB18030", "GB18030"},
                                                                     {"GBK", "GBK"},
                                                                     {"ISO 2022 IR 58", "GB2312"},
                                                                     {"ISO 2022 IR 149", "EUC-KR"},
                                                                     {"ISO 2022 IR 87", "ISO-2022-JP"}}};
  const char* from = "ASCII";
  for (const auto& [dicom_name, iconv_name] : names) {
    if (character_set.find(dicom_name) != std::string::npos) from = iconv_name;
  }
  std::string result;
  const iconv_t converter = iconv_open("UTF-8", from);
  std::string input = text;
  char* in = input.data();
  std::size_t in_left = input.size();
  while (in_left > 0) {
    char block[256];
    char* out = block;
    std::size_t out_left = sizeof block;
    const bool usable = converter != reinterpret_cast<iconv_t>(-1);
    const bool stuck =
        !usable || iconv(converter, &in, &in_left, &out, &out_left) == static_cast<std::size_t>(-1);
    result.append(block, sizeof block - out_left);
    if (stuck && in_left > 0 && (!usable || errno != E2BIG)) {
      result += static_cast<unsigned char>(*in) < 0x80 && *in != 0x1B ? *in : '?';
      ++in;
      --in_left;
    }
  }
  if (converter != reinterpret_cast<iconv_t>(-1)) iconv_close(converter);
  return result;
}

}  // namespace sg::io

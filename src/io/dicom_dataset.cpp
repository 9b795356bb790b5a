#include "io/dicom_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "io/dicom_tags.h"

namespace sg::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint32_t undefined = 0xFFFFFFFF;
constexpr std::uint32_t item_key = 0xFFFEE000, item_end_key = 0xFFFEE00D, sequence_end_key = 0xFFFEE0DD;
// Real objects nest about 8 deep (structured reports); the limit keeps hostile files off the stack.
constexpr int depth_limit = 64;

[[noreturn]] void damaged(const std::string& what) { throw Error(ErrorCode::invalid_input, what); }

template <class T>
T load(const std::uint8_t* p, bool big_endian) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  if (big_endian) {
    std::uint8_t swapped[sizeof(T)];
    std::reverse_copy(p, p + sizeof(T), swapped);
    std::memcpy(&value, swapped, sizeof(T));
  }
  return value;
}

struct Header {
  std::uint32_t key = 0;
  char vr[3] = "UN";
  std::uint32_t length = 0;
  std::size_t size = 0;  // bytes of the header itself; 0 if there are too few
};

bool is_vr_letters(std::uint8_t a, std::uint8_t b) { return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z'; }

bool has_long_length(const char* vr) {
  static constexpr const char* long_ones[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                              "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::any_of(std::begin(long_ones), std::end(long_ones),
                     [&](const char* name) { return std::strcmp(vr, name) == 0; });
}

Header read_header(Bytes bytes, DicomEncoding encoding) {
  Header h;
  if (bytes.size() < 8) return h;
  const std::uint8_t* p = bytes.data();
  const bool big = encoding.big_endian;
  h.key = std::uint32_t{load<std::uint16_t>(p, big)} << 16 | load<std::uint16_t>(p + 2, big);
  const bool delimiter = h.key >> 16 == 0xFFFE;
  if (encoding.implicit_vr || delimiter) {
    h.length = load<std::uint32_t>(p + 4, big);
    h.size = 8;
    return h;
  }
  h.vr[0] = static_cast<char>(p[4]);
  h.vr[1] = static_cast<char>(p[5]);
  if (!is_vr_letters(p[4], p[5])) {
    // Some writers leave single elements implicit; a length that fits settles it.
    std::memcpy(h.vr, "UN", 3);
    h.length = load<std::uint32_t>(p + 4, big);
    h.size = 8;
  } else if (!has_long_length(h.vr)) {
    h.length = load<std::uint16_t>(p + 6, big);
    h.size = 8;
  } else if (bytes.size() >= 12) {
    h.length = load<std::uint32_t>(p + 8, big);
    h.size = 12;
  }
  return h;
}

DicomEncoding content_encoding(const Header& header, DicomEncoding encoding) {
  // PS3.5 6.2.2: a sequence of unknown representation and undefined length is implicit little-endian inside.
  if (!encoding.implicit_vr && std::strcmp(header.vr, "UN") == 0) return {true, false};
  return encoding;
}

/// The bytes up to the delimiter of an undefined-length sequence or item, whose content starts at bytes[0].
std::size_t undefined_content_length(Bytes bytes, DicomEncoding encoding, bool inside_item, int depth) {
  if (depth > depth_limit) damaged(fmt::format("sequences are nested more than {} deep", depth_limit));
  std::size_t at = 0;
  while (true) {
    const Header h = read_header(bytes.subspan(at), encoding);
    if (h.size == 0) damaged("a sequence of undefined length has no end, the file may be truncated");
    if (h.key == (inside_item ? item_end_key : sequence_end_key)) return at;
    if (!inside_item && h.key != item_key) {
      damaged(fmt::format("expected a sequence item, found element ({:04X},{:04X})", h.key >> 16,
                          h.key & 0xFFFF));
    }
    at += h.size;
    std::size_t length = h.length;
    if (h.length == undefined) {
      const bool item = h.key == item_key;
      length = undefined_content_length(bytes.subspan(at), item ? encoding : content_encoding(h, encoding),
                                        item, depth + 1) +
               8;
    }
    if (length > bytes.size() - at) damaged("an element inside a sequence runs past the end of the file");
    at += length;
  }
}

/// Encapsulated pixel data: items without nested elements, then the delimiter. A missing end is tolerated.
std::size_t fragments_length(Bytes bytes, bool big_endian, bool& complete) {
  std::size_t at = 0;
  complete = false;
  while (true) {
    const Header h = read_header(bytes.subspan(at), {true, big_endian});
    if (h.size == 0) return at;
    if (h.key == sequence_end_key) {
      complete = true;
      return at;
    }
    if (h.key != item_key || h.length > bytes.size() - at - 8) return bytes.size();
    at += 8 + std::size_t{h.length};
  }
}

std::string trimmed(std::string_view s) {
  while (!s.empty() && (s.back() == ' ' || s.back() == '\0')) s.remove_suffix(1);
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  return std::string(s);
}

std::optional<double> parse_number(std::string_view text) {
  std::string s = trimmed(text);
  if (!s.empty() && s.front() == '+') s.erase(0, 1);
  double value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || end != s.data() + s.size() || !std::isfinite(value)) return {};
  return value;
}

template <class T>
std::vector<double> binary_numbers(const DicomDataset::Element& e) {
  std::vector<double> result;
  for (std::size_t i = 0; i + sizeof(T) <= e.value.size(); i += sizeof(T)) {
    const double value = static_cast<double>(load<T>(e.value.data() + i, e.encoding.big_endian));
    if (!std::isfinite(value)) return {};
    result.push_back(value);
  }
  return result;
}

}  // namespace

DicomDataset::DicomDataset(Bytes bytes, DicomEncoding encoding, int depth) : depth_(depth) {
  if (depth > depth_limit) damaged(fmt::format("sequences are nested more than {} deep", depth_limit));
  std::size_t at = 0;
  while (bytes.size() - at >= 8) {
    const Header h = read_header(bytes.subspan(at), encoding);
    if (h.size == 0 || h.key >> 16 == 0xFFFE || h.key == 0) break;  // padding or the end of an item
    at += h.size;
    Element e;
    std::memcpy(e.vr, h.vr, 3);
    e.encoding = encoding;
    const Bytes rest = bytes.subspan(at);
    std::size_t skip = h.length;
    if (h.length != undefined) {
      e.short_of_bytes = h.length > rest.size();
      e.value = rest.first(std::min<std::size_t>(h.length, rest.size()));
    } else if (h.key == tag::pixel_data.key()) {
      e.undefined_length = true;
      bool complete = false;
      e.value = rest.first(fragments_length(rest, encoding.big_endian, complete));
      e.short_of_bytes = !complete;
      skip = e.value.size() + 8;
    } else {
      e.undefined_length = true;
      e.encoding = content_encoding(h, encoding);
      e.value = rest.first(undefined_content_length(rest, e.encoding, false, depth + 1));
      skip = e.value.size() + 8;
    }
    truncated_ = truncated_ || e.short_of_bytes;
    elements_.emplace(h.key, e);
    if (skip > rest.size()) return;
    at += skip;
  }
}

const DicomDataset::Element* DicomDataset::find(const DicomTag& tag) const {
  const auto found = elements_.find(tag.key());
  return found == elements_.end() ? nullptr : &found->second;
}

std::string DicomDataset::text(const DicomTag& tag) const {
  const Element* e = find(tag);
  if (e == nullptr) return "";
  return trimmed({reinterpret_cast<const char*>(e->value.data()), e->value.size()});
}

std::vector<std::string> DicomDataset::texts(const DicomTag& tag) const {
  std::vector<std::string> result;
  const std::string all = text(tag);
  if (all.empty()) return result;
  std::size_t from = 0;
  while (true) {
    const std::size_t end = all.find('\\', from);
    result.push_back(
        trimmed(std::string_view(all).substr(from, end == std::string::npos ? end : end - from)));
    if (end == std::string::npos) return result;
    from = end + 1;
  }
}

std::vector<double> DicomDataset::numbers(const DicomTag& tag) const {
  const Element* e = find(tag);
  if (e == nullptr || e->short_of_bytes) return {};
  const std::string vr = std::strcmp(e->vr, "UN") == 0 ? tag.vr : e->vr;
  if (vr == "US" || vr == "OW") return binary_numbers<std::uint16_t>(*e);
  if (vr == "SS") return binary_numbers<std::int16_t>(*e);
  if (vr == "UL") return binary_numbers<std::uint32_t>(*e);
  if (vr == "SL") return binary_numbers<std::int32_t>(*e);
  if (vr == "FL") return binary_numbers<float>(*e);
  if (vr == "FD") return binary_numbers<double>(*e);
  std::vector<double> result;
  for (const std::string& part : texts(tag)) {
    const std::optional<double> value = parse_number(part);
    if (!value) return {};
    result.push_back(*value);
  }
  return result;
}

std::optional<double> DicomDataset::number(const DicomTag& tag) const {
  const std::vector<double> all = numbers(tag);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<std::int64_t> DicomDataset::integer(const DicomTag& tag) const {
  const std::optional<double> value = number(tag);
  if (!value || std::abs(*value) > 9e15 || *value != std::floor(*value)) return {};
  return static_cast<std::int64_t>(*value);
}

std::optional<Vec3> DicomDataset::vector(const DicomTag& tag) const {
  const std::vector<double> all = numbers(tag);
  return all.size() == 3 ? std::optional(Vec3{all[0], all[1], all[2]}) : std::nullopt;
}

std::vector<std::uint16_t> DicomDataset::words(const DicomTag& tag) const {
  const Element* e = find(tag);
  std::vector<std::uint16_t> result;
  if (e == nullptr) return result;
  for (std::size_t i = 0; i + 2 <= e->value.size(); i += 2) {
    result.push_back(load<std::uint16_t>(e->value.data() + i, e->encoding.big_endian));
  }
  return result;
}

std::vector<DicomDataset> DicomDataset::items(const DicomTag& tag) const {
  std::vector<DicomDataset> result;
  const Element* e = find(tag);
  if (e == nullptr || e->short_of_bytes) return result;
  Bytes rest = e->value;
  DicomEncoding encoding = e->encoding;
  if (!e->undefined_length && std::strcmp(e->vr, "UN") == 0) encoding.implicit_vr = true;
  while (true) {
    const Header h = read_header(rest, encoding);
    if (h.size == 0 || h.key != item_key) return result;
    rest = rest.subspan(h.size);
    const bool open = h.length == undefined;
    const std::size_t length = open ? undefined_content_length(rest, encoding, true, depth_ + 1) : h.length;
    if (length > rest.size()) damaged("a sequence item runs past the end of its sequence");
    result.emplace_back(rest.first(length), encoding, depth_ + 1);
    rest = rest.subspan(std::min(rest.size(), length + (open ? 8 : 0)));
  }
}

DicomDataset DicomDataset::item(const DicomTag& tag) const {
  std::vector<DicomDataset> all = items(tag);
  return all.empty() ? DicomDataset() : std::move(all.front());
}

std::vector<Bytes> pixel_fragments(const DicomDataset::Element& pixel_data) {
  std::vector<Bytes> result;
  Bytes rest = pixel_data.value;
  while (rest.size() >= 8) {
    const Header h = read_header(rest, {true, pixel_data.encoding.big_endian});
    if (h.key != item_key || h.length > rest.size() - 8) {
      damaged(fmt::format("compressed pixel data breaks off after {} fragments, the file may be truncated",
                          result.size()));
    }
    result.push_back(rest.subspan(8, h.length));
    rest = rest.subspan(8 + std::size_t{h.length});
  }
  if (result.empty())
    damaged("compressed pixel data holds no fragment, expected an offset table and at least one");
  return result;
}

}  // namespace sg::io

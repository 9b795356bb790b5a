#include "io/dicom_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string_view>

#include "core/error.h"

namespace sg::io {
namespace {

constexpr std::size_t longest_copied = 64 << 10, longest_short = 0xFFFE;
constexpr int deepest_copied = 8;

template <class T>
void append(Bytes& bytes, T value) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(&value);  // little-endian hosts only, as all of io
  bytes.insert(bytes.end(), p, p + sizeof(T));
}

bool one_of(std::string_view vr, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), vr) != names.end();
}
bool has_long_length(std::string_view vr) {
  return one_of(vr, {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"});
}

/// Bytes of one value, as far as byte order goes.
std::size_t unit_of(std::string_view vr) {
  if (one_of(vr, {"US", "SS", "OW", "AT"})) return 2;
  if (one_of(vr, {"UL", "SL", "FL", "OF", "OL"})) return 4;
  if (one_of(vr, {"FD", "OD", "UV", "SV", "OV"})) return 8;
  return 1;
}

/// A decimal string: the shortest that reads back as the same number, or as near as 16 characters come.
std::string decimal(double value) {
  std::string text = fmt::format("{}", value);
  for (int digits = 16; text.size() > 16 && digits > 0; --digits)
    text = fmt::format("{:.{}g}", value, digits);
  return text;
}

std::string representation(const DicomDataset::Element& element, const DicomTag& tag) {
  return std::strcmp(element.vr, "UN") == 0 ? tag.vr : element.vr;
}

DicomTag tag_of(std::uint32_t key, const DicomDataset::Element& element, std::span<const DicomTag> known) {
  DicomTag tag{static_cast<std::uint16_t>(key >> 16), static_cast<std::uint16_t>(key & 0xFFFF), "UN"};
  std::memcpy(tag.vr, element.vr, sizeof tag.vr);
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const DicomTag& each) { return each.key() == key; });
  if (std::strcmp(tag.vr, "UN") == 0 && found != known.end()) tag = *found;
  return tag;
}

}  // namespace

void DicomElements::put(const DicomTag& tag, Bytes value) {
  if (value.size() % 2 != 0) value.push_back(one_of(tag.vr, {"OB", "UI", "UN"}) ? 0 : ' ');
  elements_[tag.key()] = {tag.vr, std::move(value)};
}

void DicomElements::text(const DicomTag& tag, const std::string& value) {
  put(tag, Bytes(value.begin(), value.end()));
}

std::string DicomElements::value(const DicomTag& tag) const {
  const auto found = elements_.find(tag.key());
  if (found == elements_.end()) return "";
  std::string text(found->second.value.begin(), found->second.value.end());
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

void DicomElements::bytes(const DicomTag& tag, Bytes value) { put(tag, std::move(value)); }

void DicomElements::numbers(const DicomTag& tag, std::span<const double> values) {
  const std::string_view vr = tag.vr;
  Bytes bytes;
  std::string list;
  for (const double value : values) {
    if (vr == "US") append(bytes, static_cast<std::uint16_t>(value));
    if (vr == "SS") append(bytes, static_cast<std::int16_t>(value));
    if (vr == "UL") append(bytes, static_cast<std::uint32_t>(value));
    if (vr == "SL") append(bytes, static_cast<std::int32_t>(value));
    if (vr == "FL") append(bytes, static_cast<float>(value));
    if (vr == "FD") append(bytes, value);
    list += (list.empty() ? "" : "\\") + decimal(value);
  }
  if (one_of(vr, {"DS", "IS"})) return text(tag, list);
  put(tag, std::move(bytes));
}

void DicomElements::sequence(const DicomTag& tag, const std::vector<DicomElements>& items) {
  Bytes value;
  for (const DicomElements& item : items) {
    const Bytes content = item.encoded();
    append(value, std::uint16_t{0xFFFE});
    append(value, std::uint16_t{0xE000});
    append(value, static_cast<std::uint32_t>(content.size()));
    value.insert(value.end(), content.begin(), content.end());
  }
  put(tag, std::move(value));
}

void DicomElements::copy(const DicomDataset& from, const DicomTag& tag, std::span<const DicomTag> known,
                         int depth) {
  const DicomDataset::Element* element = from.find(tag);
  const bool carried = element != nullptr && !element->short_of_bytes && tag.group % 2 == 0 &&
                       tag.group != 0x7FE0 && element->value.size() <= longest_copied;
  if (!carried || depth > deepest_copied) return;
  const std::string vr = representation(*element, tag);
  if (vr == "UN") return;
  if (vr == "SQ") {
    std::vector<DicomElements> items;
    for (const DicomDataset& item : from.items(tag)) {
      DicomElements& taken = items.emplace_back();
      for (const auto& [key, inner] : item.elements())
        taken.copy(item, tag_of(key, inner, known), known, depth + 1);
    }
    return sequence(tag, items);
  }
  if (!has_long_length(vr) && element->value.size() > longest_short) return;
  Bytes value(element->value.begin(), element->value.end());
  const std::size_t unit = unit_of(vr);
  if (element->encoding.big_endian)
    for (std::size_t i = 0; i + unit <= value.size(); i += unit)
      std::reverse(value.begin() + static_cast<std::ptrdiff_t>(i),
                   value.begin() + static_cast<std::ptrdiff_t>(i + unit));
  DicomTag as_stated = tag;
  std::memcpy(as_stated.vr, vr.c_str(), sizeof as_stated.vr);
  put(as_stated, std::move(value));
}

Bytes DicomElements::encoded() const {
  std::size_t total = 0;
  for (const auto& [key, element] : elements_) total += element.value.size() + 12;
  Bytes bytes;
  bytes.reserve(total);
  for (const auto& [key, element] : elements_) {
    if (element.value.size() > 0xFFFFFFFE)
      throw Error(ErrorCode::unsupported_format,
                  fmt::format("{} bytes are more than the 4 GiB that an element of DICOM holds",
                              element.value.size()));
    append(bytes, static_cast<std::uint16_t>(key >> 16));
    append(bytes, static_cast<std::uint16_t>(key & 0xFFFF));
    bytes.insert(bytes.end(), element.vr.begin(), element.vr.end());
    if (has_long_length(element.vr)) {
      append(bytes, std::uint16_t{0});
      append(bytes, static_cast<std::uint32_t>(element.value.size()));
    } else {
      append(bytes, static_cast<std::uint16_t>(std::min(element.value.size(), longest_short)));
    }
    const std::size_t length =
        has_long_length(element.vr) ? element.value.size() : std::min(element.value.size(), longest_short);
    bytes.insert(bytes.end(), element.value.begin(),
                 element.value.begin() + static_cast<std::ptrdiff_t>(length));
  }
  return bytes;
}

}  // namespace sg::io
